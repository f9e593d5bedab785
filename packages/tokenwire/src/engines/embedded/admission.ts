// At most so many requests run; the next wait in order of arrival; beyond that the engine is overloaded.

import { EngineError } from "../engine.ts";

interface Waiting {
  readonly admit: () => void;
}

export class Admission {
  readonly #limit: number;
  readonly #queueLimit: number;
  readonly #queue: Waiting[] = [];
  #running = 0;

  constructor(limit: number, queueLimit: number) {
    this.#limit = limit;
    this.#queueLimit = queueLimit;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Resolves true when the request may run; call `release` once it is over. Resolves false when the signal fired first.
   *
   * @throws EngineError `overloaded` when the queue is full.
   */
  enter(signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted) return Promise.resolve(false);
    if (this.#running < this.#limit) {
      this.#running++;
      return Promise.resolve(true);
    }
    if (this.#queue.length >= this.#queueLimit) {
      throw new EngineError(
        "overloaded",
        `The engine runs ${this.#running} requests and ${this.#queue.length} are waiting; try again later.`,
        { status: 429, retryable: true, retryAfterMs: 1000 },
      );
    }
    return new Promise((resolve) => {
      const leave = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        resolve(false);
      };
      const waiting: Waiting = {
        admit: () => {
          signal?.removeEventListener("abort", leave);
          this.#running++;
          resolve(true);
        },
      };
      this.#queue.push(waiting);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  /** Ends a running request and admits the next. */
  release(): void {
    this.#running--;
    this.#queue.shift()?.admit();
  }
}
