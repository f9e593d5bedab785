// The vocabulary in memory: one byte trie in level order. Children of a node are neighbours and sorted, so a node
// needs only the position of its first child; tokens hang on nodes. The trie answers everything that BPE asks:
// whole-piece look-up, longest match, next shorter match, and (walking on from a token's node) whether two tokens
// concatenate to a third.

/** Marks a node without a token and a token without a shorter one. */
export const NO_TOKEN = -1;

/** Hands out memory piece by piece. */
export type Allocate = (byteLength: number) => {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
};

/** What a trie's memory is taken from: plain arrays, or one block of a known size that a WebAssembly kernel shares. */
export type Arena = (totalBytes: number) => Allocate;

export const plainArena: Arena = () => (byteLength) => ({
  buffer: new ArrayBuffer(byteLength),
  byteOffset: 0,
});

/** The arrays of a trie. All are filled once and then read only, except the lazily found parts. */
export interface Trie {
  readonly nodeCount: number;
  /** One more than the largest token ID. */
  readonly idCount: number;
  /** Number of tokens; less than `idCount` where IDs have gaps. */
  readonly tokenCount: number;
  /** Two words per node: first child (the children end where those of the next node begin) and token or NO_TOKEN. */
  readonly nodes: Int32Array;
  /** Byte on the edge to each node. Padded by 16. */
  readonly labels: Uint8Array;
  /** Node of each two-byte string at `first << 8 | second`, 0 if there is none. */
  readonly pairs: Int32Array;
  /** Per ID: node, 0 for an ID without a token. */
  readonly nodeOf: Int32Array;
  /** Per ID: the longest token that is a proper prefix, or NO_TOKEN. */
  readonly shorter: Int32Array;
  /** Per ID: length in bytes. */
  readonly lengths: Uint16Array;
  /** Per ID: length of the left one of the two parts that merge to this token, 0 for an atomic token. */
  readonly splits: Uint16Array;
  /** Per ID: one more than the right one of those parts, found on first use; 0 while unknown. */
  readonly rightParts: Int32Array;
}

function int32(allocate: Allocate, length: number): Int32Array {
  const { buffer, byteOffset } = allocate(length * 4);
  return new Int32Array(buffer, byteOffset, length);
}

function uint16(allocate: Allocate, length: number): Uint16Array {
  const { buffer, byteOffset } = allocate(length * 2);
  return new Uint16Array(buffer, byteOffset, length);
}

/** A trie with room for the given numbers of nodes and IDs, to be filled by the caller. */
export function createTrie(nodeCount: number, idCount: number, tokenCount: number, arena: Arena): Trie {
  const allocate = arena(9 * nodeCount + 16 * idCount + 4 * 65_536 + 256);
  const labels = allocate(nodeCount + 16);
  return {
    nodeCount,
    idCount,
    tokenCount,
    nodes: int32(allocate, 2 * (nodeCount + 1)),
    pairs: int32(allocate, 65_536),
    nodeOf: int32(allocate, idCount),
    shorter: int32(allocate, idCount),
    lengths: uint16(allocate, idCount),
    splits: uint16(allocate, idCount),
    rightParts: int32(allocate, idCount),
    labels: new Uint8Array(labels.buffer, labels.byteOffset, nodeCount + 16),
  };
}

/** The child of `node` along `byte`, or 0. Node 0 is the root. */
export function childOf(trie: Trie, node: number, byte: number): number {
  const { nodes, labels } = trie;
  let low = nodes[2 * node]!;
  let high = nodes[2 * node + 2]! - 1;
  while (high - low > 6) {
    const middle = (low + high) >> 1;
    if (labels[middle]! < byte) low = middle + 1;
    else high = middle;
  }
  for (; low <= high; low++) if (labels[low] === byte) return low;
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
  if (end <= start) return NO_TOKEN;
  const node = walk(trie, 0, bytes, start, end);
  return node === 0 ? NO_TOKEN : trie.nodes[2 * node + 1]!;
}

/** ID of the longest token that `bytes[start..end)` starts with, or NO_TOKEN. */
export function longestToken(trie: Trie, bytes: Uint8Array, start: number, end: number): number {
  const { nodes } = trie;
  let found = NO_TOKEN;
  let node = 0;
  for (let i = start; i < end; i++) {
    node = childOf(trie, node, bytes[i]!);
    if (node === 0) break;
    const token = nodes[2 * node + 1]!;
    if (token !== NO_TOKEN) found = token;
  }
  return found;
}

/** Fills what follows from `nodes` and `labels`: the tables per ID and the two-byte table. */
export function indexTrie(trie: Trie, parents: Int32Array, depths: Uint16Array): void {
  const { nodes, labels, nodeOf, shorter, lengths, pairs, nodeCount } = trie;
  // Longest token on the path to each node; parents come before children in level order.
  const best = new Int32Array(nodeCount).fill(NO_TOKEN);
  for (let node = 1; node < nodeCount; node++) {
    const above = best[parents[node]!]!;
    const token = nodes[2 * node + 1]!;
    best[node] = token === NO_TOKEN ? above : token;
    if (token === NO_TOKEN) continue;
    nodeOf[token] = node;
    shorter[token] = above;
    lengths[token] = depths[node]!;
  }
  for (let first = nodes[0]!; first < nodes[2]!; first++) {
    for (let second = nodes[2 * first]!; second < nodes[2 * first + 2]!; second++) {
      pairs[(labels[first]! << 8) | labels[second]!] = second;
    }
  }
}
