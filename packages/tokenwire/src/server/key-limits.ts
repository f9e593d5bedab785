// What one API key may ask: so many requests a minute, so many at the same time. Each key has a bucket that fills
// steadily; there are as many buckets as keys, so memory does not grow with traffic. Without keys all share one.

import { ApiError } from "../protocol/index.ts";
import { retryHeaders } from "./errors.ts";

/** Limits of each key; 0, the default, is none. */
export interface KeyLimitOptions {
  /** Requests that a key may begin in a minute; it may begin them all at once. */
  readonly requestsPerMinute?: number;
  /** Requests of a key that are answered at the same time. */
  readonly parallel?: number;
}

interface KeyState {
  running: number;
  /** Requests left at `at`, in units of 1/60,000: with whole milliseconds all of it stays whole numbers. */
  level: number;
  at: number;
}

const oneRequest = 60_000;

export class KeyLimits {
  readonly #perMinute: number;
  readonly #parallel: number;
  readonly #now: () => number;
  readonly #states: Map<string, KeyState> = new Map();

  constructor(options: KeyLimitOptions, now: () => number = () => performance.now()) {
    this.#perMinute = options.requestsPerMinute ?? 0;
    this.#parallel = options.parallel ?? 0;
    this.#now = now;
  }

  /**
   * Begins a request, which `leave` ends; `setHeader` gets OpenAI's rate headers. Raises 429.
   *
   * @param tenant of an authenticated request
   */
  enter(tenant: string, setHeader: (name: string, value: string) => void): void {
    const state = this.#stateOf(tenant);
    if (this.#parallel > 0 && state.running >= this.#parallel) {
      throw tooMany(`${this.#parallel} requests at the same time`, 1_000);
    }
    const missing = this.#perMinute > 0 ? Math.max(0, oneRequest - state.level) : 0;
    if (this.#perMinute > 0) {
      if (missing === 0) state.level -= oneRequest;
      setHeader("x-ratelimit-limit-requests", String(this.#perMinute));
      setHeader("x-ratelimit-remaining-requests", String(Math.floor(state.level / oneRequest)));
      setHeader(
        "x-ratelimit-reset-requests",
        toDuration(this.#timeFor(this.#perMinute * oneRequest - state.level)),
      );
    }
    if (missing > 0) throw tooMany(`${this.#perMinute} requests per minute`, this.#timeFor(missing));
    state.running++;
  }

  leave(tenant: string): void {
    this.#stateOf(tenant).running--;
  }

  /** Milliseconds in which a bucket gains so much. */
  #timeFor(level: number): number {
    return level / this.#perMinute;
  }

  #stateOf(tenant: string): KeyState {
    const now = this.#now();
    let state = this.#states.get(tenant);
    if (state === undefined) {
      state = { running: 0, level: this.#perMinute * oneRequest, at: now };
      this.#states.set(tenant, state);
    }
    state.level = Math.min(this.#perMinute * oneRequest, state.level + (now - state.at) * this.#perMinute);
    state.at = now;
    return state;
  }
}

function tooMany(limit: string, wait: number): ApiError {
  return new ApiError(429, `This API key is limited to ${limit}. Retry later.`, {
    wireCode: "rate_limit_exceeded",
    headers: retryHeaders(wait),
  });
}

/** As OpenAI writes it: `90ms`, `7s`, `1m30s`. */
function toDuration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.ceil(milliseconds)}ms`;
  const seconds = Math.ceil(milliseconds / 1_000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
