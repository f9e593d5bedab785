// A bucket that fills steadily to what is allowed in a minute. What is known only afterwards may be taken beyond its
// bottom; the debt is waited for.

/** Levels are kept in units of 1/60,000: with whole milliseconds all of them stay whole numbers. */
const one = 60_000;

export class RateBucket {
  readonly #perMinute: number;
  #level: number;
  #at: number;

  /** @param now milliseconds of a clock that never goes back */
  constructor(perMinute: number, now: number) {
    this.#perMinute = perMinute;
    this.#level = perMinute * one;
    this.#at = now;
  }

  get perMinute(): number {
    return this.#perMinute;
  }

  /** Whole units left; 0 in debt. */
  left(now: number): number {
    return Math.max(0, Math.floor(this.#levelAt(now) / one));
  }

  /** Milliseconds until it holds so much; 0 when it does. */
  waitFor(amount: number, now: number): number {
    return Math.max(0, (amount * one - this.#levelAt(now)) / this.#perMinute);
  }

  take(amount: number, now: number): void {
    this.#level = this.#levelAt(now) - amount * one;
  }

  #levelAt(now: number): number {
    this.#level = Math.min(this.#perMinute * one, this.#level + (now - this.#at) * this.#perMinute);
    this.#at = now;
    return this.#level;
  }
}
