// How many tokens a model takes, prompt and output together.

import type { JsonObject } from "@tokenwire/core/json";
import { numberField, objectField, stringField } from "./json-fields.ts";
import type { Derivations } from "./resolved-profile.ts";

const keys = [
  "max_position_embeddings",
  "n_positions",
  "max_seq_len",
  "max_sequence_length",
  "seq_length",
  "model_max_length",
  "n_ctx",
];

const fallback = 4096;

/** From `config.json` (or the text part of a multimodal one), stretched as its RoPE scaling says. */
export function readContextLength(
  config: JsonObject,
  tokenizerConfig: JsonObject,
  derivations: Derivations,
): number {
  for (const [part, prefix] of [
    [objectField(config, "text_config"), "text_config."],
    [config, ""],
  ] as const) {
    const found = part && fromConfig(part);
    if (found === undefined) continue;
    return derivations.note("context length", found.length, `config.json: ${prefix}${found.from}`);
  }
  const tokenizerLimit = numberField(tokenizerConfig, "model_max_length");
  // Tokenizers without a limit write 10^30.
  if (tokenizerLimit !== undefined && Number.isInteger(tokenizerLimit) && tokenizerLimit < 1e9) {
    return derivations.note("context length", tokenizerLimit, "tokenizer_config.json: model_max_length");
  }
  return derivations.note("context length", fallback, "default, as no file states it");
}

function fromConfig(config: JsonObject): { readonly length: number; readonly from: string } | undefined {
  const key = keys.find((name) => (numberField(config, name) ?? 0) >= 1);
  if (key === undefined) return undefined;
  const length = numberField(config, key) as number;
  const scaling = objectField(config, "rope_scaling");
  const kind = (scaling && (stringField(scaling, "rope_type") ?? stringField(scaling, "type"))) ?? "";
  const factor = (scaling && numberField(scaling, "factor")) ?? 1;
  const original = scaling && numberField(scaling, "original_max_position_embeddings");
  // Only these kinds leave the stated length unscaled; others have scaled it in the file already.
  if (kind === "yarn" && original !== undefined) {
    return {
      length: Math.max(length, Math.round(original * factor)),
      from: `${key} with rope_scaling ${kind}`,
    };
  }
  if (kind === "linear" || kind === "dynamic") {
    return { length: Math.round(length * factor), from: `${key} times rope_scaling.factor` };
  }
  return { length, from: key };
}
