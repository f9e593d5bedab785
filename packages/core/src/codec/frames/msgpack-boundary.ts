// Finds where a MessagePack value ends without building it, and remembers where it stopped: a frame that arrives in many
// pieces is scanned once, not once per piece. Declared lengths are checked before anything waits for their bytes.

import { CodecFrameError, CodecLimitError } from "../codec-error.ts";

export const MAX_MSGPACK_DEPTH = 32;

/** Header bytes (after the first), and payload bytes, of the fixed-size types c0 … d8; -1 marks the sized ones. */
const FIXED_SIZE: readonly number[] = [
  0, -1, 0, 0, -1, -1, -1, -1, -1, -1, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17,
];

/** Width of the length field, and what each unit of the length stands for. */
interface Sized {
  readonly width: 1 | 2 | 4;
  readonly kind: "bytes" | "array" | "map";
  /** Bytes between the length and the payload: the type of an extension. */
  readonly extra: number;
}

const sized = (width: 1 | 2 | 4, kind: Sized["kind"], extra = 0): Sized => ({ width, kind, extra });
const SIZED: Readonly<Record<number, Sized>> = {
  196: sized(1, "bytes"),
  197: sized(2, "bytes"),
  198: sized(4, "bytes"),
  199: sized(1, "bytes", 1),
  200: sized(2, "bytes", 1),
  201: sized(4, "bytes", 1),
  217: sized(1, "bytes"),
  218: sized(2, "bytes"),
  219: sized(4, "bytes"),
  220: sized(2, "array"),
  221: sized(4, "array"),
  222: sized(2, "map"),
  223: sized(4, "map"),
};

/** Big-endian unsigned integer of 1, 2 or 4 bytes. */
export function readUintBE(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let index = 0; index < width; index++) value = value * 0x100 + bytes[at + index]!;
  return value;
}

/** Resumable scan over one value that starts at offset 0 of a moving window. */
export class MsgpackBoundary {
  /** Values still to come per open container; the first entry is the top-level value itself. */
  #open: number[] = [1];
  /** Offset, from the start of the value, of the next byte to look at. May lie beyond what has arrived. */
  #offset = 0;
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  reset(): void {
    this.#open = [1];
    this.#offset = 0;
  }

  /** Length of the value whose first byte is `bytes[start]`, or undefined while more bytes are needed. */
  scan(bytes: Uint8Array, start: number, end: number): number | undefined {
    const available = end - start;
    while (this.#open.length > 0) {
      if (this.#offset >= available) return undefined;
      const consumed = this.#value(bytes, start + this.#offset, available - this.#offset);
      if (consumed === 0) return undefined;
      this.#offset += consumed;
      if (this.#offset > this.#maxBytes) {
        throw new CodecLimitError(
          `MessagePack frame is larger than ${this.#maxBytes} bytes. Raise maxFrameBytes only for a peer you trust.`,
        );
      }
    }
    return this.#offset <= available ? this.#offset : undefined;
  }

  /** Steps over one header (and scalar payload). 0: the header itself is incomplete. */
  #value(bytes: Uint8Array, at: number, available: number): number {
    const first = bytes[at]!;
    if (first < 0x80 || first >= 0xe0) return this.#close(1);
    if (first < 0x90) return this.#container(1, 2 * (first & 0x0f));
    if (first < 0xa0) return this.#container(1, first & 0x0f);
    if (first < 0xc0) return this.#close(1 + (first & 0x1f));
    const rule = SIZED[first];
    if (rule === undefined) {
      const size = FIXED_SIZE[first - 0xc0]!;
      if (size < 0) throw new CodecFrameError(`MessagePack type 0x${first.toString(16)} does not exist.`);
      return this.#close(1 + size);
    }
    if (available < 1 + rule.width) return 0;
    const length = readUintBE(bytes, at + 1, rule.width);
    const header = 1 + rule.width + rule.extra;
    if (length > this.#maxBytes) {
      throw new CodecLimitError(
        `MessagePack ${rule.kind} declares ${length} ${rule.kind === "bytes" ? "bytes" : "entries"}, more than the frame limit of ${this.#maxBytes} bytes allows.`,
      );
    }
    if (rule.kind === "bytes") return this.#close(header + length);
    return this.#container(header, rule.kind === "map" ? 2 * length : length);
  }

  #container(header: number, values: number): number {
    if (values === 0) return this.#close(header);
    if (this.#open.length > MAX_MSGPACK_DEPTH) {
      throw new CodecFrameError(`MessagePack frame is nested deeper than ${MAX_MSGPACK_DEPTH} levels.`);
    }
    this.#open.push(values);
    return header;
  }

  /** One value is complete: it counts for its container, and a container that is thereby full counts for its own. */
  #close(length: number): number {
    while (this.#open.length > 0) {
      const left = this.#open[this.#open.length - 1]! - 1;
      this.#open[this.#open.length - 1] = left;
      if (left > 0) break;
      this.#open.pop();
    }
    return length;
  }
}
