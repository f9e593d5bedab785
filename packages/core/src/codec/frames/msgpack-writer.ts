// MessagePack as the protocol writes it: minimal integer forms, fixed key order, absent fields omitted.
// Format: https://github.com/msgpack/msgpack/blob/master/spec.md

import { encodeUtf8 } from "../../bytes/index.ts";
import type { ByteWriter } from "../byte-writer.ts";
import type { CodecToolCall } from "./frame.ts";

const key = (name: string): Uint8Array => Uint8Array.of(0xa0 | name.length, ...encodeUtf8(name));

const KEY_IDS = key("ids");
const KEY_DONE = key("done");
const KEY_FINISH_REASON = key("finish_reason");
const KEY_TOOL_CALLS = key("tool_calls");
const KEY_NAME = key("name");
const KEY_ARGUMENTS = key("arguments_json");
const KEY_ID = key("id");
const KEY_BASE_ID = key("base_id");
const KEY_IDS_DELTA = key("ids_delta");

/** The smallest form of a non-negative safe integer. */
export function writeMsgpackUint(out: ByteWriter, value: number): void {
  out.reserve(9);
  const bytes = out.bytes;
  let at = out.at;
  if (value < 0x80) {
    bytes[at++] = value;
  } else if (value < 0x100) {
    bytes[at++] = 0xcc;
    bytes[at++] = value;
  } else if (value < 0x10000) {
    bytes[at++] = 0xcd;
    bytes[at++] = value >>> 8;
    bytes[at++] = value;
  } else {
    const wide = value > 0xffffffff;
    bytes[at++] = wide ? 0xcf : 0xce;
    out.at = at;
    if (wide) out.uint32(Math.floor(value / 0x1_0000_0000));
    out.uint32(value >>> 0);
    return;
  }
  out.at = at;
}

export function writeMsgpackString(out: ByteWriter, text: string): void {
  const bytes = encodeUtf8(text);
  const length = bytes.length;
  if (length < 32) out.byte(0xa0 | length);
  else if (length < 0x100) out.raw([0xd9, length]);
  else if (length < 0x10000) {
    out.byte(0xda);
    out.uint16(length);
  } else {
    out.byte(0xdb);
    out.uint32(length);
  }
  out.raw(bytes);
}

export function writeMsgpackArrayHeader(out: ByteWriter, length: number): void {
  if (length < 16) out.byte(0x90 | length);
  else if (length < 0x10000) {
    out.byte(0xdc);
    out.uint16(length);
  } else {
    out.byte(0xdd);
    out.uint32(length);
  }
}

/** A map of at most 15 entries, which is all that frames and request bodies need. */
export function writeMsgpackMapHeader(out: ByteWriter, size: number): void {
  out.byte(0x80 | size);
}

function writeIds(out: ByteWriter, ids: ArrayLike<number>): void {
  const count = ids.length;
  writeMsgpackArrayHeader(out, count);
  for (let index = 0; index < count; index++) writeMsgpackUint(out, ids[index]!);
}

function writeToolCalls(out: ByteWriter, calls: readonly CodecToolCall[]): void {
  out.raw(KEY_TOOL_CALLS);
  writeMsgpackArrayHeader(out, calls.length);
  for (const { name, argumentsJson, id } of calls) {
    writeMsgpackMapHeader(out, 1 + (name === undefined ? 0 : 1) + (id === undefined ? 0 : 1));
    if (name !== undefined) {
      out.raw(KEY_NAME);
      writeMsgpackString(out, name);
    }
    out.raw(KEY_ARGUMENTS);
    writeMsgpackString(out, argumentsJson);
    if (id !== undefined) {
      out.raw(KEY_ID);
      writeMsgpackString(out, id);
    }
  }
}

function writeFinishReason(out: ByteWriter, reason: string): void {
  out.raw(KEY_FINISH_REASON);
  writeMsgpackString(out, reason);
}

/** One plain frame: `{ids, done, finish_reason?, tool_calls?}`. */
export function writeMsgpackFrame(
  out: ByteWriter,
  ids: ArrayLike<number>,
  done: boolean,
  finishReason: string | undefined,
  toolCalls: readonly CodecToolCall[] | undefined,
): void {
  writeMsgpackMapHeader(out, 2 + (finishReason === undefined ? 0 : 1) + (toolCalls === undefined ? 0 : 1));
  out.raw(KEY_IDS);
  writeIds(out, ids);
  out.raw(KEY_DONE);
  out.byte(done ? 0xc3 : 0xc2);
  if (finishReason !== undefined) writeFinishReason(out, finishReason);
  if (toolCalls !== undefined) writeToolCalls(out, toolCalls);
}

/** One delta frame: `{base_id, ids_delta, done, finish_reason?}`. `deltas` are zigzag values up to 2^33 - 1. */
export function writeMsgpackDeltaFrame(
  out: ByteWriter,
  baseId: number,
  deltas: readonly number[],
  done: boolean,
  finishReason: string | undefined,
  nullFinishReason: boolean,
): void {
  const nil = finishReason === undefined && nullFinishReason;
  writeMsgpackMapHeader(out, 3 + (finishReason !== undefined || nil ? 1 : 0));
  out.raw(KEY_BASE_ID);
  writeMsgpackUint(out, baseId);
  out.raw(KEY_IDS_DELTA);
  writeIds(out, deltas);
  out.raw(KEY_DONE);
  out.byte(done ? 0xc3 : 0xc2);
  if (finishReason !== undefined) writeFinishReason(out, finishReason);
  else if (nil) {
    out.raw(KEY_FINISH_REASON);
    out.byte(0xc0);
  }
}
