// Protobuf frames as the protocol writes them: a 4-byte big-endian length, then a CodecFrame message (see schema.ts).
// Canonical proto3 leaves `done` out when false; engines in the field always write it ("engine" spelling).

import { encodeUtf8, varintLength, writeVarint } from "../../bytes/index.ts";
import type { ByteWriter } from "../byte-writer.ts";
import type { CodecToolCall } from "./frame.ts";

const WIRE_BYTES = 2;

function writeBytesField(out: ByteWriter, field: number, bytes: Uint8Array): void {
  out.byte((field << 3) | WIRE_BYTES);
  out.varint(bytes.length);
  out.raw(bytes);
}

export function writeStringField(out: ByteWriter, field: number, text: string): void {
  writeBytesField(out, field, encodeUtf8(text));
}

/** `repeated uint32 … [packed = true]`; nothing when empty. Values up to 2^35. */
export function writePackedField(out: ByteWriter, field: number, values: ArrayLike<number>): void {
  const count = values.length;
  if (count === 0) return;
  let size = 0;
  for (let index = 0; index < count; index++) size += varintLength(values[index]!);
  out.byte((field << 3) | WIRE_BYTES);
  out.varint(size);
  out.reserve(size);
  let at = out.at;
  for (let index = 0; index < count; index++) at = writeVarint(out.bytes, at, values[index]!);
  out.at = at;
}

function writeToolCall(out: ByteWriter, call: CodecToolCall): void {
  const name = call.name === undefined ? undefined : encodeUtf8(call.name);
  const args = encodeUtf8(call.argumentsJson);
  const id = call.id === undefined ? undefined : encodeUtf8(call.id);
  let size = 0;
  // proto3: an empty arguments_json is left out, while an empty name or id, having presence, is written.
  for (const part of [name, args.length > 0 ? args : undefined, id])
    if (part) size += 1 + varintLength(part.length) + part.length;
  out.byte((4 << 3) | WIRE_BYTES);
  out.varint(size);
  if (name) writeBytesField(out, 1, name);
  if (args.length > 0) writeBytesField(out, 2, args);
  if (id) writeBytesField(out, 3, id);
}

/** One length-prefixed frame. */
export function writeProtobufFrame(
  out: ByteWriter,
  ids: ArrayLike<number>,
  done: boolean,
  finishReason: string | undefined,
  toolCalls: readonly CodecToolCall[] | undefined,
  spelling: "canonical" | "engine",
): void {
  out.uint32(0);
  const before = out.length;
  writePackedField(out, 1, ids);
  if (done || spelling === "engine") {
    out.byte(2 << 3);
    out.byte(done ? 1 : 0);
  }
  if (finishReason !== undefined) writeStringField(out, 3, finishReason);
  for (const call of toolCalls ?? []) writeToolCall(out, call);
  const size = out.length - before;
  const at = out.at - size - 4;
  out.bytes[at] = size >>> 24;
  out.bytes[at + 1] = size >>> 16;
  out.bytes[at + 2] = size >>> 8;
  out.bytes[at + 3] = size;
}
