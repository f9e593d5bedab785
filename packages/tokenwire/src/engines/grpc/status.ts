// Status codes of gRPC as errors of engines. https://grpc.io/docs/guides/status-codes/

import { EngineError, type EngineErrorCode } from "../engine.ts";
import { isContextError, plainMessage, retryable } from "../remote/error-mapping.ts";

interface Meaning {
  readonly code: EngineErrorCode;
  /** The HTTP status that says the same. */
  readonly status?: number;
}

const meanings: Readonly<Record<number, Meaning>> = {
  1: { code: "unavailable" }, // CANCELLED, by the server
  2: { code: "internal", status: 500 }, // UNKNOWN
  3: { code: "invalid_request", status: 400 }, // INVALID_ARGUMENT
  4: { code: "timeout", status: 504 }, // DEADLINE_EXCEEDED
  5: { code: "invalid_request", status: 404 }, // NOT_FOUND
  7: { code: "invalid_request", status: 403 }, // PERMISSION_DENIED
  8: { code: "overloaded", status: 429 }, // RESOURCE_EXHAUSTED
  9: { code: "invalid_request", status: 400 }, // FAILED_PRECONDITION
  11: { code: "invalid_request", status: 400 }, // OUT_OF_RANGE
  12: { code: "unsupported", status: 501 }, // UNIMPLEMENTED
  13: { code: "internal", status: 500 }, // INTERNAL
  14: { code: "unavailable", status: 503 }, // UNAVAILABLE
  16: { code: "invalid_request", status: 401 }, // UNAUTHENTICATED
};

/** The error for a call that failed. */
export function grpcError(engine: string, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const { code = 13, details, message } = error as { code?: number; details?: string; message: string };
  const text = plainMessage(details || message);
  const meaning = meanings[code] ?? { code: "internal" };
  // Our own limit, reported under the code that otherwise means a busy server.
  const tooLarge = code === 8 && /message larger than max/.test(text);
  const kind = tooLarge ? "internal" : isContextError(text) ? "context_length" : meaning.code;
  return new EngineError(kind, `${engine}: ${text}`, {
    ...(meaning.status !== undefined && { status: meaning.status }),
    retryable: !tooLarge && retryable.has(kind),
    cause: error,
  });
}
