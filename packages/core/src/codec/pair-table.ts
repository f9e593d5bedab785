// A growing table from pairs of non-negative integers to integers: merges by their sides, trie edges by node and label.
// Keys that exceed 32 bits together make a Map of numbers several times slower.

export class PairTable {
  #firsts: Int32Array = new Int32Array(1 << 12).fill(-1);
  #seconds: Int32Array = new Int32Array(1 << 12);
  #values: Int32Array = new Int32Array(1 << 12);
  #size = 0;

  /** The value of a pair, or -1. */
  get(first: number, second: number): number {
    const slot = this.#slot(first, second);
    return this.#firsts[slot] === -1 ? -1 : this.#values[slot]!;
  }

  /** Adds a pair that is not there yet. */
  add(first: number, second: number, value: number): void {
    if (2 * ++this.#size > this.#firsts.length) this.#grow();
    const slot = this.#slot(first, second);
    this.#firsts[slot] = first;
    this.#seconds[slot] = second;
    this.#values[slot] = value;
  }

  #slot(first: number, second: number): number {
    const mask = this.#firsts.length - 1;
    const hash = Math.imul(Math.imul(first, 0x9e3779b1) ^ second, 0x85ebca6b);
    let slot = (hash ^ (hash >>> 15)) & mask;
    while (this.#firsts[slot] !== -1 && (this.#firsts[slot] !== first || this.#seconds[slot] !== second)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const firsts = this.#firsts;
    const seconds = this.#seconds;
    const values = this.#values;
    this.#firsts = new Int32Array(2 * firsts.length).fill(-1);
    this.#seconds = new Int32Array(2 * firsts.length);
    this.#values = new Int32Array(2 * firsts.length);
    for (let index = 0; index < firsts.length; index++) {
      if (firsts[index] === -1) continue;
      const slot = this.#slot(firsts[index]!, seconds[index]!);
      this.#firsts[slot] = firsts[index]!;
      this.#seconds[slot] = seconds[index]!;
      this.#values[slot] = values[index]!;
    }
  }
}
