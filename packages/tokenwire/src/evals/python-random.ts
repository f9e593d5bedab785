// Python's `random.Random(seed)`: the published evals choose and shuffle with it, so scores are comparable only when
// the draws are the same. Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998) with CPython's use of it.

const size = 624;
const shift = 397;

/** Draws as `random.Random(seed)` does, for a non-negative integer seed. */
export class PythonRandom {
  readonly #state = new Uint32Array(size);
  #index = size;

  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new RangeError(`Seed ${seed}: expected a non-negative integer.`);
    }
    const key = seed > 0xffffffff ? [seed % 0x100000000, Math.floor(seed / 0x100000000)] : [seed];
    this.#seedByArray(key);
  }

  /** An integer in [0, n). */
  below(n: number): number {
    const bits = 32 - Math.clz32(n);
    let value: number;
    do value = this.#next() >>> (32 - bits);
    while (value >= n);
    return value;
  }

  /** `count` different elements in the order drawn. */
  sample<T>(population: readonly T[], count: number): T[] {
    const n = population.length;
    if (count > n) throw new RangeError(`Cannot sample ${count} of ${n} elements.`);
    let setLimit = 21;
    if (count > 5) setLimit += 4 ** Math.ceil(Math.log(count * 3) / Math.log(4));
    if (n <= setLimit) {
      const pool = [...population];
      return Array.from({ length: count }, (_, drawn) => {
        const index = this.below(n - drawn);
        const value = pool[index]!;
        pool[index] = pool[n - drawn - 1]!;
        return value;
      });
    }
    const chosen = new Set<number>();
    while (chosen.size < count) chosen.add(this.below(n));
    return [...chosen].map((index) => population[index]!);
  }

  /** A permutation of 0 to n − 1. */
  permutation(n: number): number[] {
    return this.sample(
      Array.from({ length: n }, (_, index) => index),
      n,
    );
  }

  #seedByArray(key: readonly number[]): void {
    const state = this.#state;
    state[0] = 19650218;
    for (let i = 1; i < size; i += 1) {
      const previous = state[i - 1]! ^ (state[i - 1]! >>> 30);
      state[i] = Math.imul(1812433253, previous) + i;
    }
    let i = 1;
    let j = 0;
    const step = (): void => {
      i += 1;
      if (i < size) return;
      state[0] = state[size - 1]!;
      i = 1;
    };
    const mixed = (factor: number): number => Math.imul(state[i - 1]! ^ (state[i - 1]! >>> 30), factor);
    for (let k = Math.max(size, key.length); k > 0; k -= 1) {
      state[i] = (state[i]! ^ mixed(1664525)) + key[j]! + j;
      step();
      j = (j + 1) % key.length;
    }
    for (let k = size - 1; k > 0; k -= 1) {
      state[i] = (state[i]! ^ mixed(1566083941)) - i;
      step();
    }
    state[0] = 0x80000000;
  }

  #next(): number {
    if (this.#index === size) this.#refill();
    let value = this.#state[this.#index]!;
    this.#index += 1;
    value ^= value >>> 11;
    value ^= (value << 7) & 0x9d2c5680;
    value ^= (value << 15) & 0xefc60000;
    return (value ^ (value >>> 18)) >>> 0;
  }

  #refill(): void {
    const state = this.#state;
    for (let i = 0; i < size; i += 1) {
      const bits = (state[i]! & 0x80000000) | (state[(i + 1) % size]! & 0x7fffffff);
      state[i] = state[(i + shift) % size]! ^ (bits >>> 1) ^ (bits & 1 ? 0x9908b0df : 0);
    }
    this.#index = 0;
  }
}
