// What a request for a binary answer may ask for, and the binary request body as the JSON it stands for.

import { CodecError, type DecodedCodecRequest, decodeCodecRequest } from "@tokenwire/core/codec";
import { z } from "zod";
import { ApiError, invalidRequest, unsupportedParameter } from "../api-error.ts";
import type { RequestBody } from "../body.ts";
import { integerFrom, optional, parseBody } from "../validation.ts";
import type { BinaryFormat } from "./stream-format.ts";

/** Regions that the server cuts out of the IDs and reports as tool calls. */
export interface ToolWatcherRequest {
  readonly startId: number;
  readonly endId: number;
  /** Leave markers and bodies in the IDs too. */
  readonly keepIds: boolean;
}

const fields = z.object({
  tool_watcher: optional(
    z.object({ start_id: integerFrom(0), end_id: integerFrom(0), keep_ids: optional(z.boolean()) }),
  ),
  stream_options: optional(z.object({ coalesce_ms: optional(integerFrom(0, 10_000)) })),
});

/** Fields of a request that only binary answers have. */
export interface CodecFields {
  readonly toolWatcher?: ToolWatcherRequest;
  readonly coalesceMs?: number;
}

export function parseCodecFields(body: RequestBody): CodecFields {
  const wire = parseBody(fields, body);
  const watcher = wire.tool_watcher;
  const coalesce = wire.stream_options?.coalesce_ms;
  return {
    ...(watcher && {
      toolWatcher: { startId: watcher.start_id, endId: watcher.end_id, keepIds: watcher.keep_ids ?? false },
    }),
    ...(coalesce !== undefined && { coalesceMs: coalesce }),
  };
}

/** The parts of a request that decide whether a format can carry its answer. */
export interface AnswerShape {
  readonly choices: number;
  readonly bestOf: number;
  readonly logprobs: boolean;
  readonly echo: boolean;
  readonly engineOutput: "tokens" | "text";
}

/** Raises 400, naming the field, for what the format cannot carry. */
export function checkAnswerShape(format: BinaryFormat, shape: AnswerShape): void {
  if (shape.bestOf > shape.choices) {
    throw unsupportedParameter(
      "best_of",
      `best_of: ${format} answers cannot be ranked before they are sent.`,
    );
  }
  if (format.startsWith("tokenwire")) return;
  const cannot = (field: string, what: string): never => {
    throw invalidRequest(
      field,
      `${field}: ${format} frames carry no ${what}. Ask for stream_format "tokenwire".`,
    );
  };
  if (shape.choices > 1) cannot("n", "choice index, so there can be one choice only");
  if (shape.logprobs) cannot("logprobs", "log-probabilities");
  if (shape.echo) cannot("echo", "text");
  if (shape.engineOutput === "text") {
    throw invalidRequest(
      "stream_format",
      `stream_format: the engine of this model yields text, not token ids. Ask for "tokenwire" or "json".`,
      "token_ids_unavailable",
    );
  }
}

function isRequest(body: Uint8Array, format: "msgpack" | "protobuf"): boolean {
  try {
    decodeCodecRequest(body, format);
    return true;
  } catch (error) {
    if (error instanceof CodecError) return false;
    throw error;
  }
}

/** The JSON request that a binary body stands for. Raises 400, 413, or 415 for a body in the other encoding. */
export function toCompletionBody(
  body: Uint8Array,
  format: "msgpack" | "protobuf",
  model: string,
): RequestBody {
  let request: DecodedCodecRequest;
  try {
    request = decodeCodecRequest(body, format);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    const other = format === "msgpack" ? "protobuf" : "msgpack";
    if (isRequest(body, other)) {
      throw new ApiError(415, `The content type says ${format}, but the body is ${other}.`, { cause: error });
    }
    const status = error.code === "CODEC_LIMIT_EXCEEDED" ? 413 : 400;
    throw new ApiError(status, `The body is not a valid ${format} request: ${error.message}`, {
      cause: error,
    });
  }
  const { promptIds, maxTokens, temperature, stop, streamFormat, extra } = request;
  return {
    model,
    stream: true,
    ...Object.fromEntries([...extra].filter(([key]) => key !== "__proto__")),
    prompt: [...promptIds],
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(stop !== undefined && { stop: [...stop] }),
    stream_format: streamFormat ?? format,
  };
}
