// A bounds-checked little-endian reader. Every read asks first whether the bytes are there; a count from the file is
// never trusted before the smallest size it could stand for has been compared with what remains.

import { TokenwireError } from "../errors.ts";

/** Raised inside the reader when the given bytes are only the beginning of the file. Never leaves this layer. */
export class MoreBytesNeeded extends Error {}

export class Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Size of the whole file, of which `bytes` may be the beginning. */
  readonly fileSize: number;
  offset = 0;
  private readonly decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  constructor(bytes: Uint8Array, fileSize: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.fileSize = fileSize;
  }

  /** Makes sure that `count` more bytes can be read; returns where they start and moves past them. */
  take(count: number, what: string): number {
    const start = this.offset;
    if (count > this.fileSize - start) {
      throw damaged(
        `${what} needs ${count} bytes at offset ${start}, the file has ${this.fileSize - start} left.`,
      );
    }
    if (count > this.bytes.length - start) throw new MoreBytesNeeded();
    this.offset = start + count;
    return start;
  }

  u8(what: string): number {
    return this.view.getUint8(this.take(1, what));
  }

  u32(what: string): number {
    return this.view.getUint32(this.take(4, what), true);
  }

  /** A u64 that counts or measures something: must be a safe integer no larger than `limit`. */
  size(what: string, limit: number): number {
    const at = this.take(8, what);
    const value = this.view.getUint32(at, true) + this.view.getUint32(at + 4, true) * 2 ** 32;
    if (value > limit) throw damaged(`${what} is ${value} at offset ${at}; at most ${limit} is accepted.`);
    return value;
  }

  /** A string: u64 byte length, then UTF-8. Invalid UTF-8 becomes U+FFFD, as some vocabularies contain it. */
  string(what: string, limit: number): string {
    const length = this.size(`length of ${what}`, limit);
    const start = this.take(length, what);
    return length < 24 ? this.shortString(start, length) : this.decode(start, length);
  }

  /** Short ASCII strings (most of a vocabulary) are four times faster without `TextDecoder`. */
  private shortString(start: number, length: number): string {
    let text = "";
    for (let i = start; i < start + length; i++) {
      const byte = this.bytes[i] as number;
      if (byte >= 0x80) return this.decode(start, length);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  private decode(start: number, length: number): string {
    return this.decoder.decode(this.bytes.subarray(start, start + length));
  }
}

export function damaged(message: string): TokenwireError {
  return new TokenwireError("INVALID_GGUF", `Not a readable GGUF file: ${message}`);
}
