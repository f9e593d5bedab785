// The caches of the last finished sequences, so that a prompt that begins like an earlier one is not evaluated again.

import type { KeyValueCache } from "./key-value-cache.ts";

interface Entry {
  readonly salt: string | undefined;
  readonly rows: readonly number[];
  readonly cache: KeyValueCache;
}

/** Shorter common beginnings are not worth a copy. */
const worthwhile = 8;

export class PrefixCache {
  readonly #limit: number;
  readonly #maxTokens: number;
  /** Least recently used first. */
  #entries: Entry[] = [];

  /** @param maxTokens in all sequences together, which is what takes memory; the newest is kept in any case. */
  constructor(limit: number, maxTokens: number) {
    this.#limit = limit;
    this.#maxTokens = maxTokens;
  }

  /**
   * A copy of the cached state with the longest common beginning, cut to it and never covering the whole prompt: at
   * least one token must be evaluated to get logits. Undefined when nothing fits.
   */
  take(rows: readonly number[], salt: string | undefined): KeyValueCache | undefined {
    let best: Entry | undefined;
    let length = worthwhile - 1;
    for (const entry of this.#entries) {
      if (entry.salt !== salt) continue;
      const common = Math.min(commonLength(entry.rows, rows), rows.length - 1);
      if (common > length) {
        best = entry;
        length = common;
      }
    }
    if (best === undefined) return undefined;
    this.#entries = [...this.#entries.filter((entry) => entry !== best), best];
    return best.cache.fork(length);
  }

  /** Keeps a state whose owner no longer changes it. `rows` are the tokens in its cache. */
  put(rows: readonly number[], salt: string | undefined, cache: KeyValueCache): void {
    if (this.#limit < 1 || cache.length < worthwhile) return;
    const kept = rows.slice(0, cache.length);
    // A state that is the beginning of the new one can serve no prompt that the new one cannot.
    this.#entries = this.#entries.filter(
      (entry) => entry.salt !== salt || commonLength(entry.rows, kept) < entry.rows.length,
    );
    this.#entries.push({ salt, rows: kept, cache });
    let tokens = this.#entries.reduce((sum, entry) => sum + entry.rows.length, 0);
    while (this.#entries.length > this.#limit || (tokens > this.#maxTokens && this.#entries.length > 1)) {
      tokens -= this.#entries.shift()?.rows.length ?? 0;
    }
  }

  clear(): void {
    this.#entries = [];
  }
}

function commonLength(a: readonly number[], b: readonly number[]): number {
  const limit = Math.min(a.length, b.length);
  let length = 0;
  while (length < limit && a[length] === b[length]) length++;
  return length;
}
