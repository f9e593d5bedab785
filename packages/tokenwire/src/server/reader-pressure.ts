// Backpressure of one streamed body: a producer waits until the reader has taken what is buffered, and a reader that
// takes nothing is disconnected.

import type { ServerResponse } from "node:http";

export class ReaderPressure {
  readonly #response: ServerResponse;
  readonly #stalledReader: number;
  #waiting: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  #stall: NodeJS.Timeout | undefined;

  /** @param stalledReader milliseconds without progress after which the reader is disconnected; 0: never */
  constructor(response: ServerResponse, stalledReader: number) {
    this.#response = response;
    this.#stalledReader = stalledReader;
  }

  /** Undefined when more may be written at once, else a promise to wait for. Also resolves when the reader leaves. */
  get promise(): Promise<void> | undefined {
    return this.#waiting?.promise;
  }

  /** To be called when `write` returned false. */
  begin(): Promise<void> {
    if (this.#waiting) return this.#waiting.promise;
    let resolve = (): void => undefined;
    const promise = new Promise<void>((settle) => {
      resolve = settle;
    });
    this.#waiting = { promise, resolve };
    if (this.#stalledReader > 0)
      this.#stall = setTimeout(() => this.#response.destroy(), this.#stalledReader).unref();
    this.#response.once("drain", () => this.release());
    return promise;
  }

  /** Nobody is to be waited for any more. */
  release(): void {
    clearTimeout(this.#stall);
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}
