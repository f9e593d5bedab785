// The special tokens that a template may name: `bos_token`, `eos_token` and the like.

import type { JsonObject } from "@tokenwire/core/json";
import { readSpecialTokens } from "@tokenwire/core/template";

/** From `tokenizer_config.json`, or where that lacks one from `special_tokens_map.json`. Missing ones are left out. */
export function namedSpecialTokens(...sources: readonly JsonObject[]): Record<string, string> {
  const tokens: Record<string, string> = {};
  for (const [name, text] of Object.entries(readSpecialTokens(...sources))) {
    if (typeof text === "string") tokens[name] = text;
  }
  return tokens;
}

const ggufNames: readonly (readonly [name: string, key: string])[] = [
  ["bos_token", "bos_token_id"],
  ["eos_token", "eos_token_id"],
  ["unk_token", "unknown_token_id"],
  ["sep_token", "seperator_token_id"],
  ["pad_token", "padding_token_id"],
  ["cls_token", "cls_token_id"],
  ["mask_token", "mask_token_id"],
];

/** The same from GGUF metadata, which names them by ID. */
export function ggufSpecialTokens(
  metadata: ReadonlyMap<string, unknown>,
  tokenOf: (id: number) => string | undefined,
): Record<string, string> {
  const tokens: Record<string, string> = {};
  for (const [name, key] of ggufNames) {
    const id = metadata.get(`tokenizer.ggml.${key}`);
    const text = typeof id === "number" ? tokenOf(id) : undefined;
    if (text !== undefined) tokens[name] = text;
  }
  return tokens;
}
