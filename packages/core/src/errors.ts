// One error class and one table of codes. The table documents the codes (docs/3-reference/errors.md is generated
// from it); callers switch on `code`, never on message text.

/** When an error code is raised and what the reader can do about it. */
export interface ErrorDescription {
  readonly when: string;
  readonly remedy: string;
}

/** Every code a `TokenwireError` can carry. Keep the rows sorted, here and in the table. */
export type ErrorCode =
  | "API_ERROR"
  | "CODEC_BAD_FRAME"
  | "CODEC_BAD_MAP"
  | "CODEC_BAD_POLICY"
  | "CODEC_FETCH_FAILED"
  | "CODEC_HASH_MISMATCH"
  | "CODEC_LIMIT_EXCEEDED"
  | "CODEC_NOT_FOUND"
  | "CODEC_TRUNCATED"
  | "CODEC_UNSUPPORTED"
  | "CODEC_VERSION_REQUIRED"
  | "CODEC_ZSTD_DICT"
  | "DAMAGED_VOCABULARY"
  | "DOWNLOAD_FAILED"
  | "INVALID_ARGUMENT"
  | "INVALID_DATASET"
  | "INVALID_GGUF"
  | "INVALID_GRAMMAR"
  | "INVALID_JSON"
  | "INVALID_PROFILE"
  | "INVALID_TOKEN"
  | "INVALID_TOKENIZER"
  | "INVALID_UTF8"
  | "MCP_FAILED"
  | "MODEL_NOT_FOUND"
  | "PARSER_ENDED"
  | "SPECIAL_TOKEN_IN_TEXT"
  | "TEMPLATE_FAILED"
  | "TEMPLATE_INVALID"
  | "TEMPLATE_LIMIT_EXCEEDED"
  | "TEMPLATE_REFUSED"
  | "TOKEN_LIMIT_EXCEEDED"
  | "UNKNOWN_ENCODING"
  | "UNKNOWN_PARSER"
  | "UNSUPPORTED_MODEL"
  | "UNSUPPORTED_TOKENIZER";

/** Codes of `HarmonyError`: misuse of the harmony layer. What a model's output can do wrong has its own table there. */
export type HarmonyErrorCode =
  | "disallowed-special"
  | "invalid-conversation"
  | "invalid-message"
  | "invalid-snapshot"
  | "invalid-token"
  | "invalid-utf8"
  | "render"
  | "unexpected-token"
  | "unknown-encoding"
  | "unknown-namespace"
  | "unknown-role"
  | "vocabulary-hash"
  | HarmonyDiagnosticCode;

/** What can be wrong with a model's harmony output; documented in `harmony/diagnostic-meanings.ts`. */
export type HarmonyDiagnosticCode =
  | "abandoned-header"
  | "abandoned-prefix"
  | "author-name"
  | "bare-recipient"
  | "call-after-end"
  | "channel-as-role"
  | "conflicting-recipient"
  | "constrain-prose"
  | "duplicate-channel"
  | "duplicate-message-marker"
  | "duplicate-recipient"
  | "duplicate-role"
  | "duplicate-start"
  | "empty-channel"
  | "empty-recipient"
  | "extra-header-words"
  | "header-too-long"
  | "implicit-end"
  | "implicit-start"
  | "invalid-header-word"
  | "invalid-utf8"
  | "marker-in-header"
  | "markerless"
  | "missing-channel-marker"
  | "missing-message-marker"
  | "missing-role"
  | "noncanonical-channel"
  | "special-in-content"
  | "stop-after-end"
  | "stop-endoftext"
  | "stray-special"
  | "stray-text"
  | "stray-whitespace"
  | "tool-call-on-analysis"
  | "tool-name-as-channel"
  | "tool-role"
  | "truncated-content"
  | "truncated-header"
  | "unknown-role"
  | "unknown-token";

export const errorTable: Readonly<Record<ErrorCode, ErrorDescription>> = {
  API_ERROR: {
    when: "A request to the server cannot be answered; the error also has a status, a type, a param and a wire code.",
    remedy: "The message says what was wrong, where, and what is accepted.",
  },
  CODEC_BAD_FRAME: {
    when: "Bytes received as Codec frames or as a tokenwire stream are not valid in that format.",
    remedy:
      "Check that the format given to the decoder is the one in the response's Content-Type; the message names the fault.",
  },
  CODEC_BAD_MAP: {
    when: "A dialect map, or its pre-tokenizer program, breaks a rule of the map format.",
    remedy: "The message names the field and what is accepted; rebuild the map from the original tokenizer.",
  },
  CODEC_BAD_POLICY: {
    when: "A safety-policy descriptor breaks a rule of its format.",
    remedy:
      "The message names the field and what is accepted; `tokenwire maps policies-sanitize` makes a publishable one.",
  },
  CODEC_FETCH_FAILED: {
    when: "A map, policy, dictionary or discovery document could not be fetched or understood.",
    remedy: "The message names the address and the status; check the origin and the address rules.",
  },
  CODEC_HASH_MISMATCH: {
    when: "Fetched bytes do not have the SHA-256 they were pinned to.",
    remedy: "Do not use the bytes; ask the publisher for the current hash.",
  },
  CODEC_LIMIT_EXCEEDED: {
    when: "External data is larger than a limit of the codec: a frame, a map, a region, a buffer.",
    remedy: "The message names the limit and its option; raise it only for a peer you trust.",
  },
  CODEC_NOT_FOUND: {
    when: "An origin does not publish the requested map, policy or dictionary (404).",
    remedy: "Check the id and the origin; the peer may not offer discovery.",
  },
  CODEC_TRUNCATED: {
    when: "A Codec stream ended before its last frame.",
    remedy: "Treat the answer as incomplete and ask again; everything before the cut was delivered.",
  },
  CODEC_UNSUPPORTED: {
    when: "A stream format, content type or map feature that this build cannot handle was asked for.",
    remedy: "The message lists what is supported.",
  },
  CODEC_VERSION_REQUIRED: {
    when: "The server answered 426: it demands a newer Codec version or a feature.",
    remedy: "Upgrade the client; the error lists the version and the features.",
  },
  CODEC_ZSTD_DICT: {
    when: "A zstd response names no usable dictionary, or one that is not loaded.",
    remedy: "Fetch the dictionary that the Codec-Zstd-Dict header names, or do not accept zstd.",
  },
  DAMAGED_VOCABULARY: {
    when: "A vocabulary file is truncated, has a wrong checksum, or contradicts itself.",
    remedy: "Reinstall the package or download the file again; compare its SHA-256 with the published one.",
  },
  DOWNLOAD_FAILED: {
    when: "A file of a model could not be fetched, or its checksum is wrong.",
    remedy: "The message says why; the next attempt resumes. Offline, name a local folder instead.",
  },
  INVALID_ARGUMENT: {
    when: "A function was called with a value outside what it accepts.",
    remedy: "The message names the argument, the value and what is accepted.",
  },
  INVALID_DATASET: {
    when: "The data of an eval cannot be read, has another checksum, or is not in the shape that the eval expects.",
    remedy: "The message names the file and the line or column.",
  },
  INVALID_GGUF: {
    when: "A GGUF file is truncated, too large in some count, or contradicts itself.",
    remedy: "Download the file again; the message names the field and its byte offset.",
  },
  INVALID_GRAMMAR: {
    when: "A grammar in EBNF or Lark, or a regular expression in it, cannot be read or expressed.",
    remedy: "Correct it; the message has the line and column.",
  },
  INVALID_JSON: {
    when: "Text that must be JSON is not, or exceeds the depth or size limit.",
    remedy: "The message names the offset, line and column of the first fault.",
  },
  INVALID_PROFILE: {
    when: "A model folder or profile file lacks something or contradicts itself.",
    remedy: "The message names the file and the field.",
  },
  INVALID_TOKEN: {
    when: "A token ID is not an integer, or not in the vocabulary.",
    remedy: "Check that the IDs come from the same encoding.",
  },
  INVALID_TOKENIZER: {
    when: "A tokenizer file (tokenizer.json, tekken.json, a rank file, GGUF metadata) contradicts itself.",
    remedy: "The message names the field and what is accepted; compare the file with its publisher's.",
  },
  INVALID_UTF8: {
    when: "Bytes that must be UTF-8 are not.",
    remedy: 'Decode with errors: "replace", or fix the bytes; the message names the offset.',
  },
  MCP_FAILED: {
    when: "An MCP server cannot be reached, breaks the protocol, or lists more than is accepted.",
    remedy: "The message names the server; check its address or program, and its log.",
  },
  MODEL_NOT_FOUND: {
    when: "A model name is neither a file, nor cached, nor known to the hub.",
    remedy: "The message lists what is accepted; check the path or the name.",
  },
  PARSER_ENDED: {
    when: "push() or end() of an output parser was called after end().",
    remedy: "Parsers are single-use: create one per output.",
  },
  SPECIAL_TOKEN_IN_TEXT: {
    when: "Text passed to encode() contains a special token that was not allowed.",
    remedy: "Pass allowedSpecial to encode it as a token, or disallowedSpecial: [] to treat it as text.",
  },
  TEMPLATE_FAILED: {
    when: "A chat template raised an error for this conversation, as it would in Python.",
    remedy: "The message names the line; send the fields and types that the template expects.",
  },
  TEMPLATE_INVALID: {
    when: "A chat template cannot be compiled.",
    remedy: "The message names the line; fix the template or choose another one.",
  },
  TEMPLATE_LIMIT_EXCEEDED: {
    when: "A chat template exceeded a limit on steps, text, nesting or time.",
    remedy: "The message names the limit; raise it only for templates you trust.",
  },
  TEMPLATE_REFUSED: {
    when: "A chat template refused the conversation with raise_exception.",
    remedy: "The message is the template's own; change the conversation accordingly.",
  },
  TOKEN_LIMIT_EXCEEDED: {
    when: "Text has more tokens than the given limit.",
    remedy: "Shorten the text or raise the limit.",
  },
  UNKNOWN_ENCODING: {
    when: "No encoding has the given name.",
    remedy: "Use one of listEncodingNames(); the message names the closest.",
  },
  UNKNOWN_PARSER: {
    when: "No tool-call or reasoning parser has the given name.",
    remedy: "Use one of listToolParsers() or listReasoningParsers(); the message names the closest.",
  },
  UNSUPPORTED_MODEL: {
    when: "No encoding is known for the given model name.",
    remedy: "Name the encoding itself, or use one of listSupportedModels().",
  },
  UNSUPPORTED_TOKENIZER: {
    when: "A tokenizer file uses a component, a regular expression or a format that is not supported.",
    remedy: "The message names the component and where it stands in the file.",
  },
};

/** Every error that tokenwire raises on purpose. `code` is stable; `message` says what was wrong and what to do. */
export class TokenwireError extends Error {
  readonly code: ErrorCode | HarmonyErrorCode;
  /** Brand that survives two copies of the package in one process, where `instanceof` does not. */
  readonly isTokenwireError = true as const;

  constructor(
    code: ErrorCode | HarmonyErrorCode,
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "TokenwireError";
    this.code = code;
  }
}

/** True for a `TokenwireError` from any copy of the package. */
export function isTokenwireError(error: unknown): error is TokenwireError {
  return typeof error === "object" && error !== null && "isTokenwireError" in error;
}
