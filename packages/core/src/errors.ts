// One error class and one table of codes. The table documents the codes (docs/3-reference/errors.md is generated
// from it); callers switch on `code`, never on message text.

/** When an error code is raised and what the reader can do about it. */
export interface ErrorDescription {
  readonly when: string;
  readonly remedy: string;
}

/** Every code a `TokenwireError` can carry. Keep the rows sorted, here and in the table. */
export type ErrorCode =
  | "DAMAGED_VOCABULARY"
  | "INVALID_ARGUMENT"
  | "INVALID_GGUF"
  | "INVALID_JSON"
  | "INVALID_TOKEN"
  | "INVALID_UTF8"
  | "SPECIAL_TOKEN_IN_TEXT"
  | "TOKEN_LIMIT_EXCEEDED"
  | "UNKNOWN_ENCODING"
  | "UNSUPPORTED_MODEL";

export const errorTable: Readonly<Record<ErrorCode, ErrorDescription>> = {
  DAMAGED_VOCABULARY: {
    when: "A vocabulary file is truncated, has a wrong checksum, or contradicts itself.",
    remedy: "Reinstall the package or download the file again; compare its SHA-256 with the published one.",
  },
  INVALID_ARGUMENT: {
    when: "A function was called with a value outside what it accepts.",
    remedy: "The message names the argument, the value and what is accepted.",
  },
  INVALID_GGUF: {
    when: "A GGUF file is truncated, too large in some count, or contradicts itself.",
    remedy: "Download the file again; the message names the field and its byte offset.",
  },
  INVALID_JSON: {
    when: "Text that must be JSON is not, or exceeds the depth or size limit.",
    remedy: "The message names the offset, line and column of the first fault.",
  },
  INVALID_TOKEN: {
    when: "A token ID is not an integer, or not in the vocabulary.",
    remedy: "Check that the IDs come from the same encoding.",
  },
  INVALID_UTF8: {
    when: "Bytes that must be UTF-8 are not.",
    remedy: 'Decode with errors: "replace", or fix the bytes; the message names the offset.',
  },
  SPECIAL_TOKEN_IN_TEXT: {
    when: "Text passed to encode() contains a special token that was not allowed.",
    remedy: "Pass allowedSpecial to encode it as a token, or disallowedSpecial: [] to treat it as text.",
  },
  TOKEN_LIMIT_EXCEEDED: {
    when: "Text has more tokens than the given limit.",
    remedy: "Shorten the text or raise the limit.",
  },
  UNKNOWN_ENCODING: {
    when: "No encoding has the given name.",
    remedy: "Use one of listEncodingNames(); the message names the closest.",
  },
  UNSUPPORTED_MODEL: {
    when: "No encoding is known for the given model name.",
    remedy: "Name the encoding itself, or use one of listSupportedModels().",
  },
};

/** Every error that tokenwire raises on purpose. `code` is stable; `message` says what was wrong and what to do. */
export class TokenwireError extends Error {
  readonly code: ErrorCode;
  /** Brand that survives two copies of the package in one process, where `instanceof` does not. */
  readonly isTokenwireError = true as const;

  constructor(code: ErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "TokenwireError";
    this.code = code;
  }
}

/** True for a `TokenwireError` from any copy of the package. */
export function isTokenwireError(error: unknown): error is TokenwireError {
  return typeof error === "object" && error !== null && "isTokenwireError" in error;
}
