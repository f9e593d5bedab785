// The bytes of every token, one after another: what decoding reads. Made from the trie on first use.

import { childCount, firstChild, lengthOf, nodeOf, type Trie } from "./trie.ts";

export interface TokenTable {
  /** All tokens' bytes in order of ID. */
  readonly bytes: Uint8Array;
  /** Per ID: where its bytes start; they end where the next ID's start. One longer than the number of IDs. */
  readonly offsets: Uint32Array;
}

/** Writes out the bytes of all tokens of a trie. */
export function tokenTableOf(trie: Trie): TokenTable {
  const { labels, idCount } = trie;
  const parents = parentsOf(trie);
  const offsets = new Uint32Array(idCount + 1);
  for (let id = 0; id < idCount; id++) offsets[id + 1] = offsets[id]! + lengthOf(trie, id);
  // Room for eight-byte copies past the last token.
  const bytes = new Uint8Array(offsets[idCount]! + 16);
  for (let id = 0; id < idCount; id++) {
    let node = nodeOf(trie, id);
    for (let at = offsets[id + 1]! - 1; node > 0; at--) {
      bytes[at] = labels[node]!;
      node = parents[node]!;
    }
  }
  return { bytes, offsets };
}

/** Parent of each node, by one pass over the child ranges. */
export function parentsOf(trie: Trie): Int32Array {
  const { nodeCount } = trie;
  const parents = new Int32Array(nodeCount);
  for (let node = 0; node < nodeCount; node++) {
    const first = firstChild(trie, node);
    parents.fill(node, first, first + childCount(trie, node));
  }
  return parents;
}
