// Every encoding as data: pattern, vocabulary, special tokens.

import type { EncodingDefinition } from "./definition.ts";

/** The names that `getEncoding` accepts. */
export type EncodingName =
  | "cl100k_base"
  | "gpt2"
  | "o200k_base"
  | "o200k_harmony"
  | "p50k_base"
  | "p50k_edit"
  | "r50k_base"
  | "voyage3_base";

const endOfText = "<|endoftext|>";
const endOfPrompt = "<|endofprompt|>";

/** `<|fim_prefix|>`, `<|fim_middle|>` and `<|fim_suffix|>` from the given ID on. */
function fillInTheMiddle(first: number): readonly (readonly [string, number])[] {
  return ["prefix", "middle", "suffix"].map((part, i) => [`<|fim_${part}|>`, first + i]);
}

/** Special tokens of harmony that have a name, by ID. */
const harmonyNames: Readonly<Record<number, string>> = {
  199998: "<|startoftext|>",
  199999: endOfText,
  200002: "<|return|>",
  200003: "<|constrain|>",
  200005: "<|channel|>",
  200006: "<|start|>",
  200007: "<|end|>",
  200008: "<|message|>",
  200012: "<|call|>",
};

function harmonyTokens(last: number): [string, number][] {
  const tokens: [string, number][] = [];
  for (let id = 199_998; id <= last; id++) tokens.push([harmonyNames[id] ?? `<|reserved_${id}|>`, id]);
  return tokens;
}

/**
 * The two published sets of special tokens of o200k_harmony. `"tiktoken"`: reserved tokens up to 201087, and
 * `<|endofprompt|>`, which shares the ID 200018 with `<|reserved_200018|>` (that ID decodes as `<|endofprompt|>`).
 * `"harmony"`: reserved tokens up to 201088, and `<|endofprompt|>` is ordinary text.
 */
export type HarmonyPreset = "tiktoken" | "harmony";

/** The special tokens of o200k_harmony under a preset. */
export function harmonySpecialTokens(preset: HarmonyPreset): ReadonlyMap<string, number> {
  if (preset === "harmony") return new Map(harmonyTokens(201_088));
  return new Map([[endOfPrompt, 200_018], ...harmonyTokens(201_087)]);
}

export const gpt2: EncodingDefinition = {
  name: "gpt2",
  pattern: "gpt2",
  vocabulary: "p50k_base",
  idLimit: 50_256,
  specialTokens: () => new Map([[endOfText, 50_256]]),
};

export const r50k: EncodingDefinition = {
  name: "r50k_base",
  pattern: "gpt2",
  vocabulary: "p50k_base",
  idLimit: 50_256,
  specialTokens: () => new Map([[endOfText, 50_256]]),
};

export const p50k: EncodingDefinition = {
  name: "p50k_base",
  pattern: "gpt2",
  vocabulary: "p50k_base",
  specialTokens: () => new Map([[endOfText, 50_256]]),
};

export const p50kEdit: EncodingDefinition = {
  name: "p50k_edit",
  pattern: "gpt2",
  vocabulary: "p50k_base",
  specialTokens: () => new Map([[endOfText, 50_256], ...fillInTheMiddle(50_281)]),
};

export const cl100k: EncodingDefinition = {
  name: "cl100k_base",
  pattern: "cl100k",
  vocabulary: "cl100k_base",
  specialTokens: () => new Map([[endOfText, 100_257], ...fillInTheMiddle(100_258), [endOfPrompt, 100_276]]),
};

export const o200k: EncodingDefinition = {
  name: "o200k_base",
  pattern: "o200k",
  vocabulary: "o200k_base",
  specialTokens: () =>
    new Map([
      [endOfText, 199_999],
      [endOfPrompt, 200_018],
    ]),
};

export const harmony: EncodingDefinition = {
  name: "o200k_harmony",
  pattern: "o200k",
  vocabulary: "o200k_base",
  specialTokens: () => harmonySpecialTokens("tiktoken"),
};

export const voyage3: EncodingDefinition = {
  name: "voyage3_base",
  pattern: "voyage3",
  vocabulary: "voyage3_base",
  normalization: "NFC",
  specialTokens: () => new Map(),
};

/** All of them. The module of one encoding takes only its own, so that a bundle has no other's tokens. */
export const definitions: Readonly<Record<EncodingName, EncodingDefinition>> = {
  gpt2,
  r50k_base: r50k,
  p50k_base: p50k,
  p50k_edit: p50kEdit,
  cl100k_base: cl100k,
  o200k_base: o200k,
  o200k_harmony: harmony,
  voyage3_base: voyage3,
};
