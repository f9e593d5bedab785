// Default sampling from `generation_config.json`, or from the keys that GGUF files use.

import { JsonFloat, type JsonObject } from "@tokenwire/core/json";
import type { SamplingParameters } from "../protocol/index.ts";
import { numberField } from "./json-fields.ts";
import type { Derivations } from "./resolved-profile.ts";

type Defaults = { -readonly [K in keyof SamplingParameters]?: SamplingParameters[K] };
type NumberKey = "maxTokens" | "minP" | "repetitionPenalty" | "temperature" | "topK" | "topP";

interface Row {
  readonly key: string;
  readonly parameter: NumberKey;
  readonly isValid: (value: number) => boolean;
}

const rows: readonly Row[] = [
  { key: "temperature", parameter: "temperature", isValid: (value) => value >= 0 && value <= 2 },
  { key: "top_p", parameter: "topP", isValid: (value) => value > 0 && value <= 1 },
  { key: "top_k", parameter: "topK", isValid: (value) => Number.isInteger(value) && value >= 0 },
  { key: "min_p", parameter: "minP", isValid: (value) => value >= 0 && value <= 1 },
  { key: "repetition_penalty", parameter: "repetitionPenalty", isValid: (value) => value > 0 && value <= 2 },
  { key: "max_new_tokens", parameter: "maxTokens", isValid: (value) => Number.isInteger(value) && value > 0 },
];

/** The defaults that `config` states with values in range; undefined if there are none. */
export function readSamplingDefaults(
  config: JsonObject,
  file: string,
  derivations: Derivations,
): Partial<SamplingParameters> | undefined {
  const defaults: Defaults = {};
  for (const { key, parameter, isValid } of rows) {
    const value = numberField(config, key);
    if (value === undefined || !isValid(value)) continue;
    defaults[parameter] = derivations.note(`default ${key}`, value, `${file}: ${key}`);
  }
  return Object.keys(defaults).length === 0 ? undefined : defaults;
}

/** The same from `general.sampling.*`. */
export function ggufSamplingDefaults(
  metadata: ReadonlyMap<string, unknown>,
  derivations: Derivations,
): Partial<SamplingParameters> | undefined {
  const renamed = new Map<string, JsonFloat>();
  const keys = {
    temp: "temperature",
    top_p: "top_p",
    top_k: "top_k",
    min_p: "min_p",
    penalty_repeat: "repetition_penalty",
  };
  for (const [key, name] of Object.entries(keys)) {
    const value = metadata.get(`general.sampling.${key}`);
    if (typeof value === "number") renamed.set(name, new JsonFloat(value));
  }
  return readSamplingDefaults(renamed, "general.sampling", derivations);
}
