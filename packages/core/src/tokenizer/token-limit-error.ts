import { TokenwireError } from "../errors.ts";

/** TOKEN_LIMIT_EXCEEDED: text has more tokens than the caller allows. */
export class TokenLimitError extends TokenwireError {
  readonly tokenCount: number;
  readonly limit: number;

  constructor(tokenCount: number, limit: number) {
    super(
      "TOKEN_LIMIT_EXCEEDED",
      `Input produces ${tokenCount} tokens which exceeds the limit of ${limit}. Shorten the text or raise maxTokens.`,
    );
    this.name = "TokenLimitError";
    this.tokenCount = tokenCount;
    this.limit = limit;
  }
}
