// All patterns that are known by heart: those of the shipped encodings and those of open models. Patterns are
// recognised by exact equality of their text: whatever is not here goes through the regular-expression fallback.

import { LETTER, MARK } from "./character-classes.ts";
import {
  casePattern,
  contractions,
  gpt2,
  type KnownPattern,
  known,
  shippedPattern,
  spaceTail,
  wordStart,
} from "./shipped-patterns.ts";

function wordPattern(digits: string): string {
  return `${contractions}|${wordStart}\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${spaceTail}`;
}

const gpt2Tail = " ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

const table: ReadonlyMap<string, KnownPattern> = new Map<string, KnownPattern>([
  [`'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+|${gpt2Tail}`, gpt2],
  [`'s|'t|'re|'ve|'m|'ll|'d| ?[\\p{L}]+| ?[\\p{N}]+|${gpt2Tail}`, gpt2],
  [`'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+|${gpt2Tail}`, gpt2],
  // Llama 3, Phi-4, GLM-4 and DBRX: cl100k in the old spelling.
  [wordPattern("\\p{N}{1,3}"), known({})],
  // Qwen 2 to 3, and voyage3 in the new spelling.
  [wordPattern("\\p{N}"), known({ maxDigits: 1 })],
  // Qwen 3.5: marks belong to words.
  [
    `${contractions}|${wordStart}[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|${spaceTail}`,
    known({ maxDigits: 1, word: LETTER | MARK }),
  ],
  // Mistral's tekken: no contractions, single digits.
  [casePattern("", "\\p{N}"), known({ family: "case", maxDigits: 1, contractions: false })],
]);

/** The scanner and cuts of a pattern, by exact equality of its text. */
export function knownPattern(pattern: string): KnownPattern | undefined {
  return shippedPattern(pattern) ?? table.get(pattern);
}
