// Reads the payload of one control record. Every length is checked against what is left before it is used.

import { readVarint } from "../../bytes/index.ts";
import { CodecFrameError } from "../codec-error.ts";
import { decodeStrictUtf8 } from "../frames/msgpack-reader.ts";

const MAX_VARINT = 2 ** 32;

/** A varint in its shortest form, up to 2^32; undefined when the bytes end first. */
export function readShortestVarint(
  bytes: Uint8Array,
  cursor: { at: number },
  end: number,
): number | undefined {
  const from = cursor.at;
  const value = readVarint(bytes, cursor, end);
  if (value === undefined) {
    if (end - from >= 5) throw new CodecFrameError("tokenwire varint is longer than 5 bytes.");
    return undefined;
  }
  if (value > MAX_VARINT) throw new CodecFrameError(`tokenwire varint ${value} exceeds 2^32.`);
  if (cursor.at - from > 1 && bytes[cursor.at - 1] === 0) {
    throw new CodecFrameError("tokenwire varint is not in its shortest form.");
  }
  return value;
}

export class PayloadReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  varint(what: string): number {
    const value = readShortestVarint(this.bytes, this, this.end);
    if (value === undefined) throw new CodecFrameError(`tokenwire record ends inside its ${what}.`);
    return value;
  }

  byte(what: string): number {
    if (this.at >= this.end) throw new CodecFrameError(`tokenwire record ends before its ${what}.`);
    return this.bytes[this.at++]!;
  }

  float(what: string): number {
    if (this.left < 4) throw new CodecFrameError(`tokenwire record ends inside its ${what}.`);
    const value = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at, 4).getFloat32(0, true);
    this.at += 4;
    return value;
  }

  /** UTF-8 of `length` bytes, by default all that is left. */
  text(what: string, length: number = this.left): string {
    if (length > this.left) throw new CodecFrameError(`tokenwire record ends inside its ${what}.`);
    this.at += length;
    return decodeStrictUtf8(this.bytes.subarray(this.at - length, this.at), what);
  }

  json(what: string): Record<string, unknown> {
    const text = this.text(what);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new CodecFrameError(`tokenwire ${what} is not JSON.`, { cause });
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new CodecFrameError(`tokenwire ${what} must be a JSON object.`);
    }
    return value as Record<string, unknown>;
  }

  /** Ends a record whose payload has no open tail. */
  expectEnd(what: string): void {
    if (this.left > 0) throw new CodecFrameError(`tokenwire ${what} record has ${this.left} bytes too many.`);
  }
}
