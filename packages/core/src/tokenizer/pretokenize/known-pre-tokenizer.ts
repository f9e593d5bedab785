// A pattern made ready to cut text.

import type { CutRule } from "./safe-cut.ts";
import type { Scanner } from "./scanner.ts";
import type { ScannerSettings } from "./scanner-settings.ts";
import type { KnownPattern } from "./shipped-patterns.ts";

export interface PreTokenizer {
  /** The pattern as its publisher writes it. */
  readonly pattern: string;
  readonly cuts: CutRule;
  /** The scanner as data, for patterns that the fast kernel knows. */
  readonly settings?: ScannerSettings;
  /** The scanner for a text of `length` bytes. Known patterns have one for all texts. */
  scannerFor(bytes: Uint8Array, length: number): Scanner;
}

/** A pre-tokenizer for a pattern of which everything is known. */
export function knownPreTokenizer(pattern: string, { scan, settings, cuts }: KnownPattern): PreTokenizer {
  return { pattern, cuts, settings, scannerFor: () => scan };
}
