// Which neighbouring tokens merge, into what, and how early: a hash table from pairs of IDs to (rank, merged ID).
// Open addressing over typed arrays: half a million merges take 10 MB and build in a few tens of milliseconds, where
// a Map of numbers or strings needs several times both.

import type { Merges } from "./merge.ts";

export class MergeTable implements Merges {
  private readonly left: Int32Array;
  private readonly right: Int32Array;
  private readonly ranks: Int32Array;
  private readonly merged: Int32Array;
  private readonly mask: number;

  constructor(capacity: number) {
    let slots = 16;
    while (slots < capacity * 2) slots *= 2;
    this.mask = slots - 1;
    this.left = new Int32Array(slots).fill(-1);
    this.right = new Int32Array(slots);
    this.ranks = new Int32Array(slots);
    this.merged = new Int32Array(slots);
  }

  /** Adds a merge. The same pair again replaces the earlier entry. */
  set(left: number, right: number, rank: number, merged: number): void {
    const slot = this.slotOf(left, right);
    this.left[slot] = left;
    this.right[slot] = right;
    this.ranks[slot] = rank;
    this.merged[slot] = merged;
  }

  /** Where the pair is, or -1: a handle for `rankAt` and `mergedAt`. */
  find(left: number, right: number): number {
    const slot = this.slotOf(left, right);
    return this.left[slot] === -1 ? -1 : slot;
  }

  /** Smaller merges first. */
  rankAt(slot: number): number {
    return this.ranks[slot] as number;
  }

  mergedAt(slot: number): number {
    return this.merged[slot] as number;
  }

  /** All merges, in the order of their places: left, right, rank, merged. Quick to add again to a table of their own. */
  toArray(): Int32Array {
    const entries: number[] = [];
    for (let slot = 0; slot < this.left.length; slot++) {
      if (this.left[slot] === -1) continue;
      entries.push(this.left[slot]!, this.right[slot]!, this.ranks[slot]!, this.merged[slot]!);
    }
    return Int32Array.from(entries);
  }

  private slotOf(left: number, right: number): number {
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    hash ^= hash >>> 15;
    let slot = hash & this.mask;
    while (this.left[slot] !== -1 && (this.left[slot] !== left || this.right[slot] !== right)) {
      slot = (slot + 1) & this.mask;
    }
    return slot;
  }
}
