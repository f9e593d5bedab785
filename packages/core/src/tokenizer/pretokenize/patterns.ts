// The published patterns and the scanners that stand for them. Patterns are recognised by exact equality of their
// text: whatever is not in this table goes through the regular-expression fallback.

import {
  scanCl100k,
  scanGpt2,
  scanLlama3,
  scanO200k,
  scanQwen2,
  scanQwen35,
  scanTekken,
  scanVoyage3,
} from "./families.ts";
import type { CutRule } from "./safe-cut.ts";
import type { Scanner } from "./scanner.ts";

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
  readonly scan: Scanner;
  readonly cuts: CutRule;
}

const gpt2: KnownPattern = { scan: scanGpt2, cuts: "single-newline" };
const known = (scan: Scanner): KnownPattern => ({ scan, cuts: "newline" });

const table: ReadonlyMap<string, KnownPattern> = new Map<string, KnownPattern>([
  [knownPatterns.gpt2, gpt2],
  ["'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", gpt2],
  ["'s|'t|'re|'ve|'m|'ll|'d| ?[\\p{L}]+| ?[\\p{N}]+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", gpt2],
  ["'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", gpt2],
  [knownPatterns.cl100k, known(scanCl100k)],
  [wordPattern("\\p{N}{1,3}"), known(scanLlama3)],
  [wordPattern("\\p{N}"), known(scanQwen2)],
  [knownPatterns.voyage3, known(scanVoyage3)],
  [
    `${contractions}|${wordStart}[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|${spaceTail}`,
    known(scanQwen35),
  ],
  [knownPatterns.o200k, known(scanO200k)],
  [casePattern("", "\\p{N}"), known(scanTekken)],
]);

/** The scanner and cuts of a pattern, by exact equality of its text. */
export function knownPattern(pattern: string): KnownPattern | undefined {
  return table.get(pattern);
}
