import type { NewlineRule } from "./scanner.ts";

/** A scanner as data, for the kernel that has the scanners compiled in. */
export interface ScannerSettings {
  readonly family: "gpt2" | "word" | "case";
  /** Longest group of digits that is one piece; of no meaning for gpt2. */
  readonly maxDigits: number;
  /** Classes that form words, for the word family. */
  readonly word: number;
  readonly newlines: NewlineRule;
  /** Whether contractions belong to the word before them, for the case family. */
  readonly contractions: boolean;
  /** Whether "/" may end a run of symbols, for the case family. */
  readonly slashes: boolean;
}
