// The patterns of the encodings that tokenwire ships, as their publishers write them, and the scanners that stand for
// them. Apart from the other known patterns, so that a bundle with one of these encodings stays small.

import { LETTER } from "./character-classes.ts";
import { createScanner } from "./families.ts";
import type { CutRule } from "./safe-cut.ts";
import type { Scanner } from "./scanner.ts";
import type { ScannerSettings } from "./scanner-settings.ts";

export const wordStart = "[^\\r\\n\\p{L}\\p{N}]?";
const upper = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
const lower = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
export const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
export const spaceTail = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

function possessiveWordPattern(digits: string): string {
  return `'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|${digits}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s`;
}

export function casePattern(suffix: string, digits: string): string {
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

export function known(changes: Partial<ScannerSettings>, cuts: CutRule = "newline"): KnownPattern {
  const settings = { ...base, ...changes };
  return { settings, scan: createScanner(settings), cuts };
}

export const gpt2: KnownPattern = known({ family: "gpt2", newlines: "none" }, "single-newline");
const atEnd = "last-newline-unless-at-end";

const shipped: ReadonlyMap<string, KnownPattern> = new Map([
  [knownPatterns.gpt2, gpt2],
  [knownPatterns.cl100k, known({ newlines: atEnd })],
  [knownPatterns.voyage3, known({ maxDigits: 1, newlines: atEnd })],
  [knownPatterns.o200k, known({ family: "case" })],
]);

/** The scanner and cuts of a shipped encoding's pattern, by exact equality of its text. */
export function shippedPattern(pattern: string): KnownPattern | undefined {
  return shipped.get(pattern);
}
