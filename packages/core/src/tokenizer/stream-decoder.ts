// Text of IDs that arrive one by one, exact where tokens split characters.

import { Utf8Decoder } from "../bytes/index.ts";
import type { TokenDecoder } from "./token-decoder.ts";
import type { DecodeOptions, StreamDecoder } from "./tokenizer.ts";

/** A stream decoder over a byte-level vocabulary. Holds at most three bytes. */
export class ByteStreamDecoder implements StreamDecoder {
  readonly #decoder: TokenDecoder;
  readonly #options: DecodeOptions;
  readonly #utf8: Utf8Decoder = new Utf8Decoder();

  constructor(decoder: TokenDecoder, options: DecodeOptions = {}) {
    this.#decoder = decoder;
    this.#options = options;
  }

  push(ids: ArrayLike<number>): string {
    if (ids.length === 1) {
      // One token at a time is how engines deliver, and most tokens are text by themselves.
      const text = this.textOf(ids[0]!);
      if (text !== undefined) return text;
    }
    return this.#utf8.push(this.#decoder.decodeBytes(ids, this.#options.skipSpecialTokens === true));
  }

  textOf(id: number): string | undefined {
    if (this.#options.skipSpecialTokens === true || this.#utf8.pendingLength > 0) return undefined;
    return this.#decoder.textOf(id, 0);
  }

  end(): string {
    return this.#utf8.end();
  }
}
