// The bytes of every token, one after another: what decoding reads. Made from the trie on first use.

import { type Allocate, childCount, firstChild, lengthOf, NO_TOKEN, type Trie, tokenAt } from "./trie.ts";

export interface TokenTable {
  /** All tokens' bytes in order of ID, where `offsets` say: other things may lie before them. */
  readonly bytes: Uint8Array;
  /** Per ID: where its bytes start; they end where the next ID's start. One longer than the number of IDs. */
  readonly offsets: Uint32Array;
}

/** Sixteen bytes may be copied from any token. */
const SLACK = 16;

const newMemory: Allocate = (byteLength) => ({ buffer: new ArrayBuffer(byteLength), byteOffset: 0 });

/** Writes out the bytes of all tokens of a trie, into one block of memory. */
export function tokenTableOf(trie: Trie, allocate: Allocate = newMemory): TokenTable {
  const { idCount } = trie;
  let total = 0;
  for (let id = 0; id < idCount; id++) total += lengthOf(trie, id);
  const { buffer, byteOffset } = allocate(4 * (idCount + 1) + total + SLACK);
  const offsets = new Uint32Array(buffer, byteOffset, idCount + 1);
  offsets[0] = byteOffset + offsets.byteLength;
  for (let id = 0; id < idCount; id++) offsets[id + 1] = offsets[id]! + lengthOf(trie, id);
  const table = { bytes: new Uint8Array(buffer), offsets };
  writeTokens(trie, table);
  return table;
}

/** Walks the trie depth first, along the labels in `path`: nodes do not know their parents. */
function writeTokens(trie: Trie, { bytes, offsets }: TokenTable): void {
  const { labels } = trie;
  const path: number[] = [];
  // Per depth: the next child to visit, and where the children end.
  const next: number[] = [firstChild(trie, 0)];
  const end: number[] = [next[0]! + childCount(trie, 0)];
  for (let depth = 0; depth >= 0; ) {
    const node = next[depth]!;
    if (node === end[depth]) {
      depth--;
      continue;
    }
    next[depth] = node + 1;
    path[depth] = labels[node]!;
    const token = tokenAt(trie, node);
    if (token !== NO_TOKEN) {
      const at = offsets[token]!;
      for (let i = 0; i <= depth; i++) bytes[at + i] = path[i]!;
    }
    const children = childCount(trie, node);
    if (children > 0) {
      depth++;
      next[depth] = firstChild(trie, node);
      end[depth] = next[depth]! + children;
    }
  }
}
