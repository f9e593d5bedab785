import { TokenwireError } from "../../errors.ts";

/** The error for a vocabulary that lacks a single byte that the text has. */
export function missingByte(byte: number): TokenwireError {
  const shown = byte.toString(16).padStart(2, "0");
  return new TokenwireError(
    "INVALID_ARGUMENT",
    `The vocabulary has no token for byte 0x${shown}, so this text cannot be encoded. Add the 256 single bytes to it.`,
  );
}
