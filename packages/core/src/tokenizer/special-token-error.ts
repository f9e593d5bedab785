import { TokenwireError } from "../errors.ts";

/** SPECIAL_TOKEN_IN_TEXT: text passed to `encode` contains a special token that was not allowed. */
export class SpecialTokenError extends TokenwireError {
  /** The special token found. */
  readonly token: string;
  /** Where it starts in the text, in UTF-16 units. */
  readonly index: number;

  constructor(token: string, index: number) {
    super("SPECIAL_TOKEN_IN_TEXT", tiktokenMessage(token));
    this.name = "SpecialTokenError";
    this.token = token;
    this.index = index;
  }
}

/** As tiktoken words it, to the letter: programs that moved from Python match on this text. */
function tiktokenMessage(token: string): string {
  const shown = pythonRepr(token);
  return (
    `Encountered text corresponding to disallowed special token ${shown}.\n` +
    "If you want this text to be encoded as a special token, " +
    `pass it to \`allowed_special\`, e.g. \`allowed_special={${shown}, ...}\`.\n` +
    "If you want this text to be encoded as normal text, disable the check for this token " +
    `by passing \`disallowed_special=(enc.special_tokens_set - {${shown}})\`.\n` +
    "To disable this check for all special tokens, pass `disallowed_special=()`.\n"
  );
}

/** A string as Python prints it inside a container: single quotes unless only they occur in it. */
function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}
