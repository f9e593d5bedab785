// Which format an answer is streamed in: the body's `stream_format`, else an explicit media type in `Accept`.

import { FRAME_FORMATS, type FrameFormat } from "@tokenwire/core/codec";
import { invalidRequest } from "../api-error.ts";

/** A binary answer; undefined in its place means JSON or server-sent events. */
export type BinaryFormat = FrameFormat | "tokenwire" | "tokenwire-adaptive";

export const BINARY_FORMATS: readonly BinaryFormat[] = [...FRAME_FORMATS, "tokenwire", "tokenwire-adaptive"];

/** Fields of a request that only this layer reads. */
export const codecFieldNames: readonly string[] = ["stream_format", "tool_watcher"];

const MEDIA_TYPES: Readonly<Record<string, BinaryFormat | "json">> = {
  "application/x-msgpack": "msgpack",
  "application/msgpack": "msgpack",
  "application/vnd.msgpack": "msgpack",
  "application/x-codec-msgpack": "msgpack",
  "application/x-protobuf": "protobuf",
  "application/protobuf": "protobuf",
  "application/x-codec-protobuf": "protobuf",
  "application/x-tokenwire": "tokenwire",
  "text/event-stream": "json",
  "application/json": "json",
};

/** The `Content-Type` of an answer. */
export function contentTypeOf(format: BinaryFormat): string {
  if (format.startsWith("msgpack")) return "application/x-msgpack";
  return format.startsWith("protobuf") ? "application/x-protobuf" : "application/x-tokenwire";
}

/** The encoding of a request body by its `Content-Type`; undefined for others. */
export function bodyFormatOf(contentType: string | undefined): "msgpack" | "protobuf" | undefined {
  const type = contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const format = Object.hasOwn(MEDIA_TYPES, type) ? MEDIA_TYPES[type] : undefined;
  return format === "msgpack" || format === "protobuf" ? format : undefined;
}

export interface FormatRequest {
  /** `stream_format` of the body. */
  readonly streamFormat: unknown;
  readonly accept: string | undefined;
  /** Formats that the server offers. */
  readonly enabled: readonly BinaryFormat[];
  /** What an unknown `stream_format` gets. */
  readonly unknown: "error" | "sse";
  /** Used when neither body nor header says anything. */
  readonly fallback?: BinaryFormat;
}

/** The format of the answer; undefined for JSON or server-sent events. Raises 400 `unsupported_stream_format`. */
export function negotiateFormat(request: FormatRequest): BinaryFormat | undefined {
  const { streamFormat, enabled } = request;
  if (streamFormat === undefined || streamFormat === null) {
    const accepted = fromAccept(request.accept, enabled);
    return accepted === undefined ? request.fallback : accepted === "json" ? undefined : accepted;
  }
  if (streamFormat === "json") return undefined;
  const known = enabled.find((format) => format === streamFormat);
  if (known !== undefined) return known;
  if (request.unknown === "sse") return undefined;
  throw invalidRequest(
    "stream_format",
    `stream_format: expected one of json, ${enabled.join(", ")}, got ${String(JSON.stringify(streamFormat)).slice(0, 60)}.`,
    "unsupported_stream_format",
  );
}

/** Highest quality, then order. A wildcard never selects a binary format. */
function fromAccept(
  accept: string | undefined,
  enabled: readonly BinaryFormat[],
): BinaryFormat | "json" | undefined {
  let best: BinaryFormat | "json" | undefined;
  let bestQuality = 0;
  for (const part of accept?.split(",") ?? []) {
    const [type = "", ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase());
    const listed = Object.hasOwn(MEDIA_TYPES, type) ? MEDIA_TYPES[type] : undefined;
    if (listed === undefined) continue;
    const format =
      listed === "tokenwire" && parameters.includes("mode=adaptive") ? "tokenwire-adaptive" : listed;
    const quality = Number(parameters.find((entry) => entry.startsWith("q="))?.slice(2) ?? 1);
    if (!(quality > bestQuality) || (format !== "json" && !enabled.includes(format))) continue;
    best = format;
    bestQuality = quality;
  }
  return best;
}
