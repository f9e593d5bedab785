// Reads the payload of one protobuf frame: packed and unpacked IDs, fields in any order, unknown fields skipped.
// Format: https://protobuf.dev/programming-guides/encoding/

import { readVarint } from "../../bytes/index.ts";
import { CodecFrameError, CodecLimitError } from "../codec-error.ts";
import { decodeDeltas } from "./delta.ts";
import { type CodecToolCall, DEFAULT_MAX_IDS_PER_FRAME, DecodedFrame, MAX_ID } from "./frame.ts";
import { decodeStrictUtf8 } from "./msgpack-reader.ts";

const MAX_VARINT64_BYTES = 10;

/** A cursor over one message. Every read checks the end of the message. */
export class ProtobufReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** The next field as `field << 3 | wireType`; 0 at the end of the message. */
  tag(): number {
    if (this.at >= this.end) return 0;
    const tag = this.varint();
    if (tag >>> 3 === 0) throw new CodecFrameError("Protobuf field number 0 is not allowed.");
    return tag;
  }

  varint(): number {
    const value = readVarint(this.bytes, this, this.end);
    if (value === undefined) {
      const left = this.end - this.at;
      throw new CodecFrameError(
        left < 5
          ? "Protobuf varint runs past the end of its message."
          : "Protobuf varint is too long (over 5 bytes).",
      );
    }
    return value;
  }

  uint32(what: string): number {
    const value = this.varint();
    if (value > MAX_ID) throw new CodecFrameError(`Protobuf ${what} ${value} exceeds ${MAX_ID}.`);
    return value;
  }

  /** A length-delimited field; returns its end, and `at` is its start. */
  length(): number {
    const length = this.varint();
    if (length > this.end - this.at) {
      throw new CodecFrameError(
        `Protobuf field of ${length} bytes runs past the end of its message (${this.end - this.at} bytes left).`,
      );
    }
    return this.at + length;
  }

  string(what: string): string {
    const end = this.length();
    const text = decodeStrictUtf8(this.bytes.subarray(this.at, end), what);
    this.at = end;
    return text;
  }

  float(): number {
    if (this.end - this.at < 4) throw new CodecFrameError("Protobuf float runs past the end of its message.");
    const value = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at, 4).getFloat32(0, true);
    this.at += 4;
    return value;
  }

  skip(wireType: number): void {
    if (wireType === 0) {
      if (readVarint(this.bytes, this, this.end, MAX_VARINT64_BYTES) === undefined) {
        throw new CodecFrameError("Protobuf varint of an unknown field is damaged.");
      }
    } else if (wireType === 2) {
      this.at = this.length();
    } else if (wireType === 1 || wireType === 5) {
      this.at += wireType === 1 ? 8 : 4;
      if (this.at > this.end) throw new CodecFrameError("Protobuf field runs past the end of its message.");
    } else {
      throw new CodecFrameError(`Protobuf wire type ${wireType} is not supported (groups are never sent).`);
    }
  }

  /** Appends the values of a packed segment. Range is checked by the caller, who knows whether they are deltas. */
  packed(values: number[], maxValues: number): void {
    const end = this.length();
    // Locals: `this` fields in the loop halve the rate.
    const bytes = this.bytes;
    let at = this.at;
    while (at < end) {
      let byte = bytes[at++]!;
      let value = byte & 0x7f;
      for (let scale = 0x80; byte >= 0x80; scale *= 0x80) {
        if (at >= end || scale > 0x1000_0000) {
          throw new CodecFrameError("Protobuf varint in packed IDs is too long (over 5 bytes) or cut off.");
        }
        byte = bytes[at++]!;
        value += (byte & 0x7f) * scale;
      }
      values.push(value);
      if (values.length > maxValues) throw tooManyIds(maxValues);
    }
    this.at = end;
  }

  /** Appends one value of an unpacked field. */
  single(values: number[], maxValues: number): void {
    if (values.push(this.varint()) > maxValues) throw tooManyIds(maxValues);
  }
}

function tooManyIds(maxIds: number): CodecLimitError {
  return new CodecLimitError(`Frame has more than ${maxIds} IDs (maxIdsPerFrame).`);
}

function readToolCall(reader: ProtobufReader): CodecToolCall {
  const end = reader.length();
  const inner = new ProtobufReader(reader.bytes, reader.at, end);
  reader.at = end;
  let name: string | undefined;
  let argumentsJson = "";
  let id: string | undefined;
  for (let tag = inner.tag(); tag !== 0; tag = inner.tag()) {
    if (tag === 0x0a) name = inner.string("tool call name");
    else if (tag === 0x12) argumentsJson = inner.string("tool call arguments");
    else if (tag === 0x1a) id = inner.string("tool call id");
    else inner.skip(tag & 7);
  }
  return { ...(name === undefined ? {} : { name }), argumentsJson, ...(id === undefined ? {} : { id }) };
}

function checkRange(ids: readonly number[]): readonly number[] {
  for (const id of ids) {
    if (id > MAX_ID) throw new CodecFrameError(`Protobuf ID ${id} exceeds ${MAX_ID}.`);
  }
  return ids;
}

/**
 * A message of fewer than 128 bytes of packed IDs below 2^28, and `done` at most: what nearly every frame is. Undefined for
 * any other, which the general reader then reads.
 */
function readCommonFrame(bytes: Uint8Array, from: number, end: number): DecodedFrame | undefined {
  if (end - from < 3 || bytes[from] !== 0x0a) return undefined;
  const idsEnd = from + 2 + bytes[from + 1]!;
  const rest = end - idsEnd;
  if (bytes[from + 1]! > 0x7f || (rest !== 0 && rest !== 2)) return undefined;
  if (rest === 2 && (bytes[idsEnd] !== 0x10 || bytes[idsEnd + 1]! > 1)) return undefined;
  const ids: number[] = idsEnd - from > 7 ? [] : newArrayFor(bytes, from + 2, idsEnd);
  let index = 0;
  for (let at = from + 2; at < idsEnd; ) {
    let byte = bytes[at++]!;
    let value = byte & 0x7f;
    for (let shift = 7; byte > 0x7f; shift += 7) {
      if (at >= idsEnd || shift > 21) return undefined;
      byte = bytes[at++]!;
      value |= (byte & 0x7f) << shift;
    }
    ids[index++] = value;
  }
  return new DecodedFrame(ids, rest === 2 && bytes[idsEnd + 1] === 1);
}

/** Exactly as long as needed: for the usual one or two IDs, an array that grows by pushing takes several times the memory. */
function newArrayFor(bytes: Uint8Array, from: number, end: number): number[] {
  let count = 0;
  for (let at = from; at < end; at++) if (bytes[at]! < 0x80) count++;
  return new Array<number>(count);
}

/** The frame in `bytes[at … end)`, which holds one message without its length prefix. */
export function readProtobufFrame(
  bytes: Uint8Array,
  at: number,
  end: number,
  maxIds: number = DEFAULT_MAX_IDS_PER_FRAME,
): DecodedFrame {
  const common = maxIds < 128 ? undefined : readCommonFrame(bytes, at, end);
  if (common !== undefined) return common;
  const reader = new ProtobufReader(bytes, at, end);
  const ids: number[] = [];
  let done = false;
  let finishReason: string | undefined;
  let toolCalls: CodecToolCall[] | undefined;
  let baseId: number | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    switch (tag) {
      case 0x0a:
        reader.packed(ids, maxIds);
        break;
      case 0x08:
        reader.single(ids, maxIds);
        break;
      case 0x10:
        done = reader.varint() !== 0;
        break;
      case 0x1a:
        finishReason = reader.string("finish_reason");
        break;
      case 0x22:
        toolCalls ??= [];
        toolCalls.push(readToolCall(reader));
        break;
      // One text of the protocol numbers base_id 4, another 5; the wire type tells it from tool_calls.
      case 0x20:
      case 0x28:
        baseId = reader.uint32("base_id");
        break;
      default:
        reader.skip(tag & 7);
    }
  }
  return new DecodedFrame(
    baseId === undefined ? checkRange(ids) : decodeDeltas(ids, baseId),
    done,
    finishReason,
    toolCalls,
  );
}
