// A single-choice tokenwire stream seen as Codec frames, so that `decodeStream` reads every format alike.

import { DecodedFrame } from "../frames/frame.ts";
import type { TokenwireEvent } from "./record.ts";
import { TokenwireDecoder, type TokenwireLimits } from "./tokenwire-decoder.ts";

/**
 * Frames of choice 0. Text, log probabilities, usage and tool-call deltas have no place in a frame and are dropped; an
 * ERROR becomes a last frame with the reason `"error"`.
 */
export class TokenwireFrameAdapter {
  readonly #decoder: TokenwireDecoder;
  #finish: string | undefined;

  constructor(limits: TokenwireLimits = {}) {
    this.#decoder = new TokenwireDecoder(limits);
  }

  get done(): boolean {
    return this.#decoder.done;
  }

  push(chunk: Uint8Array, emit: (frame: DecodedFrame) => void): void {
    this.#decoder.push(chunk, (event) => this.#event(event, emit));
  }

  end(): void {
    this.#decoder.end();
  }

  #event(event: TokenwireEvent, emit: (frame: DecodedFrame) => void): void {
    if (event.kind === "ids" && event.choice === 0) emit(new DecodedFrame(event.ids, false));
    else if (event.kind === "finish" && event.choice === 0) this.#finish = event.reason;
    else if (event.kind === "error") this.#finish = "error";
    else if (event.kind === "end") emit(new DecodedFrame([], true, this.#finish));
  }
}
