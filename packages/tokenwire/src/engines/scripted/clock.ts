// Time for the scripted engine: the real clock, or one that tests move by hand so that delays cost nothing.

export interface Clock {
  /** Resolves after `milliseconds`, or as soon as the signal fires. */
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const realClock: Clock = {
  wait(milliseconds, signal) {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal?.addEventListener("abort", done, { once: true });
    });
  },
};

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** A clock that stands still until `advance` is called. */
export class VirtualClock implements Clock {
  #now = 0;
  #sleepers: Sleeper[] = [];

  /** Milliseconds advanced so far. */
  get now(): number {
    return this.#now;
  }

  /** How many are waiting for time to pass. */
  get waiting(): number {
    return this.#sleepers.length;
  }

  wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (milliseconds <= 0 || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper: Sleeper = {
        due: this.#now + milliseconds,
        wake: () => {
          signal?.removeEventListener("abort", sleeper.wake);
          this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
          resolve();
        },
      };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", sleeper.wake, { once: true });
    });
  }

  /** Lets time pass. Those who sleep are woken in order; what they then do happens before this resolves. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    // Those about to sleep come first.
    await settle();
    for (;;) {
      const next = this.#sleepers
        .filter((sleeper) => sleeper.due <= end)
        .reduce<Sleeper | undefined>((a, b) => (a === undefined || b.due < a.due ? b : a), undefined);
      if (next === undefined) break;
      this.#now = next.due;
      next.wake();
      await settle();
    }
    this.#now = end;
  }
}

/** Lets pending promise reactions run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
