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
    const text = this.#utf8.push(this.#decoder.decodeBytes(ids, this.#options.skipSpecialTokens));
    return text;
  }

  end(): string {
    return this.#utf8.end();
  }
}
