// The two kinds of merge rules: a list of pairs, and "whatever concatenates to a token".

import type { TokenTable } from "../vocabulary/token-table.ts";
import { nodeOf, type Trie, tokenAt, walk } from "../vocabulary/trie.ts";
import type { Merges } from "./merge.ts";

/**
 * Merges given as a list in order of rank: of symbols `lefts[i]` and `rights[i]` to `results[i]`. A pair that occurs
 * twice keeps its first rank. This is the rule of Hugging Face's BPE.
 */
export class PairMerges implements Merges {
  readonly #keys: Int32Array;
  readonly #ranks: Int32Array;
  readonly #results: ArrayLike<number>;
  readonly #mask: number;

  constructor(lefts: ArrayLike<number>, rights: ArrayLike<number>, results: ArrayLike<number>) {
    let slots = 16;
    while (slots < 2 * lefts.length) slots *= 2;
    this.#mask = slots - 1;
    this.#keys = new Int32Array(2 * slots);
    this.#ranks = new Int32Array(slots).fill(-1);
    this.#results = results;
    for (let rank = 0; rank < lefts.length; rank++) {
      const slot = this.#slotOf(lefts[rank]!, rights[rank]!);
      if (this.#ranks[slot] !== -1) continue;
      this.#keys[2 * slot] = lefts[rank]!;
      this.#keys[2 * slot + 1] = rights[rank]!;
      this.#ranks[slot] = rank;
    }
  }

  /** The slot that holds this pair, or the free one where it belongs. */
  #slotOf(left: number, right: number): number {
    const keys = this.#keys;
    const hash = Math.imul(Math.imul(left, 0x9e3779b1) ^ right, 0x85ebca6b);
    let slot = (hash ^ (hash >>> 15)) & this.#mask;
    while (this.#ranks[slot] !== -1 && (keys[2 * slot] !== left || keys[2 * slot + 1] !== right)) {
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }

  rankOf(left: number, right: number): number {
    return this.#ranks[this.#slotOf(left, right)]!;
  }

  resultOf(rank: number): number {
    return this.#results[rank]!;
  }
}

/** Two tokens merge if their bytes together are a token, whose ID is the rank. This is tiktoken's rule. */
export class ConcatenationMerges implements Merges {
  readonly #trie: Trie;
  readonly #table: TokenTable;

  constructor(trie: Trie, table: TokenTable) {
    this.#trie = trie;
    this.#table = table;
  }

  rankOf(left: number, right: number): number {
    const { bytes, offsets } = this.#table;
    const node = walk(this.#trie, nodeOf(this.#trie, left), bytes, offsets[right]!, offsets[right + 1]!);
    return node === 0 ? -1 : tokenAt(this.#trie, node);
  }

  resultOf(rank: number): number {
    return rank;
  }
}
