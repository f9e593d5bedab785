// Error bodies as SMG writes them, for clients that were written for that gateway: one shape for bodies that cannot be
// read and requests that are wrong, another for everything else, and a third on the endpoints of the parsers.

import type { ApiError } from "./api-error.ts";

export interface SmgError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

const reasons: Readonly<Record<number, string>> = {
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Payload Too Large",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** @param forParsers on `/parse/…`, whose errors are a text. */
export function toSmgError(error: ApiError, forParsers = false): SmgError {
  const { status, headers, message, param } = error;
  if (forParsers) return { status, headers, body: { error: parserMessage(message, param), success: false } };
  if (status === 415) return unreadable(error, "Missing Content-Type: application/json header");
  if (status !== 400) return routerError(error);
  if (error.wireCode === "json_parse_error") {
    return unreadable(
      error,
      message.replace(/^The body is not valid (?:JSON|UTF-8): /, "JSON syntax error: "),
    );
  }
  const isOfWrongType = /^Missing required parameter: |: expected .+, got /.test(message);
  if (isOfWrongType) return unreadable(error, `Invalid JSON data: ${message}`);
  return { status, headers, body: { error: { message, type: "invalid_request_error", code: status } } };
}

function unreadable({ headers }: ApiError, message: string): SmgError {
  const body = { error: { message, type: "invalid_request_error", code: "json_parse_error" } };
  return { status: 400, headers, body };
}

function routerError({ status, headers, message, wireCode, type }: ApiError): SmgError {
  const code = wireCode ?? type;
  const model = code === "model_not_found" ? quotedIn(message) : undefined;
  return {
    status,
    headers: { ...headers, "x-smg-error-code": code },
    body: {
      error: {
        type: reasons[status] ?? "Error",
        code,
        message: model === undefined ? message : `No worker available for model '${model}'`,
        param: null,
      },
    },
  };
}

function parserMessage(message: string, param: string | null): string {
  const name = message.startsWith("Unknown parser ") ? quotedIn(message) : undefined;
  if (name === undefined) return message;
  return `Unknown ${param === "reasoning_parser" ? "reasoning" : "tool"} parser: ${name}`;
}

/** The first text in quotes. */
function quotedIn(message: string): string | undefined {
  const quoted = /"(?:[^"\\]|\\.)*"/.exec(message)?.[0];
  return quoted === undefined ? undefined : (JSON.parse(quoted) as string);
}
