// A pattern made ready to cut text.

import { knownPattern } from "./patterns.ts";
import type { CutRule } from "./safe-cut.ts";
import type { Scanner } from "./scanner.ts";

export interface PreTokenizer {
  /** The pattern as its publisher writes it. */
  readonly pattern: string;
  readonly cuts: CutRule;
  /** The scanner for a text of `length` bytes. Known patterns have one for all texts. */
  scannerFor(bytes: Uint8Array, length: number): Scanner;
}

/** A pre-tokenizer for a pattern known by heart; undefined for any other. */
export function knownPreTokenizer(pattern: string): PreTokenizer | undefined {
  const known = knownPattern(pattern);
  return known && { pattern, cuts: known.cuts, scannerFor: () => known.scan };
}
