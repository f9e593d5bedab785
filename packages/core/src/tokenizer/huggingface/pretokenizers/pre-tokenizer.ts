// What a pre-tokenizer is: it cuts each piece of text into smaller ones, and some rewrite them.

import type { AlignedText } from "../aligned-text.ts";

export interface PreTokenizer {
  /** Adds the pieces of `piece` to `out`, in order. Pieces that are empty are left out by the caller. */
  split(piece: AlignedText, out: AlignedText[]): void;
}
