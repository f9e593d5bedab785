// Failures that a scripted engine raises on demand: by name, by HTTP status, or at random at a set rate.

import { EngineError, type EngineErrorCode } from "../engine.ts";

export type FailureType =
  | "rate_limit"
  | "invalid_api_key"
  | "context_length"
  | "server_error"
  | "invalid_request"
  | "model_not_found";

interface Failure {
  readonly code: EngineErrorCode;
  readonly status: number;
  readonly message: string;
}

const failures: Readonly<Record<FailureType, Failure>> = {
  rate_limit: { code: "overloaded", status: 429, message: "Rate limit reached (scripted)." },
  invalid_api_key: { code: "invalid_request", status: 401, message: "Incorrect API key (scripted)." },
  context_length: { code: "context_length", status: 400, message: "The prompt is too long (scripted)." },
  server_error: { code: "internal", status: 500, message: "The engine failed (scripted)." },
  invalid_request: { code: "invalid_request", status: 400, message: "The request is invalid (scripted)." },
  model_not_found: { code: "invalid_request", status: 404, message: "The model does not exist (scripted)." },
};

export const failureTypes: readonly FailureType[] = Object.keys(failures) as FailureType[];

export function isFailureType(name: string): name is FailureType {
  return name in failures;
}

/** The error of a failure type. */
export function createFailure(type: FailureType): EngineError {
  const { code, status, message } = failures[type];
  const retryable = status === 429 || status >= 500;
  return new EngineError(code, message, {
    status,
    retryable,
    ...(status === 429 && { retryAfterMs: 1000 }),
  });
}

/** The error for an HTTP status from 400 to 599 as a header gives it; anything else counts as 400. */
export function createStatusFailure(text: string): EngineError {
  const status = /^[45]\d\d$/.test(text) ? Number(text) : 400;
  const code = codeOfStatus(status);
  return new EngineError(code, `The engine answers ${status} as asked (scripted).`, {
    status,
    retryable: code === "overloaded" || code === "unavailable" || code === "timeout",
    ...(status === 429 && { retryAfterMs: 1000 }),
  });
}

function codeOfStatus(status: number): EngineErrorCode {
  if (status === 429) return "overloaded";
  if (status === 408 || status === 504) return "timeout";
  if (status === 502 || status === 503) return "unavailable";
  if (status === 501) return "unsupported";
  return status >= 500 ? "internal" : "invalid_request";
}
