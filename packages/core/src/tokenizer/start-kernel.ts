// The kernel of a program's first texts. Unpacking a vocabulary of 200,000 tokens takes longer than encoding thousands of
// words, so as long as little has been asked for, tokens are looked up in the packed form; then the real kernel is made.

import { missingByte } from "./bpe/missing-byte.ts";
import type { PieceEncoder } from "./bpe/piece-encoder.ts";
import { type Kernel, PlainKernel } from "./kernel.ts";
import type { PreTokenizer } from "./pretokenize/known-pre-tokenizer.ts";
import type { PackedSearch } from "./vocabulary/packed-search.ts";
import { NO_TOKEN } from "./vocabulary/trie.ts";

/** Bytes that this kernel encodes before it gives way: about a tenth of the time that unpacking takes. */
const BUDGET = 4096;
/** Longer pieces would take time in proportion to the square of their length. */
const LONGEST_MERGED = 48;

export class StartKernel extends PlainKernel {
  readonly #makeSuccessor: () => Kernel;
  #budget: number = BUDGET;

  /** `makeSuccessor` returns the kernel for what is too much for this one; `longPieces` encodes pieces that are. */
  constructor(
    preTokenizer: PreTokenizer,
    search: PackedSearch,
    longPieces: PieceEncoder,
    makeSuccessor: () => Kernel,
  ) {
    super(preTokenizer, new PackedPieces(search, longPieces));
    this.#makeSuccessor = makeSuccessor;
  }

  /** The input of the successor, which is to be used from then on, if there is too much to encode. */
  override input(capacity: number): Uint8Array {
    // Room is asked for by the UTF-16 unit, which has up to three bytes.
    return capacity > 3 * this.#budget ? this.#makeSuccessor().input(capacity) : super.input(capacity);
  }

  override encode(length: number): number {
    this.#budget -= length;
    return super.encode(length);
  }
}

/** Encodes pieces by the definition of byte-pair encoding: merge the adjacent parts whose union has the lowest rank. */
class PackedPieces implements PieceEncoder {
  readonly #search: PackedSearch;
  readonly #longPieces: PieceEncoder;
  readonly #starts: Int32Array = new Int32Array(LONGEST_MERGED + 1);
  /** Per part: the rank of its union with the next one. */
  readonly #ranks: Int32Array = new Int32Array(LONGEST_MERGED + 1);

  constructor(search: PackedSearch, longPieces: PieceEncoder) {
    this.#search = search;
    this.#longPieces = longPieces;
  }

  encode(bytes: Uint8Array, start: number, end: number, out: Uint32Array, at: number): number {
    const whole = this.#search.find(bytes, start, end);
    if (whole !== NO_TOKEN) {
      out[at] = whole;
      return at + 1;
    }
    if (end - start > LONGEST_MERGED) return this.#longPieces.encode(bytes, start, end, out, at);
    const parts = this.#merge(bytes, start, end);
    const starts = this.#starts;
    for (let i = 0; i < parts; i++) {
      const token = this.#search.find(bytes, starts[i]!, starts[i + 1]!);
      if (token === NO_TOKEN) throw missingByte(bytes[starts[i]!]!);
      out[at + i] = token;
    }
    return at + parts;
  }

  /** Leaves the starts of the parts, and the end of the last, in `#starts`; returns their number. */
  #merge(bytes: Uint8Array, start: number, end: number): number {
    const starts = this.#starts;
    const ranks = this.#ranks;
    let parts = end - start;
    for (let i = 0; i <= parts; i++) starts[i] = start + i;
    const rankAt = (i: number): number =>
      i + 1 < parts ? this.#search.find(bytes, starts[i]!, starts[i + 2]!) : NO_TOKEN;
    for (let i = 0; i < parts; i++) ranks[i] = rankAt(i);
    for (;;) {
      let best = NO_TOKEN;
      let at = 0;
      for (let i = 0; i < parts; i++) {
        const rank = ranks[i]!;
        if (rank !== NO_TOKEN && (best === NO_TOKEN || rank < best)) {
          best = rank;
          at = i;
        }
      }
      if (best === NO_TOKEN) return parts;
      starts.copyWithin(at + 1, at + 2, parts + 1);
      ranks.copyWithin(at + 1, at + 2, parts);
      parts--;
      ranks[at] = rankAt(at);
      if (at > 0) ranks[at - 1] = rankAt(at - 1);
    }
  }
}
