// Those who wait for something to become free, first come, first served.

export class Waiters {
  readonly #waiting: (() => void)[] = [];

  /** Resolves when it is one's turn, rejects at the abort. */
  wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const stop = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(wake), 1);
        reject(signal?.reason as Error);
      };
      const wake = (): void => {
        signal?.removeEventListener("abort", stop);
        resolve();
      };
      signal?.addEventListener("abort", stop, { once: true });
      this.#waiting.push(wake);
    });
  }

  /** Something became free: the first looks again. */
  wake(): void {
    this.#waiting.shift()?.();
  }
}
