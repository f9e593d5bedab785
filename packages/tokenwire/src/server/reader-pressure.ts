// Backpressure of one streamed body: a producer waits until the reader has taken what is buffered, and a reader that
// takes nothing is disconnected.

import type { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";

export class ReaderPressure {
  readonly #response: ServerResponse;
  readonly #stalledReader: number;
  #waiting: { readonly promise: Promise<void>; readonly stop: () => void } | undefined;

  /** @param stalledReader milliseconds without progress after which the reader is disconnected; 0: never */
  constructor(response: ServerResponse, stalledReader: number) {
    this.#response = response;
    this.#stalledReader = stalledReader;
  }

  /** Undefined when more may be written at once, else a promise to wait for. Also resolves when the reader leaves. */
  get promise(): Promise<void> | undefined {
    return this.#waiting?.promise;
  }

  /** To be called when `write` returned false; `source` is what was written to and says `drain`. */
  begin(source: EventEmitter = this.#response): Promise<void> {
    if (this.#waiting) return this.#waiting.promise;
    const { promise, resolve } = withResolver();
    const drained = (): void => this.release();
    const stall =
      this.#stalledReader > 0
        ? setTimeout(() => this.#response.destroy(), this.#stalledReader).unref()
        : undefined;
    this.#waiting = {
      promise,
      stop: () => {
        clearTimeout(stall);
        // A connection outlives its answers.
        source.removeListener("drain", drained);
        resolve();
      },
    };
    source.once("drain", drained);
    return promise;
  }

  /** Nobody is to be waited for any more. */
  release(): void {
    this.#waiting?.stop();
    this.#waiting = undefined;
  }
}

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
