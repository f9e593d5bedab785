// Errors of the wire: one base class, so that `catch (error) { if (error instanceof CodecError) … }` covers frames, maps,
// discovery and policies, and a subclass wherever a caller needs more than the message.

import { type ErrorCode, TokenwireError } from "../errors.ts";

/** Base of every error raised by `@tokenwire/core/codec`. */
export class CodecError extends TokenwireError {
  constructor(code: ErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(code, message, options);
    this.name = new.target.name;
  }
}

/** Bytes that are not a frame (or record) of the expected format. */
export class CodecFrameError extends CodecError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super("CODEC_BAD_FRAME", message, options);
  }
}

/** External data beyond a limit; nothing was allocated for it. */
export class CodecLimitError extends CodecError {
  constructor(message: string) {
    super("CODEC_LIMIT_EXCEEDED", message);
  }
}

/** The byte stream ended without its last frame. `midFrame`: bytes of an unfinished frame were left over. */
export class CodecStreamTruncatedError extends CodecError {
  readonly midFrame: boolean;
  constructor(message: string, midFrame: boolean) {
    super("CODEC_TRUNCATED", message);
    this.midFrame = midFrame;
  }
}
