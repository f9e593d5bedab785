// Appends bytes to slabs. Finished messages are views into a slab that is never written again, which makes an encoder of
// small frames several times faster than one allocation per frame.

import { writeVarint } from "../bytes/index.ts";

const SLAB_BYTES = 64 * 1024;

/** A growing message. Write, then `take()` the bytes written since the last `take()`. */
export class ByteWriter {
  bytes: Uint8Array = new Uint8Array(SLAB_BYTES);
  /** Where the next byte goes. Callers that write into `bytes` directly advance it. */
  at = 0;
  #start = 0;

  /** Bytes written since the last `take()`. */
  get length(): number {
    return this.at - this.#start;
  }

  /** Makes room for `size` more bytes in one piece. */
  reserve(size: number): void {
    if (this.at + size <= this.bytes.length) return;
    const pending = this.bytes.subarray(this.#start, this.at);
    const room = Math.max(SLAB_BYTES, 2 * (pending.length + size));
    this.bytes = new Uint8Array(room);
    this.bytes.set(pending);
    this.at = pending.length;
    this.#start = 0;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.at++] = value;
  }

  raw(values: ArrayLike<number>): void {
    this.reserve(values.length);
    this.bytes.set(values, this.at);
    this.at += values.length;
  }

  varint(value: number): void {
    this.reserve(8);
    this.at = writeVarint(this.bytes, this.at, value);
  }

  uint16(value: number): void {
    this.reserve(2);
    this.bytes[this.at++] = value >>> 8;
    this.bytes[this.at++] = value;
  }

  uint32(value: number): void {
    this.reserve(4);
    this.bytes[this.at++] = value >>> 24;
    this.bytes[this.at++] = value >>> 16;
    this.bytes[this.at++] = value >>> 8;
    this.bytes[this.at++] = value;
  }

  /** The message so far as a view that stays valid; the writer goes on behind it. */
  take(): Uint8Array {
    const message = this.bytes.subarray(this.#start, this.at);
    this.#start = this.at;
    return message;
  }
}
