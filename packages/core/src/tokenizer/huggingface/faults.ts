// The two ways a tokenizer file can be refused.

import { TokenwireError } from "../../errors.ts";

/** The file contradicts itself; `path` is where, in JSON path notation. */
export function invalidTokenizer(path: string, message: string, cause?: unknown): TokenwireError {
  return new TokenwireError("INVALID_TOKENIZER", `Invalid tokenizer: ${path}: ${message}`, { cause });
}

/** The file is sound but uses something that is not implemented. */
export function unsupportedTokenizer(path: string, message: string, cause?: unknown): TokenwireError {
  return new TokenwireError("UNSUPPORTED_TOKENIZER", `Unsupported tokenizer: ${path}: ${message}`, { cause });
}
