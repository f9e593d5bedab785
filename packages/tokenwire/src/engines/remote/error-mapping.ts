// Errors of engines in every shape they send, as `EngineError`s.

import { EngineError, type EngineErrorCode } from "../engine.ts";

const byStatus: Readonly<Record<number, EngineErrorCode>> = {
  408: "timeout",
  429: "overloaded",
  500: "internal",
  501: "unsupported",
  502: "unavailable",
  503: "unavailable",
  504: "timeout",
};

/** Kinds of failure that another attempt may not meet. */
export const retryable: ReadonlySet<EngineErrorCode> = new Set<EngineErrorCode>([
  "timeout",
  "overloaded",
  "internal",
  "unavailable",
]);
const contextWords =
  /context (?:length|size|window)|maximum context|longer than the (?:maximum )?model|exceed_context_size|input length .* exceeds the maximum/i;
const messageLimit = 1024;

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;

/** The message in an error body: OpenAI's shape, the flat ones of older servers, Ollama's, or plain text. */
export function errorMessage(body: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return body.slice(0, messageLimit);
  }
  return messageOf(parsed) ?? body.slice(0, messageLimit);
}

function messageOf(value: unknown): string | undefined {
  if (!isObject(value)) return undefined;
  const { error, message, detail } = value;
  const text = isObject(error) ? (error["message"] ?? error["type"]) : (error ?? message ?? detail);
  if (text === undefined) return undefined;
  return plainMessage(typeof text === "string" ? text : JSON.stringify(text));
}

/** A server's message as it may be shown: account names of an upstream are nobody else's business. */
export function plainMessage(text: string): string {
  return text.replace(/\b(?:org|proj)[-_][A-Za-z0-9]+/g, "…").slice(0, messageLimit);
}

/** Whether a message says that the prompt is too long. */
export function isContextError(message: string): boolean {
  return contextWords.test(message);
}

function codeOf(status: number, text: string): EngineErrorCode {
  if (status === 400 && isContextError(text)) return "context_length";
  return byStatus[status] ?? "invalid_request";
}

/** The error for an HTTP answer that is not a success. */
export function httpError(
  engine: string,
  status: number,
  body: string,
  retryAfter: string | undefined,
): EngineError {
  const message = errorMessage(body);
  const code = codeOf(status, message + body);
  const seconds = Number(retryAfter ?? Number.NaN);
  return new EngineError(code, `${engine}: ${message || `HTTP status ${status}`}`, {
    status,
    retryable: retryable.has(code),
    ...(Number.isFinite(seconds) && { retryAfterMs: seconds * 1000 }),
  });
}

/** The error for an object that a stream sent in place of output; undefined when it is none. */
export function streamError(engine: string, event: unknown): EngineError | undefined {
  const isError = isObject(event) && (event["error"] !== undefined || event["object"] === "error");
  if (!isError) return undefined;
  const message = messageOf(event) ?? "unknown error";
  const status = statusIn(event);
  const code =
    status === undefined
      ? isContextError(message)
        ? "context_length"
        : "internal"
      : codeOf(status, message);
  return new EngineError(code, `${engine}: ${message}`, {
    retryable: status !== undefined && retryable.has(code),
  });
}

/** vLLM refuses a streamed request with status 200 and says in the stream what it would have been. */
function statusIn(event: Json): number | undefined {
  const { error } = event;
  const status = isObject(error) ? error["code"] : event["code"];
  return typeof status === "number" && status >= 400 && status < 600 ? status : undefined;
}

/** The error for a connection that failed or broke. */
export function connectionError(engine: string, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const { message } = error as Error;
  const code = (error as { code?: string }).code;
  const reason = message === "" ? (code ?? "connection failed") : message;
  return new EngineError("unavailable", `${engine}: ${reason}`, { retryable: true, cause: error });
}
