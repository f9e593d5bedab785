// Rank files: one line per token, its bytes in base64 and its rank, which is its ID. The format of tiktoken.

import { decodeBase64, encodeBase64 } from "../bytes/index.ts";
import { isTokenwireError, TokenwireError } from "../errors.ts";
import type { Encoding } from "./encoding.ts";
import type { RankedToken } from "./vocabulary/build-trie.ts";
import { bytesOf } from "./vocabulary/token-table.ts";

/** Tokens with their ranks: a list, or a map from bytes to rank. */
export type Ranks = readonly RankedToken[] | ReadonlyMap<Uint8Array, number>;

/** Ranks as a list, in any of the accepted forms. */
export function rankedTokens(ranks: Ranks): readonly RankedToken[] {
  return ranks instanceof Map
    ? Array.from(ranks, ([bytes, id]) => ({ bytes, id }))
    : (ranks as readonly RankedToken[]);
}

/**
 * The tokens of a .tiktoken file, in its order. `name` stands for the file in errors.
 *
 *     parseTiktoken("aGVsbG8= 0\n"); // [{ bytes: Uint8Array [104, 101, 108, 108, 111], id: 0 }]
 *
 * Raises DAMAGED_VOCABULARY with the line for anything else than lines of base64, white space and a rank.
 */
export function parseTiktoken(text: string, name = "the rank file"): RankedToken[] {
  const tokens: RankedToken[] = [];
  let number = 0;
  for (const line of text.split("\n")) {
    number++;
    if (line.trim() === "") continue;
    tokens.push(parseLine(line, number, name));
  }
  return tokens;
}

function parseLine(line: string, number: number, name: string): RankedToken {
  const fields = line.trim().split(/\s+/);
  const [base64 = "", rank = ""] = fields;
  const shown = JSON.stringify(line.slice(0, 80));
  const fail = (why: string, cause?: unknown): TokenwireError =>
    new TokenwireError("DAMAGED_VOCABULARY", `Error parsing line ${number} in ${name}: ${why}: ${shown}.`, {
      cause,
    });
  if (fields.length !== 2 || !/^\d{1,8}$/.test(rank)) throw fail("expected a token in base64 and its rank");
  try {
    const bytes = decodeBase64(base64);
    if (bytes.length === 0) throw fail("the token is empty");
    return { bytes, id: Number(rank) };
  } catch (error) {
    if (isTokenwireError(error) && error.code === "DAMAGED_VOCABULARY") throw error;
    throw fail("the token is not base64", error);
  }
}

/** The .tiktoken file of an encoding's ordinary tokens, in order of rank: what `parseTiktoken` reads. */
export function serialiseTiktoken(encoding: Encoding): string {
  const { table } = encoding.base;
  const lines: string[] = [];
  for (let id = 0; id < table.idCount; id++) {
    const token = bytesOf(table, id);
    if (token.length > 0) lines.push(`${encodeBase64(token)} ${id}\n`);
  }
  return lines.join("");
}
