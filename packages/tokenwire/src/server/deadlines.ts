// The time limits of one engine call: to its first token, between tokens, and in all.

import { ApiError } from "../protocol/index.ts";
import type { ServerSettings } from "./options.ts";

export class Deadlines {
  readonly #expire: (error: ApiError) => void;
  readonly #betweenTokens: number;
  readonly #total: NodeJS.Timeout | undefined;
  #first: NodeJS.Timeout | undefined;
  #between: NodeJS.Timeout | undefined;
  #held = false;

  /** Starts the clock. `expire` is told, once, which limit passed. */
  constructor(timeouts: ServerSettings["timeouts"], expire: (error: ApiError) => void) {
    const { firstToken, betweenTokens, total } = timeouts;
    this.#expire = expire;
    this.#betweenTokens = betweenTokens;
    this.#first = timer(firstToken, () => this.#fail("its first token", firstToken));
    this.#total = timer(total, () => this.#fail("the answer", total));
  }

  /** The engine gave a token. */
  progress(): void {
    if (this.#first !== undefined) {
      clearTimeout(this.#first);
      this.#first = undefined;
    }
    this.#between ??= timer(this.#betweenTokens, () => {
      if (!this.#held) this.#fail("its next token", this.#betweenTokens);
    });
    this.#between?.refresh();
  }

  /** The reader is waited for: the engine is not to blame for the pause. */
  hold(): void {
    this.#held = true;
  }

  resume(): void {
    this.#held = false;
    this.#between?.refresh();
  }

  stop(): void {
    clearTimeout(this.#first);
    clearTimeout(this.#total);
    clearTimeout(this.#between);
  }

  #fail(what: string, milliseconds: number): void {
    this.stop();
    this.#expire(
      new ApiError(504, `The engine did not produce ${what} within ${milliseconds / 1000} s.`, {
        wireCode: "timeout",
      }),
    );
  }
}

function timer(milliseconds: number, fire: () => void): NodeJS.Timeout | undefined {
  return milliseconds > 0 ? setTimeout(fire, milliseconds).unref() : undefined;
}
