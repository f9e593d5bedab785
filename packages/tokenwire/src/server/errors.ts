// Every failure becomes an `ApiError` here: ours, the engine's, Fastify's, and the unexpected ones, whose details go
// to the log and never to the client.

import { isTokenwireError } from "@tokenwire/core";
import type { FastifyError } from "fastify";
import { EngineError, type EngineErrorCode } from "../engines/index.ts";
import { ApiError, constraintFieldNames, sanitiseMessage } from "../protocol/index.ts";

const engineStatus: Readonly<Record<EngineErrorCode, number>> = {
  invalid_request: 400,
  context_length: 400,
  unsupported: 400,
  overloaded: 429,
  unavailable: 503,
  timeout: 504,
  internal: 500,
};
const engineWireCode: Readonly<Partial<Record<EngineErrorCode, string>>> = {
  context_length: "context_length_exceeded",
  unsupported: "unsupported_parameter",
  overloaded: "rate_limit_exceeded",
  unavailable: "overloaded",
  timeout: "timeout",
};

function isEngineError(error: unknown): error is EngineError {
  return (
    error instanceof EngineError ||
    (error instanceof Error && error.name === "EngineError" && "retryable" in error)
  );
}

function fromEngine(error: EngineError): ApiError {
  if (error.code === "unsupported" && error.status === 501) {
    // Not the request's fault, and no reason to try again.
    const headers = { "x-should-retry": "false" };
    return new ApiError(501, sanitiseMessage(error.message), {
      wireCode: "not_implemented",
      headers,
      cause: error,
    });
  }
  if (error.about === "worker" && error.status === 404) {
    return new ApiError(404, sanitiseMessage(error.message), { wireCode: "worker_not_found", cause: error });
  }
  const headers = error.retryAfterMs === undefined ? {} : retryHeaders(error.retryAfterMs);
  return new ApiError(engineStatus[error.code] ?? 500, sanitiseMessage(error.message), {
    wireCode: engineWireCode[error.code] ?? null,
    headers,
    cause: error,
  });
}

/** `retry-after` in the two spellings that clients read. */
export function retryHeaders(milliseconds: number): Record<string, string> {
  return {
    "retry-after": String(Math.max(1, Math.ceil(milliseconds / 1000))),
    "retry-after-ms": String(Math.max(1, Math.round(milliseconds))),
  };
}

/** Codes of local errors that a request can cause by its content. */
const requestFaults = new Set([
  "INVALID_JSON",
  "INVALID_UTF8",
  "INVALID_TOKEN",
  "INVALID_ARGUMENT",
  "SPECIAL_TOKEN_IN_TEXT",
  "TOKEN_LIMIT_EXCEEDED",
]);

/** The error a client gets. Unknown errors become a 500 that says nothing about the inside. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (isEngineError(error)) return fromEngine(error);
  if (isTokenwireError(error)) {
    if (requestFaults.has(error.code) || /^TEMPLATE_/.test(error.code) || error.name === "HarmonyError") {
      return new ApiError(400, sanitiseMessage(error.message), { cause: error });
    }
  }
  return new ApiError(
    500,
    "The server had an internal error. Its log has the details under this request id.",
    {
      cause: error,
      headers: { "x-should-retry": "false" },
    },
  );
}

/** Fields that may have asked for a constraint. */
const constraintFields = [...constraintFieldNames, "text", "tool_choice", "tools"];

/** The field of a body, or the header, that an engine's error is about; null where none is known. */
function fieldInError(error: unknown, body: unknown): string | null {
  if (!(error instanceof ApiError) || !isEngineError(error.cause) || !(body instanceof Map)) return null;
  const { about } = error.cause;
  if (about === "lora") return "lora_path";
  if (about === "worker") return "X-Tokenwire-Target-Worker";
  return (about && constraintFields.find((name) => (body.get(name) ?? null) !== null)) ?? null;
}

/** The error with the name of what in the request caused it, where an engine's error lacks it. */
export function withField(error: ApiError, body: unknown): ApiError {
  const param = error.param === null ? fieldInError(error, body) : null;
  if (param === null) return error;
  const { status, message, type, wireCode, headers, cause } = error;
  return new ApiError(status, message, { param, wireCode, type, headers, cause });
}

/** What Fastify raises before a handler runs: content type, body length, malformed URL. */
export function fromFastify(error: FastifyError, bodyLimit: number): ApiError {
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new ApiError(413, `The request body is larger than the limit of ${bodyLimit} bytes.`);
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
    case "FST_ERR_CTP_INVALID_TYPE":
      return new ApiError(415, "The request body must be JSON with the content type application/json.");
    case "FST_ERR_BAD_URL":
      return new ApiError(
        400,
        "The URL is not valid: a percent sign must be followed by two hexadecimal digits.",
      );
    default:
      break;
  }
  const status = error.statusCode ?? 500;
  if (status >= 500 || error.code?.startsWith("FST_") !== true) return toApiError(error);
  return new ApiError(status, error.message);
}
