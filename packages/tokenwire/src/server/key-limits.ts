// What one API key may ask: so many requests and tokens a minute, so many requests at the same time. There are no more
// states than keys that asked within the last minute, more or less. Without keys all share one.
//
// Tokens of a prompt are taken before the engine is asked, those of an answer when it ended: nobody knows earlier how
// long it gets, and taking `max_tokens` instead would refuse clients that leave it at its default.

import { ApiError } from "../protocol/index.ts";
import { retryHeaders } from "./errors.ts";
import { RateBucket } from "./rate-bucket.ts";

/** Limits of each key; 0, the default, is none. */
export interface KeyLimitOptions {
  /** Requests that a key may begin in a minute; it may begin them all at once. */
  readonly requestsPerMinute?: number;
  /** Tokens of prompts and answers in a minute. */
  readonly tokensPerMinute?: number;
  /** Requests of a key that are answered at the same time. */
  readonly parallel?: number;
}

type SetHeader = (name: string, value: string) => void;

interface KeyState {
  running: number;
  readonly requests: RateBucket | undefined;
  readonly tokens: RateBucket | undefined;
}

export class KeyLimits {
  readonly #options: Required<KeyLimitOptions>;
  readonly #now: () => number;
  readonly #states: Map<string, KeyState> = new Map();
  #sweepAt = 1_000;

  constructor(options: KeyLimitOptions, now: () => number = () => performance.now()) {
    this.#options = { requestsPerMinute: 0, tokensPerMinute: 0, parallel: 0, ...options };
    this.#now = now;
  }

  /**
   * Begins a request, which `leave` ends; `setHeader` gets OpenAI's rate headers. Raises 429.
   *
   * @param tenant of an authenticated request
   */
  enter(tenant: string, setHeader: SetHeader): void {
    const state = this.#stateOf(tenant);
    const { parallel } = this.#options;
    const now = this.#now();
    if (parallel > 0 && state.running >= parallel) {
      throw tooMany(`${parallel} requests at the same time`, 1_000);
    }
    const { requests, tokens } = state;
    const wait = requests?.waitFor(1, now) ?? 0;
    const debt = tokens?.waitFor(1, now) ?? 0;
    if (wait === 0 && debt === 0) requests?.take(1, now);
    if (requests) describe("requests", requests, now, setHeader);
    if (tokens) describe("tokens", tokens, now, setHeader);
    if (requests && wait > 0) throw tooMany(`${requests.perMinute} requests per minute`, wait);
    if (tokens && debt > 0) throw tooMany(`${tokens.perMinute} tokens per minute`, debt);
    state.running++;
  }

  leave(tenant: string): void {
    this.#stateOf(tenant).running--;
  }

  /** Takes the tokens of a prompt. Raises 429 when that many are not left. */
  takePrompt(tenant: string, count: number, setHeader: SetHeader): void {
    const { tokens } = this.#stateOf(tenant);
    if (tokens === undefined) return;
    const now = this.#now();
    const wait = tokens.waitFor(count, now);
    if (wait === 0) tokens.take(count, now);
    describe("tokens", tokens, now, setHeader);
    if (count > tokens.perMinute) {
      throw new ApiError(
        429,
        `This API key is limited to ${tokens.perMinute} tokens per minute, and this request alone has ${count}. Shorten it.`,
        { wireCode: "rate_limit_exceeded", headers: { "x-should-retry": "false" } },
      );
    }
    if (wait > 0) throw tooMany(`${tokens.perMinute} tokens per minute`, wait);
  }

  /** Takes the tokens of an answer, also beyond what is left. */
  takeAnswer(tenant: string, count: number): void {
    this.#stateOf(tenant).tokens?.take(count, this.#now());
  }

  /** How many keys have a state. */
  get size(): number {
    return this.#states.size;
  }

  /** Forgets who has all of the allowance back and nothing running: a state made anew is equal. */
  #sweep(): void {
    const now = this.#now();
    const isFull = (bucket: RateBucket | undefined): boolean =>
      bucket === undefined || bucket.waitFor(bucket.perMinute, now) === 0;
    for (const [tenant, { running, requests, tokens }] of this.#states) {
      if (running === 0 && isFull(requests) && isFull(tokens)) this.#states.delete(tenant);
    }
    // So that a sweep that finds little is not repeated at once.
    this.#sweepAt = Math.max(1_000, 2 * this.#states.size);
  }

  #stateOf(tenant: string): KeyState {
    let state = this.#states.get(tenant);
    if (state === undefined) {
      const { requestsPerMinute, tokensPerMinute } = this.#options;
      const bucket = (perMinute: number): RateBucket | undefined =>
        perMinute > 0 ? new RateBucket(perMinute, this.#now()) : undefined;
      state = { running: 0, requests: bucket(requestsPerMinute), tokens: bucket(tokensPerMinute) };
      if (this.#states.size >= this.#sweepAt) this.#sweep();
      this.#states.set(tenant, state);
    }
    return state;
  }
}

/** The headers that OpenAI's clients know: the limit, what is left, and when all of it is back. */
function describe(kind: "requests" | "tokens", bucket: RateBucket, now: number, setHeader: SetHeader): void {
  setHeader(`x-ratelimit-limit-${kind}`, String(bucket.perMinute));
  setHeader(`x-ratelimit-remaining-${kind}`, String(bucket.left(now)));
  setHeader(`x-ratelimit-reset-${kind}`, toDuration(bucket.waitFor(bucket.perMinute, now)));
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
