// Encodes single pieces, whether or not every token of the vocabulary can result from merging.

import { buildTrie, type RankedToken } from "../vocabulary/build-trie.ts";
import { tokenTableOf } from "../vocabulary/token-table.ts";
import { findToken, lengthOf, NO_TOKEN, splitOf, type Trie } from "../vocabulary/trie.ts";
import { Backtracker } from "./backtrack.ts";

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
  return canonical ? new Backtracker(trie) : new WholePieceFirst(trie);
}

/**
 * For vocabularies with tokens that merging never makes. Such a token appears only where it is a whole piece; the
 * rest of the vocabulary is canonical by itself.
 */
class WholePieceFirst implements PieceEncoder {
  readonly #trie: Trie;
  readonly #reachable: Backtracker;

  constructor(trie: Trie) {
    this.#trie = trie;
    const { bytes, offsets } = tokenTableOf(trie);
    const tokens: RankedToken[] = [];
    for (let id = 0; id < trie.idCount; id++) {
      if (lengthOf(trie, id) === 1 || splitOf(trie, id) !== 0) {
        tokens.push({ bytes: bytes.subarray(offsets[id], offsets[id + 1]), id });
      }
    }
    this.#reachable = new Backtracker(buildTrie(tokens).trie);
  }

  encode(bytes: Uint8Array, start: number, end: number, out: Uint32Array, at: number): number {
    const whole = findToken(this.#trie, bytes, start, end);
    if (whole === NO_TOKEN) return this.#reachable.encode(bytes, start, end, out, at);
    out[at] = whole;
    return at + 1;
  }
}
