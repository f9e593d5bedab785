// The bytes of every token: what decoding reads. Made from the trie on first use.

import { type Allocate, childCount, firstChild, lengthOf, newMemory, nodeOf, type Trie } from "./trie.ts";

/**
 * A record of 16 bytes per ID, so that most tokens are one look at memory: up to 15 bytes of the token, zeros, and the
 * number of bytes at the end. Longer tokens lie behind the records; LONG is at the end of theirs, and two words say where
 * they lie and how long they are. Zeros alone: no token.
 */
export interface TokenTable {
  readonly idCount: number;
  readonly bytes: Uint8Array;
  /** The same memory. */
  readonly words: Uint32Array;
}

const LONGEST_SHORT = 15;
const LONG = 0xff;

/** Where the bytes of a token lie in the table. */
export function startOf({ bytes, words }: TokenTable, id: number): number {
  return bytes[16 * id + LONGEST_SHORT] === LONG ? words[4 * id]! : 16 * id;
}

/** Number of bytes of a token, 0 for what is not the ID of one. */
export function sizeOf({ idCount, bytes, words }: TokenTable, id: number): number {
  if (!Number.isInteger(id) || id < 0 || id >= idCount) return 0;
  const size = bytes[16 * id + LONGEST_SHORT]!;
  return size === LONG ? words[4 * id + 1]! : size;
}

/** The bytes of a token, none for what is not the ID of one. Not to be written to. */
export function bytesOf(table: TokenTable, id: number): Uint8Array {
  const start = startOf(table, id);
  return table.bytes.subarray(start, start + sizeOf(table, id));
}

/** Writes out the bytes of all tokens of a trie, into one block of memory. */
export function tokenTableOf(trie: Trie, allocate: Allocate = newMemory): TokenTable {
  const { idCount, labels } = trie;
  // Sixteen bytes are copied at a time: long tokens are padded to that.
  const roomFor = (size: number): number => (size > LONGEST_SHORT ? (size + 15) & ~15 : 0);
  let total = 16 * idCount;
  for (let id = 0; id < idCount; id++) total += roomFor(lengthOf(trie, id));
  const { buffer, byteOffset } = allocate(total);
  const bytes = new Uint8Array(buffer, byteOffset, total);
  const words = new Uint32Array(buffer, byteOffset, total >> 2);
  const parents = parentsOf(trie);
  let next = 16 * idCount;
  for (let id = 0; id < idCount; id++) {
    const size = lengthOf(trie, id);
    const room = roomFor(size);
    let at = size + (room > 0 ? next : 16 * id);
    for (let node = nodeOf(trie, id); node > 0; node = parents[node]!) bytes[--at] = labels[node]!;
    bytes[16 * id + LONGEST_SHORT] = room > 0 ? LONG : size;
    if (room > 0) words.set([next, size], 4 * id);
    next += room;
  }
  return { idCount, bytes, words };
}

/** The node that each node is a child of. */
function parentsOf(trie: Trie): Int32Array {
  const parents = new Int32Array(trie.nodeCount);
  for (let node = 0; node < trie.nodeCount; node++) {
    const first = firstChild(trie, node);
    const end = first + childCount(trie, node);
    for (let child = first; child < end; child++) parents[child] = node;
  }
  return parents;
}
