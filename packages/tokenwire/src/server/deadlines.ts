// The time limits of one engine call: to its first token, between tokens, and in all. One timer for the three.

import { ApiError } from "../protocol/index.ts";
import { type Due, MovingTimer } from "./moving-timer.ts";
import type { ServerSettings } from "./options.ts";
import { turnTime } from "./turn.ts";

/** What is stopped when a limit passes. */
export interface Limited {
  stop(error: ApiError): void;
}

export class Deadlines implements Due {
  readonly #limits: ServerSettings["timeouts"];
  readonly #limited: Limited;
  readonly #timer: MovingTimer;
  readonly #started: number = performance.now();
  /** When the engine gave a token last; 0: it has not yet. */
  #lastToken = 0;
  #held = false;

  /** Starts the clock. `limited` is told, once, which limit passed. */
  constructor(limits: ServerSettings["timeouts"], limited: Limited) {
    this.#limits = limits;
    this.#limited = limited;
    this.#timer = new MovingTimer(this);
  }

  /** The engine gave a token. */
  progress(): void {
    const isFirst = this.#lastToken === 0;
    this.#lastToken = turnTime();
    if (isFirst) this.#timer.restart();
  }

  /** The reader is waited for: the engine is not to blame for the pause. */
  hold(): void {
    this.#held = true;
  }

  resume(): void {
    this.#held = false;
    this.#lastToken = performance.now();
    this.#timer.restart();
  }

  stop(): void {
    this.#timer.stop();
  }

  get dueAt(): number {
    return Math.min(this.#tokenDue, after(this.#started, this.#limits.total));
  }

  onDue(): void {
    const { firstToken, betweenTokens, total } = this.#limits;
    if (this.#tokenDue > performance.now()) this.#fail("the answer", total);
    else if (this.#lastToken === 0) this.#fail("its first token", firstToken);
    else this.#fail("its next token", betweenTokens);
  }

  get #tokenDue(): number {
    if (this.#lastToken === 0) return after(this.#started, this.#limits.firstToken);
    return this.#held ? Number.POSITIVE_INFINITY : after(this.#lastToken, this.#limits.betweenTokens);
  }

  #fail(what: string, milliseconds: number): void {
    this.stop();
    this.#limited.stop(
      new ApiError(504, `The engine did not produce ${what} within ${milliseconds / 1000} s.`, {
        wireCode: "timeout",
      }),
    );
  }
}

/** When a limit passes; 0: it is none. */
function after(start: number, milliseconds: number): number {
  return milliseconds > 0 ? start + milliseconds : Number.POSITIVE_INFINITY;
}
