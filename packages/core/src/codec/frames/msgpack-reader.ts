// Reads one MessagePack frame. The shape that every engine sends ({ids, done}) has a path of its own, because at one ID per
// frame the cost of a generic map reader is the cost of the stream.

import { decodeUtf8Strict, readVarint } from "../../bytes/index.ts";
import { CodecFrameError, CodecLimitError } from "../codec-error.ts";
import { decodeDeltas } from "./delta.ts";
import { type CodecToolCall, DecodedFrame, MAX_ID } from "./frame.ts";
import { MAX_MSGPACK_DEPTH, readUintBE } from "./msgpack-boundary.ts";

/** Thrown (one shared instance) when the bytes end inside a value; the caller waits for more. */
export const needMore: Error = new Error("more bytes are needed");

/** UTF-8 that must be valid: frames carry no other text. */
export function decodeStrictUtf8(bytes: Uint8Array, what: string): string {
  try {
    return decodeUtf8Strict(bytes);
  } catch (cause) {
    throw new CodecFrameError(`${what} is not valid UTF-8.`, { cause });
  }
}

/** The 0.6 proposal spells keys as small integers. */
const INTEGER_KEYS: readonly string[] = ["ids", "done", "finish_reason", "tool_calls"];

/** A cursor over MessagePack values. `at` is where the next value starts. */
export class MsgpackReader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
  readonly #maxIds: number;

  constructor(maxIds: number) {
    this.#maxIds = maxIds;
  }

  /** The next frame. Throws `needMore` when it is not complete; `at` is then undefined. */
  frame(): DecodedFrame {
    return this.#commonFrame() ?? this.#anyFrame();
  }

  /** `{ids: [fewer than 16], done}` with nothing else, or undefined without having moved. */
  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: the hot loop; split up it decodes half as fast
  #commonFrame(): DecodedFrame | undefined {
    const { bytes, end } = this;
    let at = this.at;
    if (end - at < 12 || bytes[at] !== 0x82 || bytes[at + 1] !== 0xa3) return undefined;
    if (bytes[at + 2] !== 0x69 || bytes[at + 3] !== 0x64 || bytes[at + 4] !== 0x73) return undefined;
    const count = bytes[at + 5]! - 0x90;
    if (count < 0 || count > 15) return undefined;
    at += 6;
    // Exactly as long as needed: an array that grows by pushing takes several times the memory.
    const ids = new Array<number>(count);
    for (let index = 0; index < count; index++) {
      // The six bytes of "done" and its value follow the IDs, so a form of up to five bytes is never read past the end.
      if (at + 7 > end) return undefined;
      const first = bytes[at]!;
      if (first < 0x80) {
        ids[index] = first;
        at += 1;
      } else if (first === 0xcd) {
        ids[index] = (bytes[at + 1]! << 8) | bytes[at + 2]!;
        at += 3;
      } else if (first === 0xce) {
        const high = bytes[at + 1]!;
        const low = (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!;
        ids[index] = high === 0 ? low : high * 0x100_0000 + low;
        at += 5;
      } else if (first === 0xcc) {
        ids[index] = bytes[at + 1]!;
        at += 2;
      } else {
        return undefined;
      }
    }
    if (at + 6 > end || bytes[at] !== 0xa4 || bytes[at + 1] !== 0x64 || bytes[at + 2] !== 0x6f)
      return undefined;
    if (bytes[at + 3] !== 0x6e || bytes[at + 4] !== 0x65) return undefined;
    const done = bytes[at + 5]!;
    if (done !== 0xc2 && done !== 0xc3) return undefined;
    this.at = at + 6;
    return new DecodedFrame(ids, done === 0xc3);
  }

  #anyFrame(): DecodedFrame {
    const entries = this.mapHeader("frame");
    let ids: number[] | undefined;
    let deltas: number[] | undefined;
    let baseId = 0;
    let done = false;
    let finishReason: string | undefined;
    let toolCalls: CodecToolCall[] | undefined;
    for (let index = 0; index < entries; index++) {
      switch (this.key()) {
        case "ids":
          ids = this.#ids(MAX_ID);
          break;
        case "ids_delta":
          deltas = this.#ids(2 * MAX_ID + 1);
          break;
        case "base_id":
          baseId = this.uint("base_id", MAX_ID);
          break;
        case "done":
          done = this.boolean("done");
          break;
        case "finish_reason":
          finishReason = this.optionalString("finish_reason");
          break;
        case "tool_calls":
          toolCalls = this.#toolCalls();
          break;
        default:
          this.skip(1);
      }
    }
    if (ids === undefined && deltas === undefined) {
      throw new CodecFrameError('MessagePack frame has neither "ids" nor "ids_delta".');
    }
    return new DecodedFrame(ids ?? decodeDeltas(deltas ?? [], baseId), done, finishReason, toolCalls);
  }

  #byte(): number {
    if (this.at >= this.end) throw needMore;
    return this.bytes[this.at++]!;
  }

  #take(length: number): Uint8Array {
    if (length > this.end - this.at) throw needMore;
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  #length(width: number): number {
    if (width > this.end - this.at) throw needMore;
    this.at += width;
    return readUintBE(this.bytes, this.at - width, width);
  }

  mapHeader(what: string): number {
    const first = this.#byte();
    if (first >= 0x80 && first < 0x90) return first & 0x0f;
    if (first === 0xde) return this.#length(2);
    if (first === 0xdf) return this.#length(4);
    throw new CodecFrameError(`MessagePack ${what} must be a map, got type 0x${first.toString(16)}.`);
  }

  #arrayHeader(first: number, what: string): number {
    if (first >= 0x90 && first < 0xa0) return first & 0x0f;
    if (first === 0xdc) return this.#length(2);
    if (first === 0xdd) return this.#length(4);
    throw new CodecFrameError(`"${what}" must be an array, got MessagePack type 0x${first.toString(16)}.`);
  }

  /** A key of a frame by name; undefined for integers that no version of the protocol defines. */
  key(): string | undefined {
    const first = this.#byte();
    if (first < 0x80) return INTEGER_KEYS[first];
    this.at--;
    return this.textKey();
  }

  #isString(first: number): boolean {
    return (first >= 0xa0 && first < 0xc0) || (first >= 0xd9 && first <= 0xdb);
  }

  #stringLength(first: number): number | undefined {
    if (first >= 0xa0 && first < 0xc0) return first & 0x1f;
    if (first === 0xd9) return this.#length(1);
    if (first === 0xda) return this.#length(2);
    return first === 0xdb ? this.#length(4) : undefined;
  }

  string(what: string): string {
    const first = this.#byte();
    const length = this.#stringLength(first);
    if (length === undefined) {
      throw new CodecFrameError(`"${what}" must be a string, got MessagePack type 0x${first.toString(16)}.`);
    }
    return decodeStrictUtf8(this.#take(length), `"${what}"`);
  }

  optionalString(what: string): string | undefined {
    return this.skipNil() ? undefined : this.string(what);
  }

  boolean(what: string): boolean {
    const first = this.#byte();
    if (first === 0xc2) return false;
    if (first === 0xc3) return true;
    throw new CodecFrameError(`"${what}" must be a boolean, got MessagePack type 0x${first.toString(16)}.`);
  }

  /** A non-negative integer in any form, signed ones included. */
  uint(what: string, max: number): number {
    const value = this.number(what);
    if (!Number.isInteger(value) || value < 0 || value > max) {
      throw new CodecFrameError(`"${what}" must be an integer from 0 to ${max}, got ${value}.`);
    }
    return value;
  }

  /** Any number. Integers beyond 2^53 lose precision, which every caller rejects as out of range. */
  number(what: string): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    if (first >= 0xe0) return first - 0x100;
    if (first === 0xca || first === 0xcb) {
      const raw = this.#take(first === 0xca ? 4 : 8);
      const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
      return first === 0xca ? view.getFloat32(0) : view.getFloat64(0);
    }
    if (first < 0xcc || first > 0xd3) {
      throw new CodecFrameError(`"${what}" must be a number, got MessagePack type 0x${first.toString(16)}.`);
    }
    const signed = first >= 0xd0;
    const width = 1 << (first - (signed ? 0xd0 : 0xcc));
    const value = this.#length(width);
    const range = 2 ** (8 * width);
    return signed && value >= range / 2 ? value - range : value;
  }

  /** An array of integers up to `max`, or binary data holding LEB128 values (0.6 proposal). */
  #ids(max: number): number[] {
    const first = this.#byte();
    if (first >= 0xc4 && first <= 0xc6) return this.#packedIds(this.#length(1 << (first - 0xc4)), max);
    return this.#idArray(this.#arrayHeader(first, "ids"), max);
  }

  #idArray(count: number, max: number): number[] {
    this.#checkCount(count);
    const ids: number[] = [];
    for (let index = 0; index < count; index++) ids.push(this.uint("ids", max));
    return ids;
  }

  #packedIds(length: number, max: number): number[] {
    const from = this.at;
    this.#take(length);
    const ids: number[] = [];
    const cursor = { at: from };
    while (cursor.at < from + length) {
      const value = readVarint(this.bytes, cursor, from + length);
      if (value === undefined || value > max)
        throw new CodecFrameError('"ids" holds a damaged LEB128 value.');
      ids.push(value);
      this.#checkCount(ids.length);
    }
    return ids;
  }

  #checkCount(count: number): void {
    if (count > this.#maxIds) {
      throw new CodecLimitError(
        `Frame declares ${count} IDs; the limit is ${this.#maxIds} (maxIdsPerFrame).`,
      );
    }
  }

  /** An array of IDs under any other key, for request bodies. */
  ids(what: string): number[] {
    const count = this.#arrayHeader(this.#byte(), what);
    return this.#idArray(count, MAX_ID);
  }

  /** A key that is a string; undefined, and stepped over, when it is anything else. */
  textKey(): string | undefined {
    const length = this.#stringLength(this.#byte());
    if (length !== undefined) return decodeStrictUtf8(this.#take(length), "A key");
    this.at--;
    this.skip(1);
    return undefined;
  }

  /** Steps over nil and says whether it was there. */
  skipNil(): boolean {
    if (this.at >= this.end || this.bytes[this.at] !== 0xc0) return false;
    this.at++;
    return true;
  }

  /** A string, number or boolean; undefined, and stepped over, for any other type. */
  scalar(): string | number | boolean | undefined {
    const first = this.#byte();
    this.at--;
    if (first === 0xc2 || first === 0xc3) return this.boolean("value");
    if (first < 0x80 || first >= 0xe0 || (first >= 0xca && first <= 0xd3)) return this.number("value");
    if (this.#isString(first)) return this.string("value");
    this.skip(1);
    return undefined;
  }

  stringOrStrings(what: string): string[] {
    const first = this.#byte();
    if (this.#isString(first)) {
      this.at--;
      return [this.string(what)];
    }
    const count = this.#arrayHeader(first, what);
    const values: string[] = [];
    for (let index = 0; index < count; index++) values.push(this.string(what));
    return values;
  }

  #toolCalls(): CodecToolCall[] | undefined {
    const first = this.#byte();
    if (first === 0xc0) return undefined;
    const count = this.#arrayHeader(first, "tool_calls");
    const calls: CodecToolCall[] = [];
    for (let index = 0; index < count; index++) calls.push(this.#toolCall());
    return calls;
  }

  #toolCall(): CodecToolCall {
    const entries = this.mapHeader("tool call");
    let argumentsJson = "";
    let name: string | undefined;
    let id: string | undefined;
    for (let index = 0; index < entries; index++) {
      const key = this.key();
      if (key === "arguments_json") argumentsJson = this.string(key);
      else if (key === "name") name = this.optionalString(key);
      else if (key === "id") id = this.optionalString(key);
      else this.skip(1);
    }
    return { ...(name === undefined ? {} : { name }), argumentsJson, ...(id === undefined ? {} : { id }) };
  }

  /** Steps over one value of any type. */
  skip(depth: number): void {
    if (depth > MAX_MSGPACK_DEPTH) {
      throw new CodecFrameError(`MessagePack frame is nested deeper than ${MAX_MSGPACK_DEPTH} levels.`);
    }
    const first = this.#byte();
    if (first < 0x80 || first >= 0xe0 || first === 0xc0 || first === 0xc2 || first === 0xc3) return;
    const payload = this.#payloadLength(first);
    if (payload !== undefined) {
      this.#take(payload);
    } else if (first >= 0x80 && first <= 0x8f) {
      this.#skipMany(2 * (first & 0x0f), depth);
    } else if (first === 0xde || first === 0xdf) {
      this.#skipMany(2 * this.#length(first === 0xde ? 2 : 4), depth);
    } else {
      this.#skipMany(this.#arrayHeader(first, "value"), depth);
    }
  }

  /** Payload bytes of a string, binary, extension or number; undefined for containers. */
  #payloadLength(first: number): number | undefined {
    if (first >= 0xc4 && first <= 0xc9) {
      return this.#length(1 << ((first - 0xc4) % 3)) + (first >= 0xc7 ? 1 : 0);
    }
    if (first >= 0xca && first <= 0xcb) return 4 << (first - 0xca);
    if (first >= 0xcc && first <= 0xd3) return 1 << ((first - 0xcc) % 4);
    if (first >= 0xd4 && first <= 0xd8) return 1 + (1 << (first - 0xd4));
    return this.#stringLength(first);
  }

  #skipMany(count: number, depth: number): void {
    for (let index = 0; index < count; index++) this.skip(depth + 1);
  }
}
