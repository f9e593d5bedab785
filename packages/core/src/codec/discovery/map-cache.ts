// Caches of loaded maps. Keys contain the hash, so an entry never goes stale.

import type { TokenizerMap } from "../maps/tokenizer-map.ts";

/** What `loadMap` needs of a cache. `bytes` are those that were fetched, for caches that store and verify them. */
export interface MapCache {
  get(key: string): Promise<TokenizerMap | undefined>;
  set(key: string, map: TokenizerMap, bytes?: Uint8Array): Promise<void>;
}

/** Keeps the most recently used values. */
export class MemoryCache<T> {
  readonly #entries = new Map<string, T>();
  readonly #maxEntries: number;

  constructor(maxEntries: number = 32) {
    this.#maxEntries = maxEntries;
  }

  async get(key: string): Promise<T | undefined> {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  async set(key: string, value: T): Promise<void> {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > this.#maxEntries && !oldest.done) this.#entries.delete(oldest.value);
  }
}

/** Maps in this process, the last 32 used by default. */
export class MemoryMapCache extends MemoryCache<TokenizerMap> implements MapCache {}
