// A consistent ring: each worker stands at many points, a key belongs to the next point clockwise. Adding or removing a
// worker moves only the keys near its points.

import { createHash } from "node:crypto";

const pointsPerWorker = 150;

/** Where a name or a key stands on the ring. */
export function pointOf(text: string): bigint {
  return createHash("sha256").update(text).digest().readBigUInt64BE(0);
}

export class HashRing {
  readonly #size: number;
  readonly #points: readonly { readonly at: bigint; readonly worker: number }[];

  constructor(names: readonly string[]) {
    this.#size = names.length;
    this.#points = names
      .flatMap((name, worker) =>
        Array.from({ length: pointsPerWorker }, (_, copy) => ({ at: pointOf(`${name}#${copy}`), worker })),
      )
      .sort((a, b) => (a.at < b.at ? -1 : 1));
  }

  /** Workers in the order in which they would serve the key. */
  order(key: bigint): number[] {
    let low = 0;
    let high = this.#points.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#points[middle]!.at < key) low = middle + 1;
      else high = middle;
    }
    const seen = new Set<number>();
    for (let step = 0; seen.size < this.#size; step += 1) {
      seen.add(this.#points[(low + step) % this.#points.length]!.worker);
    }
    return [...seen];
  }
}
