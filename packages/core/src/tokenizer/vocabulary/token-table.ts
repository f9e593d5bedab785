// The bytes of every token: what decoding reads. Made from the trie on first use.

import {
  type Allocate,
  childCount,
  firstChild,
  lengthOf,
  NO_TOKEN,
  newMemory,
  type Trie,
  tokenAt,
} from "./trie.ts";

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
  const { idCount } = trie;
  // Sixteen bytes are copied at a time: long tokens are padded to that.
  const roomFor = (id: number): number =>
    lengthOf(trie, id) > LONGEST_SHORT ? (lengthOf(trie, id) + 15) & ~15 : 0;
  let total = 16 * idCount;
  for (let id = 0; id < idCount; id++) total += roomFor(id);
  const { buffer, byteOffset } = allocate(total);
  const bytes = new Uint8Array(buffer, byteOffset, total);
  const words = new Uint32Array(buffer, byteOffset, total >> 2);
  let next = 16 * idCount;
  for (let id = 0; id < idCount; id++) {
    const size = lengthOf(trie, id);
    const isLong = size > LONGEST_SHORT;
    bytes[16 * id + LONGEST_SHORT] = isLong ? LONG : size;
    if (!isLong) continue;
    words[4 * id] = next;
    words[4 * id + 1] = size;
    next += roomFor(id);
  }
  const table = { idCount, bytes, words };
  writeTokens(trie, table);
  return table;
}

/** Walks the trie depth first, along the labels in `path`: nodes do not know their parents. */
function writeTokens(trie: Trie, table: TokenTable): void {
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
      const at = startOf(table, token);
      for (let i = 0; i <= depth; i++) table.bytes[at + i] = path[i]!;
    }
    const children = childCount(trie, node);
    if (children > 0) {
      depth++;
      next[depth] = firstChild(trie, node);
      end[depth] = next[depth]! + children;
    }
  }
}
