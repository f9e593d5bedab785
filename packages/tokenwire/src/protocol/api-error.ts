// The boundary between local errors (string codes) and wire errors (OpenAI's shape). Nothing else builds an error
// body, so a message can never carry a stack, a path or an upstream body by accident.

import { TokenwireError } from "@tokenwire/core";

/** The `type` of an error body; clients mostly decide by status. */
export type ApiErrorType =
  | "invalid_request_error"
  | "authentication_error"
  | "permission_error"
  | "not_found_error"
  | "rate_limit_error"
  | "server_error";

export interface ApiErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: ApiErrorType;
    readonly param: string | null;
    readonly code: string | null;
  };
}

export interface ApiErrorOptions {
  /** JSON path of the fault, such as `messages[1].content[0]`. */
  readonly param?: string | null;
  /** Wire code, such as `model_not_found`. */
  readonly wireCode?: string | null;
  readonly type?: ApiErrorType;
  /** Extra response headers, such as `allow` or `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For clients that act on more than a code; part of Anthropic's error bodies only. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

function typeOfStatus(status: number): ApiErrorType {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

/** An error that a client may see. `message` says what was wrong, where, what is accepted and what to do. */
export class ApiError extends TokenwireError {
  readonly status: number;
  readonly type: ApiErrorType;
  readonly param: string | null;
  readonly wireCode: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(status: number, message: string, options: ApiErrorOptions = {}) {
    super("API_ERROR", message, { cause: options.cause });
    this.name = "ApiError";
    this.status = status;
    this.type = options.type ?? typeOfStatus(status);
    this.param = options.param ?? null;
    this.wireCode = options.wireCode ?? null;
    this.headers = options.headers ?? {};
    this.details = options.details;
  }

  /** The body of the answer, and of an error frame in a stream. */
  toBody(): ApiErrorBody {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.wireCode } };
  }
}

/** 400: the request is wrong at `param`. */
export function invalidRequest(
  param: string | null,
  message: string,
  wireCode: string | null = null,
): ApiError {
  return new ApiError(400, message, { param, wireCode });
}

/** 400: a field we know and cannot honour here; refused by name rather than ignored. */
export function unsupportedParameter(param: string, message: string): ApiError {
  return new ApiError(400, message, { param, wireCode: "unsupported_parameter" });
}

/** 404 for a model that is not served, naming those that are. */
export function modelNotFound(model: string, available: readonly string[]): ApiError {
  return new ApiError(404, `The model ${quote(model)} does not exist. Available: ${available.join(", ")}.`, {
    param: "model",
    wireCode: "model_not_found",
  });
}

/** A client's value in an error message: quoted, shortened, with control characters escaped. */
export function quote(value: string, limit = 80): string {
  const short = value.length > limit ? `${value.slice(0, limit)}…` : value;
  return JSON.stringify(short);
}

/** Removes what an upstream's message may reveal: organisation and project ids, URLs, keys, file paths. */
export function sanitiseMessage(message: string): string {
  return message
    .replace(/\b(?:org|proj)[-_][A-Za-z0-9_-]+/g, "[redacted]")
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi, "[redacted]")
    .replace(/\b(?:sk|key|Bearer)[-_ ][A-Za-z0-9._-]{8,}/g, "[redacted]")
    .replace(/(?:^|(?<=[\s"'(]))(?:\/[\w.@-]+){2,}/g, "[redacted]")
    .replace(/\b0x[0-9a-f]{6,}\b/gi, "[redacted]")
    .slice(0, 2_000);
}
