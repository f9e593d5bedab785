// The one error class of this layer. Its code is one of the two harmony unions in errors.ts.

import { type HarmonyErrorCode, TokenwireError } from "../errors.ts";

export interface HarmonyErrorOptions {
  /** Index of the offending token among all tokens fed. */
  readonly tokenIndex?: number | undefined;
  /** The text concerned, as far as it is known. */
  readonly text?: string | undefined;
  /** Where in a JSON value the fault is, such as `$.messages[2].content`. */
  readonly path?: string | undefined;
  readonly cause?: unknown;
}

/**
 * Raised for misuse, for conversations that cannot be rendered, and for model output that compat or strict mode
 * rejects. Where openai-harmony raises too, the message contains its text.
 */
export class HarmonyError extends TokenwireError {
  declare readonly code: HarmonyErrorCode;
  readonly tokenIndex: number | undefined;
  readonly text: string | undefined;
  readonly path: string | undefined;

  constructor(code: HarmonyErrorCode, message: string, options: HarmonyErrorOptions = {}) {
    super(code, message, options);
    this.name = "HarmonyError";
    this.tokenIndex = options.tokenIndex;
    this.text = options.text;
    this.path = options.path;
  }
}
