// The merges of a rank vocabulary: two tokens merge if their bytes together are a token, whose ID is the rank. This is
// tiktoken's rule.

import { sizeOf, startOf, type TokenTable } from "../vocabulary/token-table.ts";
import { nodeOf, type Trie, tokenAt, walk } from "../vocabulary/trie.ts";
import type { Merges } from "./merge.ts";

export class ConcatenationMerges implements Merges {
  readonly #trie: Trie;
  readonly #table: TokenTable;

  constructor(trie: Trie, table: TokenTable) {
    this.#trie = trie;
    this.#table = table;
  }

  find(left: number, right: number): number {
    const start = startOf(this.#table, right);
    const end = start + sizeOf(this.#table, right);
    const node = walk(this.#trie, nodeOf(this.#trie, left), this.#table.bytes, start, end);
    return node === 0 ? -1 : tokenAt(this.#trie, node);
  }

  rankAt(token: number): number {
    return token;
  }

  mergedAt(token: number): number {
    return token;
  }
}
