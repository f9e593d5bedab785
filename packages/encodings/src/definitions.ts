// Every encoding as data: pattern, vocabulary, special tokens.

import { knownPatterns } from "@tokenwire/core/tokenizer/packed";
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
const harmonyNames: ReadonlyMap<number, string> = new Map([
  [199_998, "<|startoftext|>"],
  [199_999, endOfText],
  [200_002, "<|return|>"],
  [200_003, "<|constrain|>"],
  [200_005, "<|channel|>"],
  [200_006, "<|start|>"],
  [200_007, "<|end|>"],
  [200_008, "<|message|>"],
  [200_012, "<|call|>"],
]);

function harmonyTokens(last: number): [string, number][] {
  const tokens: [string, number][] = [];
  for (let id = 199_998; id <= last; id++) tokens.push([harmonyNames.get(id) ?? `<|reserved_${id}|>`, id]);
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

export const definitions: Readonly<Record<EncodingName, EncodingDefinition>> = {
  gpt2: {
    name: "gpt2",
    pattern: knownPatterns.gpt2,
    vocabulary: "p50k_base",
    idLimit: 50_256,
    specialTokens: new Map([[endOfText, 50_256]]),
  },
  r50k_base: {
    name: "r50k_base",
    pattern: knownPatterns.gpt2,
    vocabulary: "p50k_base",
    idLimit: 50_256,
    specialTokens: new Map([[endOfText, 50_256]]),
  },
  p50k_base: {
    name: "p50k_base",
    pattern: knownPatterns.gpt2,
    vocabulary: "p50k_base",
    specialTokens: new Map([[endOfText, 50_256]]),
  },
  p50k_edit: {
    name: "p50k_edit",
    pattern: knownPatterns.gpt2,
    vocabulary: "p50k_base",
    specialTokens: new Map([[endOfText, 50_256], ...fillInTheMiddle(50_281)]),
  },
  cl100k_base: {
    name: "cl100k_base",
    pattern: knownPatterns.cl100k,
    vocabulary: "cl100k_base",
    specialTokens: new Map([[endOfText, 100_257], ...fillInTheMiddle(100_258), [endOfPrompt, 100_276]]),
  },
  o200k_base: {
    name: "o200k_base",
    pattern: knownPatterns.o200k,
    vocabulary: "o200k_base",
    specialTokens: new Map([
      [endOfText, 199_999],
      [endOfPrompt, 200_018],
    ]),
  },
  o200k_harmony: {
    name: "o200k_harmony",
    pattern: knownPatterns.o200k,
    vocabulary: "o200k_base",
    // Over a thousand: made only for those who ask for this encoding.
    get specialTokens(): ReadonlyMap<string, number> {
      return harmonySpecialTokens("tiktoken");
    },
  },
  voyage3_base: {
    name: "voyage3_base",
    pattern: knownPatterns.voyage3,
    vocabulary: "voyage3_base",
    normalization: "NFC",
    specialTokens: new Map(),
  },
};
