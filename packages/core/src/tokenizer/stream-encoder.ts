// Encodes text that arrives in parts, with the IDs of the whole: each part is encoded up to the last place where
// cutting cannot change the result, and the rest waits for more.

import type { Encoding } from "./encoding.ts";
import type { EncodeOptions } from "./tokenizer.ts";

/** Turns text into IDs as it arrives. The joined results are those of one `encode` of all text. */
export interface StreamEncoder {
  /** The IDs that this text settles; may be empty. */
  push(text: string): Uint32Array;
  /** The IDs of what was held back. The encoder can be used anew. */
  end(): Uint32Array;
}

/** Between attempts to find a cut, so that text without one is not searched again and again. */
const MIN_HELD = 4096;

export class CuttingStreamEncoder implements StreamEncoder {
  readonly #encoding: Encoding;
  readonly #options: EncodeOptions;
  /** A special token with white space in it could lie across a cut. */
  readonly #mayCut: boolean;
  #held = "";
  #tryAt: number = MIN_HELD;

  constructor(encoding: Encoding, options: EncodeOptions) {
    this.#encoding = encoding;
    this.#options = options;
    this.#mayCut = ![...encoding.specialTokens.keys()].some((token) => /\s/.test(token));
  }

  push(text: string): Uint32Array {
    this.#held += text;
    if (!this.#mayCut || this.#held.length < this.#tryAt) return new Uint32Array(0);
    const cut = this.#encoding.base.safeCut(this.#held, this.#held.length);
    if (cut === 0) {
      this.#tryAt = 2 * this.#held.length;
      return new Uint32Array(0);
    }
    const head = this.#held.slice(0, cut);
    this.#held = this.#held.slice(cut);
    this.#tryAt = this.#held.length + MIN_HELD;
    return this.#encoding.encode(head, this.#options);
  }

  end(): Uint32Array {
    const rest = this.#held;
    this.#held = "";
    this.#tryAt = MIN_HELD;
    return this.#encoding.encode(rest, this.#options);
  }
}
