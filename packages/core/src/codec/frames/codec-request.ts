// Request bodies of POST /v1/completions/codec: a prompt of IDs, without JSON.

import { ByteWriter } from "../byte-writer.ts";
import { CodecFrameError, CodecStreamTruncatedError } from "../codec-error.ts";
import { DEFAULT_MAX_IDS_PER_FRAME, MAX_ID } from "./frame.ts";
import { readUintBE } from "./msgpack-boundary.ts";
import { MsgpackReader, needMore } from "./msgpack-reader.ts";
import {
  writeMsgpackArrayHeader,
  writeMsgpackMapHeader,
  writeMsgpackString,
  writeMsgpackUint,
} from "./msgpack-writer.ts";
import { ProtobufReader } from "./protobuf-reader.ts";
import { writePackedField, writeStringField } from "./protobuf-writer.ts";

/** Fields that are absent mean the server's default, never 0. */
export interface CodecRequest {
  readonly promptIds: ArrayLike<number>;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly stop?: readonly string[];
  readonly streamFormat?: string;
}

/** A decoded request. `extra` holds further scalar keys of a MessagePack body (`model`, `top_p` …), in wire spelling. */
export interface DecodedCodecRequest extends CodecRequest {
  readonly promptIds: readonly number[];
  readonly extra: ReadonlyMap<string, string | number | boolean | null>;
}

/** Bytes of a request body. Protobuf is written without the length prefix that some servers accept. */
export function encodeCodecRequest(request: CodecRequest, format: "msgpack" | "protobuf"): Uint8Array {
  const out = new ByteWriter();
  if (format === "msgpack") writeMsgpack(out, request);
  else writeProtobuf(out, request);
  return out.take().slice();
}

function writeMsgpack(out: ByteWriter, request: CodecRequest): void {
  const { promptIds, maxTokens, temperature, stop, streamFormat } = request;
  const present = [maxTokens, temperature, stop, streamFormat].filter((value) => value !== undefined);
  writeMsgpackMapHeader(out, 1 + present.length);
  writeMsgpackString(out, "prompt_ids");
  writeMsgpackArrayHeader(out, promptIds.length);
  for (let index = 0; index < promptIds.length; index++) writeMsgpackUint(out, promptIds[index]!);
  if (maxTokens !== undefined) {
    writeMsgpackString(out, "max_tokens");
    writeMsgpackUint(out, maxTokens);
  }
  if (temperature !== undefined) {
    writeMsgpackString(out, "temperature");
    const float = new Uint8Array(9);
    float[0] = 0xcb;
    new DataView(float.buffer).setFloat64(1, temperature);
    out.raw(float);
  }
  if (stop !== undefined) {
    writeMsgpackString(out, "stop");
    writeMsgpackArrayHeader(out, stop.length);
    for (const text of stop) writeMsgpackString(out, text);
  }
  if (streamFormat !== undefined) {
    writeMsgpackString(out, "stream_format");
    writeMsgpackString(out, streamFormat);
  }
}

function writeProtobuf(out: ByteWriter, request: CodecRequest): void {
  writePackedField(out, 1, request.promptIds);
  if (request.maxTokens !== undefined) {
    out.byte(0x10);
    out.varint(request.maxTokens);
  }
  if (request.temperature !== undefined) {
    const float = new Uint8Array(5);
    float[0] = 0x1d;
    new DataView(float.buffer).setFloat32(1, request.temperature, true);
    out.raw(float);
  }
  for (const text of request.stop ?? []) writeStringField(out, 4, text);
  if (request.streamFormat !== undefined) writeStringField(out, 5, request.streamFormat);
}

/**
 * Reads a request body. A `CodecError` says what is wrong with it; an empty prompt is wrong too.
 *
 * @param maxIds Most prompt IDs. Default: 1,048,576.
 */
export function decodeCodecRequest(
  body: Uint8Array,
  format: "msgpack" | "protobuf",
  maxIds: number = DEFAULT_MAX_IDS_PER_FRAME,
): DecodedCodecRequest {
  const request = format === "msgpack" ? readMsgpack(body, maxIds) : readProtobuf(body, maxIds);
  if (request.promptIds.length === 0) throw new CodecFrameError("prompt_ids must hold at least one ID.");
  return request;
}

type Draft = {
  -readonly [Key in keyof DecodedCodecRequest]: Key extends "promptIds" ? number[] : DecodedCodecRequest[Key];
};

function readMsgpack(body: Uint8Array, maxIds: number): DecodedCodecRequest {
  const reader = new MsgpackReader(maxIds);
  reader.bytes = body;
  reader.end = body.length;
  try {
    const request = readMsgpackFields(reader);
    if (reader.at !== body.length)
      throw new CodecFrameError(`${body.length - reader.at} bytes follow the request.`);
    return request;
  } catch (error) {
    if (error !== needMore) throw error;
    throw new CodecStreamTruncatedError("MessagePack request body is cut off.", true);
  }
}

function readMsgpackFields(reader: MsgpackReader): DecodedCodecRequest {
  const extra = new Map<string, string | number | boolean | null>();
  const request: Draft = { promptIds: [], extra };
  const entries = reader.mapHeader("request");
  for (let index = 0; index < entries; index++) {
    const key = reader.textKey();
    if (key === "prompt_ids") request.promptIds = reader.ids(key);
    else if (key !== undefined && Object.hasOwn(fieldReaders, key)) {
      if (!reader.skipNil()) fieldReaders[key]?.(reader, request);
    } else {
      const value = reader.skipNil() ? null : reader.scalar();
      if (key !== undefined && value !== undefined) extra.set(key, value);
    }
  }
  return request;
}

const fieldReaders: Readonly<Record<string, (reader: MsgpackReader, request: Draft) => void>> = {
  max_tokens: (reader, request) => {
    request.maxTokens = reader.uint("max_tokens", MAX_ID);
  },
  temperature: (reader, request) => {
    request.temperature = reader.number("temperature");
  },
  stop: (reader, request) => {
    request.stop = reader.stringOrStrings("stop");
  },
  stream_format: (reader, request) => {
    request.streamFormat = reader.string("stream_format");
  },
};

function readProtobuf(body: Uint8Array, maxIds: number): DecodedCodecRequest {
  // Some servers want a 4-byte length before the message; a message cannot begin with 00, so this is unambiguous.
  const prefixed = body.length >= 4 && readUintBE(body, 0, 4) === body.length - 4;
  const reader = new ProtobufReader(body, prefixed ? 4 : 0, body.length);
  const request: Draft = { promptIds: [], extra: new Map() };
  const stop: string[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) reader.packed(request.promptIds, maxIds);
    else if (tag === 0x08) reader.single(request.promptIds, maxIds);
    else if (tag === 0x10) request.maxTokens = reader.uint32("max_tokens");
    else if (tag === 0x1d) request.temperature = reader.float();
    else if (tag === 0x22) stop.push(reader.string("stop"));
    else if (tag === 0x2a) request.streamFormat = reader.string("stream_format");
    else reader.skip(tag & 7);
  }
  const wrong = request.promptIds.find((id) => id > MAX_ID);
  if (wrong !== undefined) throw new CodecFrameError(`prompt_ids holds ${wrong}; IDs are 0 to ${MAX_ID}.`);
  if (stop.length > 0) request.stop = stop;
  return request;
}
