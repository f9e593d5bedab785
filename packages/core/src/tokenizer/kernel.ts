// The inner loop: bytes of one block of text to IDs. Two implementations give identical results: this one in plain
// TypeScript, always available, and the WebAssembly one in fast-kernel.ts.

import type { PieceEncoder } from "./bpe/piece-encoder.ts";
import type { PreTokenizer } from "./pretokenize/known-pre-tokenizer.ts";

/** Scanners and hashes may read this far past the end of a block; the bytes there are zero. */
export const PADDING = 64;

/** Encodes blocks of valid UTF-8. Not re-entrant: a result is valid until the next call. */
export interface Kernel {
  /** Where to write a block of up to `capacity` bytes; has room for PADDING more. */
  input(capacity: number): Uint8Array;
  /** Encodes the first `length` bytes of the input; returns how many IDs `ids` then begins with. */
  encode(length: number): number;
  /** As `encode`, without keeping the IDs. */
  count(length: number): number;
  /** The IDs of the last `encode`. */
  readonly ids: Uint32Array;
}

/** Buffers up to this size are kept between calls. */
const KEPT_BYTES = 1 << 20;

/** One input buffer for all encodings: encoding is synchronous, and a block is used up before the next is written. */
let sharedInput: Uint8Array = new Uint8Array(1 << 14);

export class PlainKernel implements Kernel {
  readonly #preTokenizer: PreTokenizer;
  readonly #pieces: PieceEncoder;
  #bytes: Uint8Array = sharedInput;
  #ids: Uint32Array = new Uint32Array(1 << 10);

  constructor(preTokenizer: PreTokenizer, pieces: PieceEncoder) {
    this.#preTokenizer = preTokenizer;
    this.#pieces = pieces;
  }

  get ids(): Uint32Array {
    return this.#ids;
  }

  input(capacity: number): Uint8Array {
    const needed = capacity + PADDING;
    let buffer = sharedInput;
    if (buffer.length < needed) {
      buffer = new Uint8Array(Math.max(needed, 2 * buffer.length));
      if (buffer.length <= KEPT_BYTES) sharedInput = buffer;
    }
    this.#bytes = buffer;
    return buffer;
  }

  encode(length: number): number {
    const bytes = this.#bytes;
    bytes.fill(0, length, length + PADDING);
    // A token has at least one byte, so this is enough room for any result.
    if (this.#ids.length < length)
      this.#ids = new Uint32Array(Math.max(length, Math.min(2 * length, KEPT_BYTES)));
    const ids = this.#ids;
    const pieces = this.#pieces;
    const scan = this.#preTokenizer.scannerFor(bytes, length);
    let at = 0;
    for (let start = 0; start < length; ) {
      const end = scan(bytes, start, length);
      if (end > 0) at = pieces.encode(bytes, start, end, ids, at);
      start = end > 0 ? end : -end;
    }
    if (ids.length > KEPT_BYTES) this.#ids = ids.slice(0, at);
    return at;
  }

  count(length: number): number {
    return this.encode(length);
  }
}
