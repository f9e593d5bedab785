// When a request that failed may be tried elsewhere, and after which pause.

import type { EngineError } from "../engine.ts";

/**
 * Share of requests that may be retried in vain, so that a failing fleet is not asked ever more. A retry that succeeds
 * costs nothing: when one of few engines dies, more than this share of all requests has to move.
 */
const budget = 0.2;
/** The first few may always be retried: a share of few requests is less than one. */
const always = 5;
/** Milliseconds. */
const firstPause = 50;
const longestPause = 1_000;

export class RetryBudget {
  /** Attempts after the first, of all requests. */
  retries = 0;
  #requests = 0;
  #inVain = 0;

  begin(): void {
    this.#requests += 1;
  }

  failedAgain(): void {
    this.#inVain += 1;
  }

  get isLeft(): boolean {
    return this.#inVain < always || this.#inVain < this.#requests * budget;
  }
}

/** Milliseconds to wait after so many attempts: what the engine asked for, or half as much again each time, ± 20 %. */
export function retryPause(attempt: number, error: EngineError, random: () => number): number {
  const growing = firstPause * 1.5 ** attempt * (0.8 + 0.4 * random());
  return Math.min(error.retryAfterMs ?? growing, longestPause);
}
