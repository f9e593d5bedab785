// Text to IDs: UTF-8 bytes, pieces, tokens. This is the plain TypeScript engine, always available and the reference
// for the fast one.

import type { PieceEncoder } from "./bpe/piece-encoder.ts";
import type { Scanner } from "./pretokenize/scanner.ts";

/** Scanners and hashes may read this far past the end of the text. */
export const PADDING = 64;

const utf8 = new TextEncoder();
/** One buffer for the bytes of the text being encoded, shared by all encodings: encoding is synchronous. */
let shared: Uint8Array = new Uint8Array(1 << 14);
/** A larger buffer is not kept after the call that needed it. */
const KEPT_BYTES = 1 << 20;

/** Bytes of a text, followed by zeros. Valid until the next call of `toBytes`. */
export interface TextBytes {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** UTF-8 of `text` in a padded buffer; lone surrogates become U+FFFD. */
export function toBytes(text: string): TextBytes {
  const needed = text.length * 3 + PADDING;
  let buffer = shared;
  if (buffer.length < needed) {
    buffer = new Uint8Array(needed);
    if (needed <= KEPT_BYTES) shared = buffer;
  }
  const { written } = utf8.encodeInto(text, buffer);
  buffer.fill(0, written, written + PADDING);
  return { bytes: buffer, length: written };
}

/** Encodes whole texts with a scanner and a piece encoder. Not re-entrant. */
export class PlainTextEncoder {
  readonly #scan: Scanner;
  readonly #pieces: PieceEncoder;
  #ids: Uint32Array = new Uint32Array(1 << 12);
  #length = 0;

  constructor(scan: Scanner, pieces: PieceEncoder) {
    this.#scan = scan;
    this.#pieces = pieces;
  }

  /** Starts a new result. */
  reset(): void {
    this.#length = 0;
  }

  /** Appends one ID to the result. */
  push(id: number): void {
    this.#reserve(1);
    this.#ids[this.#length++] = id;
  }

  /** Appends the IDs of `text` to the result. */
  append(text: string): void {
    const { bytes, length } = toBytes(text);
    let start = 0;
    while (start < length) {
      const end = this.#scan(bytes, start, length);
      if (end > 0) {
        this.#reserve(end - start);
        this.#length = this.#pieces.encode(bytes, start, end, this.#ids, this.#length);
      }
      start = Math.abs(end);
    }
  }

  /** The number of IDs since `reset`. */
  get length(): number {
    return this.#length;
  }

  /** A copy of the IDs since `reset`. */
  take(): Uint32Array {
    const ids = this.#ids.slice(0, this.#length);
    if (this.#ids.length > KEPT_BYTES) this.#ids = new Uint32Array(1 << 12);
    return ids;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#ids.length) return;
    const grown = new Uint32Array(Math.max(needed, this.#ids.length * 2));
    grown.set(this.#ids.subarray(0, this.#length));
    this.#ids = grown;
  }
}
