// Errors in Anthropic's shape, for everything below `/v1/messages`.

import type { ApiError } from "../api-error.ts";

const types: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  500: "api_error",
  503: "overloaded_error",
  504: "timeout_error",
  529: "overloaded_error",
};

export interface MessagesErrorBody {
  readonly type: "error";
  readonly error: {
    readonly type: string;
    readonly message: string;
    readonly details?: Readonly<Record<string, unknown>>;
  };
  readonly request_id: string;
}

export function toMessagesError(error: ApiError, requestId: string): MessagesErrorBody {
  const type = types[error.status] ?? (error.status >= 500 ? "api_error" : "invalid_request_error");
  const { message, details } = error;
  return { type: "error", error: { type, message, ...(details && { details }) }, request_id: requestId };
}
