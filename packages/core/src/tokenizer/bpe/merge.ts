// Byte-pair encoding by merging, for merges to which backtracking does not apply: ranked by pair (several per token, and
// pairs that do not merge although their concatenation is a token), or with tokens made of parts of higher rank.
// Short pieces by scanning for the minimum, long ones with a heap, so that a megabyte of one letter stays O(n log n).

/** Which adjacent symbols merge, in which order, and into what. */
export interface Merges {
  /** A handle for the merge of two symbols, or -1 if they do not merge. */
  find(left: number, right: number): number;
  /** Lower ranks merge first. At most 2^24. */
  rankAt(handle: number): number;
  /** The symbol that the merge makes. */
  mergedAt(handle: number): number;
}

/** Below this many symbols a scan is faster than a heap. */
const scanLimit = 24;

/**
 * Merges `symbols[0..count)` in place, lowest rank first and leftmost on ties; returns how many are left. If given,
 * `positions[i]` is then the index that the i-th remaining symbol began at.
 *
 *     const symbols = Int32Array.of(1, 2, 3);        // with 1 2 → 4 as the only merge
 *     mergeSymbols(symbols, 3, merges);              // 2; symbols now starts with 4, 3
 */
export function mergeSymbols(
  symbols: Int32Array,
  count: number,
  merges: Merges,
  positions?: Int32Array,
): number {
  if (positions !== undefined) for (let i = 0; i < count; i++) positions[i] = i;
  if (count < 2) return count;
  return count <= scanLimit
    ? mergeByScan(symbols, count, merges, positions)
    : mergeByHeap(symbols, count, merges, positions);
}

const scanSlots = new Int32Array(scanLimit);

function mergeByScan(
  symbols: Int32Array,
  total: number,
  merges: Merges,
  positions: Int32Array | undefined,
): number {
  const slots = scanSlots;
  let count = total;
  for (let i = 0; i + 1 < count; i++) slots[i] = merges.find(symbols[i]!, symbols[i + 1]!);
  for (;;) {
    const best = lowestRank(slots, count - 1, merges);
    if (best < 0) return count;
    symbols[best] = merges.mergedAt(slots[best]!);
    symbols.copyWithin(best + 1, best + 2, count);
    positions?.copyWithin(best + 1, best + 2, count);
    slots.copyWithin(best + 1, best + 2, count - 1);
    count--;
    if (best > 0) slots[best - 1] = merges.find(symbols[best - 1]!, symbols[best]!);
    if (best + 1 < count) slots[best] = merges.find(symbols[best]!, symbols[best + 1]!);
  }
}

function lowestRank(slots: Int32Array, pairs: number, merges: Merges): number {
  let best = -1;
  let bestRank = Number.POSITIVE_INFINITY;
  for (let i = 0; i < pairs; i++) {
    const slot = slots[i]!;
    if (slot < 0) continue;
    const rank = merges.rankAt(slot);
    if (rank < bestRank) {
      bestRank = rank;
      best = i;
    }
  }
  return best;
}

/** A rank and a position as one number that sorts by rank, then position. Exact up to 2^53: 2^24 × 2^29. */
const positionLimit = 2 ** 29;

function mergeByHeap(
  symbols: Int32Array,
  count: number,
  merges: Merges,
  positions: Int32Array | undefined,
): number {
  const next = new Int32Array(count);
  const previous = new Int32Array(count);
  const slots = new Int32Array(count).fill(-1);
  const heap = new MinHeap(count);
  const consider = (at: number): void => {
    const slot = next[at]! < count ? merges.find(symbols[at]!, symbols[next[at]!]!) : -1;
    slots[at] = slot;
    if (slot >= 0) heap.push(merges.rankAt(slot) * positionLimit + at);
  };
  for (let i = 0; i < count; i++) {
    next[i] = i + 1;
    previous[i] = i - 1;
  }
  for (let i = 0; i < count; i++) consider(i);
  for (let key = heap.pop(); key >= 0; key = heap.pop()) {
    const at = key % positionLimit;
    const slot = slots[at]!;
    if (slot < 0 || merges.rankAt(slot) !== Math.floor(key / positionLimit)) continue;
    symbols[at] = merges.mergedAt(slot);
    const absorbed = next[at]!;
    slots[absorbed] = -1;
    next[at] = next[absorbed]!;
    if (next[at]! < count) previous[next[at]!] = at;
    consider(at);
    if (previous[at]! >= 0) consider(previous[at]!);
  }
  return compact(symbols, next, count, positions);
}

function compact(
  symbols: Int32Array,
  next: Int32Array,
  count: number,
  positions: Int32Array | undefined,
): number {
  let kept = 0;
  for (let at = 0; at < count; at = next[at]!) {
    symbols[kept] = symbols[at]!;
    if (positions !== undefined) positions[kept] = at;
    kept++;
  }
  return kept;
}

/** A binary heap of non-negative numbers. */
class MinHeap {
  private keys: Float64Array;
  private size = 0;

  constructor(capacity: number) {
    this.keys = new Float64Array(Math.max(16, capacity * 2));
  }

  push(key: number): void {
    if (this.size === this.keys.length) {
      const grown = new Float64Array(this.size * 2);
      grown.set(this.keys);
      this.keys = grown;
    }
    const { keys } = this;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[at] = keys[parent]!;
      at = parent;
    }
    keys[at] = key;
  }

  /** The smallest key, or -1 when there is none. */
  pop(): number {
    if (this.size === 0) return -1;
    const { keys } = this;
    const smallest = keys[0]!;
    const last = keys[--this.size]!;
    let at = 0;
    for (let child = 1; child < this.size; child = 2 * at + 1) {
      if (child + 1 < this.size && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= last) break;
      keys[at] = keys[child]!;
      at = child;
    }
    keys[at] = last;
    return smallest;
  }
}
