// Reading and writing the values that protocol buffers are made of.

import { readVarint, writeVarint } from "@tokenwire/core/bytes";

export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Bytes of the longest integer. */
const maxVarint = 10;

export class Writer {
  #bytes = Buffer.alloc(256);
  #at = 0;

  #room(size: number): void {
    if (this.#at + size <= this.#bytes.length) return;
    const grown = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#at + size));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }

  varint(value: number): void {
    this.#room(maxVarint);
    this.#at = writeVarint(this.#bytes, this.#at, value);
  }

  bigVarint(value: bigint): void {
    this.#room(maxVarint);
    let rest = value;
    for (; rest >= 0x80n; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.#at++] = Number(rest);
  }

  float(value: number): void {
    this.#room(4);
    this.#at = this.#bytes.writeFloatLE(value, this.#at);
  }

  double(value: number): void {
    this.#room(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  block(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  end(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }
}

/** Throws `RangeError` where the bytes end too early or are none of these values. */
export class Reader {
  readonly #bytes: Buffer;
  readonly #cursor = { at: 0 };

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#cursor.at >= this.#bytes.length;
  }

  #take(size: number): number {
    const { at } = this.#cursor;
    if (at + size > this.#bytes.length) throw new RangeError("A message ends in the middle of a field.");
    this.#cursor.at += size;
    return at;
  }

  varint(): number {
    const value = readVarint(this.#bytes, this.#cursor, this.#bytes.length, maxVarint);
    if (value === undefined) throw new RangeError("A message ends in the middle of an integer.");
    return value;
  }

  /** The 64 bits of an integer. */
  bigVarint(): bigint {
    let value = 0n;
    for (let count = 0; count < maxVarint; count++) {
      const byte = this.#bytes[this.#take(1)] as number;
      value |= BigInt(byte & 0x7f) << BigInt(7 * count);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError("An integer has more than 64 bits.");
  }

  float(): number {
    return this.#bytes.readFloatLE(this.#take(4));
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  block(): Uint8Array {
    const size = this.varint();
    const at = this.#take(size);
    return this.#bytes.subarray(at, at + size);
  }

  skip(wireType: number): void {
    if (wireType === wireTypes.varint) this.bigVarint();
    else if (wireType === wireTypes.fixed64) this.#take(8);
    else if (wireType === wireTypes.bytes) this.block();
    else if (wireType === wireTypes.fixed32) this.#take(4);
    else throw new RangeError(`Wire type ${wireType} does not exist.`);
  }
}
