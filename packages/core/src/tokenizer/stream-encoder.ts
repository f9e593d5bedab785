// Encodes text that arrives in parts, with the IDs of the whole: each part is encoded up to the last place where
// cutting cannot change the result, and the rest waits for more.

import { requireText } from "./arguments.ts";
import type { StreamEncoder } from "./tokenizer.ts";

/** Between attempts to find a cut, so that text without one is not searched again and again. */
const MIN_HELD = 4096;

export class CuttingStreamEncoder implements StreamEncoder {
  readonly #encode: (text: string) => Uint32Array;
  readonly #safeCut: ((text: string) => number) | undefined;
  #held = "";
  #tryAt: number = MIN_HELD;

  /**
   * `safeCut` finds the last place in a text at which both sides are encoded as in the whole, 0 if there is none. Without
   * it everything waits for the end.
   */
  constructor(encode: (text: string) => Uint32Array, safeCut: ((text: string) => number) | undefined) {
    this.#encode = encode;
    this.#safeCut = safeCut;
  }

  push(text: string): Uint32Array {
    requireText(text);
    this.#held += text;
    if (this.#safeCut === undefined || this.#held.length < this.#tryAt) return new Uint32Array(0);
    const cut = this.#safeCut(this.#held);
    if (cut === 0) {
      this.#tryAt = 2 * this.#held.length;
      return new Uint32Array(0);
    }
    const head = this.#held.slice(0, cut);
    this.#held = this.#held.slice(cut);
    this.#tryAt = this.#held.length + MIN_HELD;
    return this.#encode(head);
  }

  end(): Uint32Array {
    const rest = this.#held;
    this.#held = "";
    this.#tryAt = MIN_HELD;
    return this.#encode(rest);
  }
}
