// Encodes single pieces with whichever algorithm fits the vocabulary.

import { tokenTableOf } from "../vocabulary/token-table.ts";
import { findToken, NO_TOKEN, type Trie } from "../vocabulary/trie.ts";
import { Backtracker } from "./backtrack.ts";
import { ConcatenationMerges } from "./concatenation-merges.ts";
import { mergeSymbols } from "./merge.ts";
import { missingByte } from "./missing-byte.ts";

/** Encodes one piece, a byte range that pre-tokenization never splits. */
export interface PieceEncoder {
  /**
   * Writes the tokens of `bytes[start..end)`, which is not empty, to `out` from `at` on, and returns the position
   * after the last. `out` must have room for one token per byte.
   */
  encode(bytes: Uint8Array, start: number, end: number, out: Uint32Array, at: number): number;
}

/** The encoder for a rank vocabulary; `canonical` as `buildTrie` found it. */
export function createPieceEncoder(trie: Trie, canonical: boolean): PieceEncoder {
  return canonical ? new Backtracker(trie) : new MergingEncoder(trie);
}

/** Looks the whole piece up, else merges by rank. */
class MergingEncoder implements PieceEncoder {
  readonly #trie: Trie;
  readonly #merges: ConcatenationMerges;

  constructor(trie: Trie) {
    this.#trie = trie;
    this.#merges = new ConcatenationMerges(trie, tokenTableOf(trie));
  }

  encode(bytes: Uint8Array, start: number, end: number, out: Uint32Array, at: number): number {
    const whole = findToken(this.#trie, bytes, start, end);
    if (whole !== NO_TOKEN) {
      out[at] = whole;
      return at + 1;
    }
    const symbols = new Int32Array(end - start);
    for (let i = start; i < end; i++) {
      const token = findToken(this.#trie, bytes, i, i + 1);
      if (token === NO_TOKEN) throw missingByte(bytes[i]!);
      symbols[i - start] = token;
    }
    const count = mergeSymbols(symbols, symbols.length, this.#merges);
    out.set(symbols.subarray(0, count), at);
    return at + count;
  }
}
