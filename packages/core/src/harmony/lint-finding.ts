// What the linter reports.

export type LintCode =
  | "call-without-result"
  | "channel-not-allowed"
  | "content-type-unreadable"
  | "content-misplaced"
  | "integer-like-keys"
  | "lone-surrogate"
  | "missing-channel"
  | "name-unreadable"
  | "recipient-unreadable"
  | "channel-unreadable"
  | "result-without-call"
  | "schema-degrades"
  | "special-token-id"
  | "special-token-text"
  | "tool-without-name"
  | "unknown-recipient";

export interface LintFinding {
  readonly code: LintCode;
  /** `error`: cannot be rendered. `warning`: is rendered, but hardly as meant. */
  readonly severity: "error" | "warning";
  /** Index of the message. */
  readonly message: number;
  /** Where in the message, such as `content[0].tools.functions`. */
  readonly path: string;
  /** What is wrong and what to do. */
  readonly text: string;
}

/** Takes a finding about the message at hand. */
export type Reporter = (
  code: LintCode,
  path: string,
  text: string,
  severity?: LintFinding["severity"],
) => void;
