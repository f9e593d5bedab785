// The vocabulary in memory: one byte trie in level order. Children of a node are neighbours and sorted, so a node
// needs only the position of its first child and their number; tokens hang on nodes. The trie answers everything that
// BPE asks: whole-piece look-up, longest match, next shorter match, and (walking on from a token's node) whether two
// tokens concatenate to a third.
//
// Records are packed so that a step through the trie, and a question about a token, each touch one cache line: with
// 200,000 tokens, waiting for memory is what encoding costs.

/** Stands for "no token" wherever a token ID is expected. */
export const NO_TOKEN = -1;

/** Hands out memory piece by piece. */
export type Allocate = (byteLength: number) => {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
};

/** What a trie's memory is taken from: plain arrays, or one block of a known size that a WebAssembly kernel shares. */
export type Arena = (totalBytes: number) => Allocate;

export const newMemory: Allocate = (byteLength) => ({ buffer: new ArrayBuffer(byteLength), byteOffset: 0 });

export const plainArena: Arena = () => newMemory;

/** Most nodes and most IDs that the packed records can hold. */
export const MAX_NODES: number = 1 << 23;
export const MAX_IDS: number = (1 << 24) - 1;

/** In a node's second word: no token ends here. */
const NO_TOKEN_BITS = 0xffffff;

/** The arrays of a trie; read them through the functions below. Filled once, except the lazily found right parts. */
export interface Trie {
  readonly nodeCount: number;
  /** One more than the largest token ID. */
  readonly idCount: number;
  /** Number of tokens; less than `idCount` where IDs have gaps. */
  readonly tokenCount: number;
  /** Per node two words: `first child | number of children << 23`, and `token or 0xffffff | label << 24`. */
  readonly nodes: Int32Array;
  /** Label of each node once more, for comparing many at a time. Padded by 16. */
  readonly labels: Uint8Array;
  /** Node of each two-byte string at `first << 8 | second`, 0 if there is none. */
  readonly pairs: Int32Array;
  /**
   * Per ID four words: its node (0 for an ID without a token); the longest token that is a proper prefix, or NO_TOKEN;
   * one more than the right one of the two parts that merge to it (0 while unknown); and `length | length of the left
   * part << 16`, where the latter is 0 for an atomic token.
   */
  readonly tokens: Int32Array;
}

/** A trie with room for the given numbers of nodes and IDs, to be filled by the caller. */
export function createTrie(nodeCount: number, idCount: number, tokenCount: number, arena: Arena): Trie {
  const allocate = arena(9 * nodeCount + 16 * idCount + 4 * 65_536 + 256);
  const words = (length: number): Int32Array => {
    const { buffer, byteOffset } = allocate(length * 4);
    return new Int32Array(buffer, byteOffset, length);
  };
  const labels = allocate(nodeCount + 16);
  return {
    nodeCount,
    idCount,
    tokenCount,
    nodes: words(2 * nodeCount),
    pairs: words(65_536),
    tokens: words(4 * idCount),
    labels: new Uint8Array(labels.buffer, labels.byteOffset, nodeCount + 16),
  };
}

export function setNode(
  trie: Trie,
  node: number,
  firstChild: number,
  childCount: number,
  token: number,
): void {
  trie.nodes[2 * node] = firstChild | (childCount << 23);
  trie.nodes[2 * node + 1] = (token & NO_TOKEN_BITS) | (trie.labels[node]! << 24);
}

export function firstChild(trie: Trie, node: number): number {
  return trie.nodes[2 * node]! & 0x7fffff;
}

export function childCount(trie: Trie, node: number): number {
  return trie.nodes[2 * node]! >>> 23;
}

/** The token that ends at `node`, or NO_TOKEN; none ends at the root. */
export function tokenAt(trie: Trie, node: number): number {
  const token = trie.nodes[2 * node + 1]! & NO_TOKEN_BITS;
  return token === NO_TOKEN_BITS ? NO_TOKEN : token;
}

/** Node of a token, 0 for an ID without a token. */
export function nodeOf(trie: Trie, token: number): number {
  return trie.tokens[4 * token]!;
}

/** The longest token that is a proper prefix of `token`, or NO_TOKEN. */
export function shorterThan(trie: Trie, token: number): number {
  return trie.tokens[4 * token + 1]!;
}

/** Length of a token in bytes, 0 for an ID without a token. */
export function lengthOf(trie: Trie, token: number): number {
  return trie.tokens[4 * token + 3]! & 0xffff;
}

/** Length of the left one of the two parts that merge to `token`, 0 if it is atomic. */
export function splitOf(trie: Trie, token: number): number {
  return trie.tokens[4 * token + 3]! >>> 16;
}

export function setSplit(trie: Trie, token: number, split: number): void {
  trie.tokens[4 * token + 3] = lengthOf(trie, token) | (split << 16);
}

/** The child of `node` along `byte`, or 0. Node 0 is the root. */
export function childOf(trie: Trie, node: number, byte: number): number {
  const { nodes } = trie;
  const record = nodes[2 * node]!;
  let low = record & 0x7fffff;
  let high = low + (record >>> 23) - 1;
  while (high - low > 6) {
    const middle = (low + high) >> 1;
    if (nodes[2 * middle + 1]! >>> 24 < byte) low = middle + 1;
    else high = middle;
  }
  for (; low <= high; low++) if (nodes[2 * low + 1]! >>> 24 === byte) return low;
  return 0;
}

/** The node reached from `node` along `bytes[start..end)`, or 0 if there is no such path. */
export function walk(trie: Trie, node: number, bytes: Uint8Array, start: number, end: number): number {
  let at = node;
  for (let i = start; i < end; i++) {
    at = childOf(trie, at, bytes[i]!);
    if (at === 0) return 0;
  }
  return at;
}

/** ID of the token with exactly these bytes, or NO_TOKEN. */
export function findToken(trie: Trie, bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  return tokenAt(trie, walk(trie, 0, bytes, start, end));
}

/** ID of the longest token that `bytes[start..end)` starts with, or NO_TOKEN. */
export function longestToken(trie: Trie, bytes: Uint8Array, start: number, end: number): number {
  const { nodes } = trie;
  let found = NO_TOKEN;
  let node = 0;
  let i = start;
  if (end - start > 1) {
    // Two bytes in one step; a token of one byte shows only if that fails.
    node = trie.pairs[(bytes[start]! << 8) | bytes[start + 1]!]!;
    if (node !== 0) {
      i = start + 2;
      const token = nodes[2 * node + 1]! & NO_TOKEN_BITS;
      found = token === NO_TOKEN_BITS ? tokenAt(trie, childOf(trie, 0, bytes[start]!)) : token;
    }
  }
  for (; i < end; i++) {
    node = childOf(trie, node, bytes[i]!);
    if (node === 0) break;
    const token = nodes[2 * node + 1]! & NO_TOKEN_BITS;
    if (token !== NO_TOKEN_BITS) found = token;
  }
  return found;
}

/** Fills the table of two-byte strings from the nodes. */
export function fillPairs(trie: Trie): void {
  const { labels, pairs } = trie;
  const end = firstChild(trie, 0) + childCount(trie, 0);
  for (let first = firstChild(trie, 0); first < end; first++) {
    const secondEnd = firstChild(trie, first) + childCount(trie, first);
    for (let second = firstChild(trie, first); second < secondEnd; second++) {
      pairs[(labels[first]! << 8) | labels[second]!] = second;
    }
  }
}
