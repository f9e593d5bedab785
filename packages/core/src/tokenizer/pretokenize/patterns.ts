// The published patterns and the scanners that stand for them. Patterns are recognised by exact equality of their
// text: whatever is not in this table goes through the regular-expression fallback.

import { LETTER, MARK } from "./character-classes.ts";
import { createScanner } from "./families.ts";
import type { CutRule } from "./safe-cut.ts";
import type { Scanner } from "./scanner.ts";
import type { ScannerSettings } from "./scanner-settings.ts";

const wordStart = "[^\\r\\n\\p{L}\\p{N}]?";
const upper = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
const lower = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const spaceTail = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

function wordPattern(digits: string): string {
  return `${contractions}|${wordStart}\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${spaceTail}`;
}

function possessiveWordPattern(digits: string): string {
  return `'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|${digits}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s`;
}

function casePattern(suffix: string, digits: string): string {
  const word = `${wordStart}${upper}*${lower}+${suffix}|${wordStart}${upper}+${lower}*${suffix}`;
  return `${word}|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${spaceTail}`;
}

/** Patterns of the encodings that tokenwire ships, as their publishers write them. */
export const knownPatterns: Readonly<Record<"cl100k" | "gpt2" | "o200k" | "voyage3", string>> = {
  gpt2: "'(?:[sdmt]|ll|ve|re)| ?\\p{L}++| ?\\p{N}++| ?[^\\s\\p{L}\\p{N}]++|\\s++$|\\s+(?!\\S)|\\s",
  cl100k: possessiveWordPattern("\\p{N}{1,3}+"),
  o200k: casePattern(`${contractions}?`, "\\p{N}{1,3}"),
  voyage3: possessiveWordPattern("\\p{N}"),
};

/** What is known about a pattern. */
export interface KnownPattern {
  readonly settings: ScannerSettings;
  readonly scan: Scanner;
  readonly cuts: CutRule;
}

const base: ScannerSettings = {
  family: "word",
  maxDigits: 3,
  word: LETTER,
  newlines: "last-newline",
  contractions: true,
  slashes: true,
};

function known(changes: Partial<ScannerSettings>, cuts: CutRule = "newline"): KnownPattern {
  const settings = { ...base, ...changes };
  return { settings, scan: createScanner(settings), cuts };
}

const gpt2 = known({ family: "gpt2", newlines: "none" }, "single-newline");
const atEnd = "last-newline-unless-at-end";
const gpt2Tail = " ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

const table: ReadonlyMap<string, KnownPattern> = new Map<string, KnownPattern>([
  [knownPatterns.gpt2, gpt2],
  [`'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+|${gpt2Tail}`, gpt2],
  [`'s|'t|'re|'ve|'m|'ll|'d| ?[\\p{L}]+| ?[\\p{N}]+|${gpt2Tail}`, gpt2],
  [`'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+|${gpt2Tail}`, gpt2],
  [knownPatterns.cl100k, known({ newlines: atEnd })],
  // Llama 3, Phi-4, GLM-4 and DBRX: cl100k in the old spelling.
  [wordPattern("\\p{N}{1,3}"), known({})],
  // Qwen 2 to 3, and voyage3 in the new spelling.
  [wordPattern("\\p{N}"), known({ maxDigits: 1 })],
  [knownPatterns.voyage3, known({ maxDigits: 1, newlines: atEnd })],
  // Qwen 3.5: marks belong to words.
  [
    `${contractions}|${wordStart}[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|${spaceTail}`,
    known({ maxDigits: 1, word: LETTER | MARK }),
  ],
  [knownPatterns.o200k, known({ family: "case" })],
  // Mistral's tekken: no contractions, single digits.
  [casePattern("", "\\p{N}"), known({ family: "case", maxDigits: 1, contractions: false })],
]);

/** The scanner and cuts of a pattern, by exact equality of its text. */
export function knownPattern(pattern: string): KnownPattern | undefined {
  return table.get(pattern);
}
