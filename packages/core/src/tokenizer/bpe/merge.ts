// Byte-pair encoding by merging, for merges to which backtracking does not apply: ranked by pair (several per token, and
// pairs that do not merge although their concatenation is a token), or with tokens made of parts of higher rank.
// Short pieces: repeated scans for the lowest rank. Long ones: a heap, so that the time is O(n log n).

/** Which adjacent symbols merge, and in which order. */
export interface Merges {
  /** Rank of the merge of two symbols, -1 if they do not merge. Lower ranks merge first. */
  rankOf(left: number, right: number): number;
  /** The symbol that the merge of this rank makes. */
  resultOf(rank: number): number;
}

const NONE = -1;
/** Up to this many symbols, scanning all ranks costs less than keeping a heap. */
const SCAN_LIMIT = 48;

/**
 * Merges `symbols[0..length)` in place, lowest rank first and leftmost on ties; returns the new length.
 *
 *     const symbols = Int32Array.of(1, 2, 3);        // with 1 2 → 4 as the only merge
 *     mergeSymbols(symbols, 3, merges);              // 2; symbols now starts with 4, 3
 */
export function mergeSymbols(symbols: Int32Array | Uint32Array, length: number, merges: Merges): number {
  if (length < 2) return length;
  return length <= SCAN_LIMIT ? mergeByScan(symbols, length, merges) : mergeByHeap(symbols, length, merges);
}

const scanRanks = new Int32Array(SCAN_LIMIT + 1);

function mergeByScan(symbols: Int32Array | Uint32Array, length: number, merges: Merges): number {
  let size = length;
  const ranks = scanRanks;
  for (let i = 0; i + 1 < size; i++) ranks[i] = merges.rankOf(symbols[i]!, symbols[i + 1]!);
  for (;;) {
    let best = NONE;
    let at = 0;
    for (let i = 0; i + 1 < size; i++) {
      const rank = ranks[i]!;
      if (rank !== NONE && (best === NONE || rank < best)) {
        best = rank;
        at = i;
      }
    }
    if (best === NONE) return size;
    symbols[at] = merges.resultOf(best);
    symbols.copyWithin(at + 1, at + 2, size);
    ranks.copyWithin(at + 1, at + 2, size);
    size--;
    if (at > 0) ranks[at - 1] = merges.rankOf(symbols[at - 1]!, symbols[at]!);
    if (at + 1 < size) ranks[at] = merges.rankOf(symbols[at]!, symbols[at + 1]!);
  }
}

/** Binary heap of (rank, position), smallest first. Entries go stale when a neighbour merges; the reader checks. */
class MergeHeap {
  readonly #ranks: number[] = [];
  readonly #positions: number[] = [];

  get size(): number {
    return this.#ranks.length;
  }

  push(rank: number, position: number): void {
    const ranks = this.#ranks;
    const positions = this.#positions;
    let at = ranks.length;
    ranks.push(rank);
    positions.push(position);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (ranks[parent]! < rank || (ranks[parent] === rank && positions[parent]! <= position)) break;
      ranks[at] = ranks[parent]!;
      positions[at] = positions[parent]!;
      at = parent;
    }
    ranks[at] = rank;
    positions[at] = position;
  }

  /** Removes the smallest entry and returns its rank; its position is then in `popped`. */
  pop(): number {
    const ranks = this.#ranks;
    const positions = this.#positions;
    const top = ranks[0]!;
    this.popped = positions[0]!;
    const rank = ranks.pop()!;
    const position = positions.pop()!;
    const size = ranks.length;
    if (size === 0) return top;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      const other = child + 1;
      if (other < size && this.#isBefore(other, child)) child = other;
      if (rank < ranks[child]! || (rank === ranks[child] && position <= positions[child]!)) break;
      ranks[at] = ranks[child]!;
      positions[at] = positions[child]!;
      at = child;
    }
    ranks[at] = rank;
    positions[at] = position;
    return top;
  }

  popped = 0;

  #isBefore(a: number, b: number): boolean {
    const difference = this.#ranks[a]! - this.#ranks[b]!;
    return difference < 0 || (difference === 0 && this.#positions[a]! < this.#positions[b]!);
  }
}

function mergeByHeap(symbols: Int32Array | Uint32Array, length: number, merges: Merges): number {
  // Doubly linked positions: `next[i]` is the position of the symbol after that at i; merged-away ones have rank NONE.
  const next = new Int32Array(length);
  const previous = new Int32Array(length);
  const ranks = new Int32Array(length).fill(NONE);
  const heap = new MergeHeap();
  const consider = (position: number): void => {
    const after = next[position]!;
    const rank = after < length ? merges.rankOf(symbols[position]!, symbols[after]!) : NONE;
    ranks[position] = rank;
    if (rank !== NONE) heap.push(rank, position);
  };
  for (let i = 0; i < length; i++) {
    next[i] = i + 1;
    previous[i] = i - 1;
  }
  for (let i = 0; i + 1 < length; i++) consider(i);
  while (heap.size > 0) {
    const rank = heap.pop();
    const position = heap.popped;
    if (ranks[position] !== rank) continue;
    const merged = next[position]!;
    symbols[position] = merges.resultOf(rank);
    ranks[merged] = NONE;
    const after = next[merged]!;
    next[position] = after;
    if (after < length) previous[after] = position;
    consider(position);
    if (previous[position]! >= 0) consider(previous[position]!);
  }
  let size = 0;
  for (let i = 0; i < length; i = next[i]!) symbols[size++] = symbols[i]!;
  return size;
}
