// Where things went, by a key of them. The oldest are forgotten, so that what clients send cannot fill the memory.

import type { Worker } from "./worker.ts";

const maxPlaces = 20_000;

export class PlaceMemory<Key> {
  readonly #places: Map<Key, Worker> = new Map();

  /** The worker of the last of these keys that is known. */
  find(keys: readonly Key[]): Worker | undefined {
    const known = keys.findLast((key) => this.#places.has(key));
    return known === undefined ? undefined : this.#places.get(known);
  }

  /** Nothing is remembered for something without a key. */
  remember(key: Key | undefined, worker: Worker): void {
    if (key === undefined) return;
    this.#places.delete(key);
    this.#places.set(key, worker);
    const oldest = this.#places.keys().next();
    if (this.#places.size > maxPlaces && !oldest.done) this.#places.delete(oldest.value);
  }
}
