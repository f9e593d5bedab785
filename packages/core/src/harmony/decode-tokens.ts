// Decoding ids with the reference's error texts.

import { HarmonyError } from "./harmony-error.ts";
import type { TokenTable } from "./token-table.ts";
import { decodeUtf8Lossy, utf8SequenceAt, validUtf8Prefix } from "./utf8-tail.ts";

/**
 * The bytes of `ids` in one array.
 *
 * @throws HarmonyError invalid-token for an id outside the vocabulary
 */
export function decodeTokenBytes(table: TokenTable, ids: ArrayLike<number>): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let index = 0; index < ids.length; index++) {
    const bytes = table.bytes(ids[index]!);
    if (bytes === undefined) throw invalidToken(ids[index]!, index);
    parts.push(bytes);
    length += bytes.length;
  }
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function invalidToken(id: number, tokenIndex: number): HarmonyError {
  const problem = `Invalid token error: Invalid token for decoding: ${id}`;
  return new HarmonyError("invalid-token", `Could not decode tokens: ${problem}`, { tokenIndex });
}

/**
 * The text of `ids`, which must be valid.
 *
 * @throws HarmonyError invalid-token or invalid-utf8
 */
export function decodeStrictly(table: TokenTable, ids: ArrayLike<number>): string {
  const bytes = decodeTokenBytes(table, ids);
  const valid = validUtf8Prefix(bytes);
  if (valid === bytes.length) return decodeUtf8Lossy(bytes);
  const sequence = utf8SequenceAt(bytes, valid);
  const problem =
    sequence.kind === "incomplete"
      ? `incomplete utf-8 byte sequence from index ${valid}`
      : `invalid utf-8 sequence of ${sequence.length} bytes from index ${valid}`;
  throw new HarmonyError("invalid-utf8", `Could not decode tokens: Invalid utf-8 sequence: ${problem}`);
}

/** The text of a header, or the error that decoding it gave. */
export function decodeHeaderTokens(table: TokenTable, ids: readonly number[]): string | HarmonyError {
  let text = "";
  for (const id of ids) {
    const piece = table.text(id);
    if (piece === null) return decodeCarefully(table, ids);
    text += piece;
  }
  return text;
}

function decodeCarefully(table: TokenTable, ids: readonly number[]): string | HarmonyError {
  try {
    return decodeStrictly(table, ids);
  } catch (error) {
    if (error instanceof HarmonyError) return error;
    throw error;
  }
}
