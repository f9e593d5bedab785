// Cutting text by tokens, always between characters.

import { continuesUtf8 } from "../bytes/index.ts";
import { refuse, requireInteger } from "./arguments.ts";
import type { Encoding } from "./encoding.ts";
import { offsetsOf } from "./offsets.ts";

export interface SplitOptions {
  /** Most tokens that a chunk may have. A single character with more of them is a chunk by itself. */
  readonly maxTokens: number;
  /** Tokens that a chunk repeats from the end of the one before; less than `maxTokens`. Default: 0. */
  readonly overlap?: number;
}

/** How much text to encode at least for the first `limit` tokens: grown until it suffices. */
const UNITS_PER_TOKEN = 8;

/** A text's tokens, for those of them that begin a character: `starts[i]` is where token i begins in UTF-16 units. */
interface TokenStarts {
  readonly ids: Uint32Array;
  /** Start of each token, and the length of the text at the end. */
  readonly starts: Uint32Array;
  /** Whether the text can be cut before token i; at the end it can. */
  readonly cuttable: Uint8Array;
}

function tokenStarts(encoding: Encoding, text: string): TokenStarts {
  const ids = encoding.base.engine.encode(text);
  const bytes = encoding.decodeTokensBytes(ids);
  const starts = new Uint32Array(ids.length + 1);
  starts.set(offsetsOf(bytes, "utf16"));
  starts[ids.length] = text.length;
  const cuttable = new Uint8Array(ids.length + 1).fill(1);
  for (const [i, token] of bytes.entries()) if (continuesUtf8(token[0]!)) cuttable[i] = 0;
  return { ids, starts, cuttable };
}

export function encodeToLimit(encoding: Encoding, text: string, limit: number): Uint32Array {
  const { ids, cuttable } = tokenStarts(encoding, enoughText(encoding, text, limit));
  let end = Math.min(limit, ids.length);
  while (end > 0 && cuttable[end] === 0) end--;
  return ids.slice(0, end);
}

/** A prefix of the text with more than `limit` tokens, or all of it. Its tokens up to the limit are those of the text. */
function enoughText(encoding: Encoding, text: string, limit: number): string {
  const whole = encoding.base.normalize(text);
  for (let units = (limit + 16) * UNITS_PER_TOKEN; units < whole.length; units *= 4) {
    const cut = encoding.base.safeCut(whole, units);
    const head = whole.slice(0, cut);
    if (encoding.base.engine.count(head) > limit) return head;
  }
  return whole;
}

export function splitAtTokens(
  encoding: Encoding,
  text: string,
  limit: number,
): { readonly head: string; readonly tail: string } {
  const whole = encoding.base.normalize(text);
  const head = enoughText(encoding, whole, limit);
  const { end } = chunkEnd(encoding, head, tokenStarts(encoding, head), 0, limit);
  return { head: whole.slice(0, end), tail: whole.slice(end) };
}

/**
 * The end of the longest chunk from token `first` with at most `limit` tokens, as a token index and in UTF-16 units.
 * Cutting inside a piece can make its first part merge differently, so the chunk is counted again.
 */
function chunkEnd(
  encoding: Encoding,
  text: string,
  { starts, cuttable }: TokenStarts,
  first: number,
  limit: number,
): { readonly token: number; readonly end: number } {
  const last = cuttable.length - 1;
  const begin = starts[first]!;
  for (let token = Math.min(first + limit, last); token > first; token--) {
    if (cuttable[token] === 0) continue;
    const end = starts[token]!;
    if (encoding.base.engine.count(text.slice(begin, end), limit) <= limit) return { token, end };
  }
  // Tokens that share a character: no border between tokens is early enough, so characters are counted.
  let token = first + 1;
  while (cuttable[token] === 0) token++;
  return { token, end: begin + fittingCharacters(encoding, text.slice(begin, starts[token]), limit) };
}

/** Length of the longest part of `text`, in whole characters, with at most `limit` tokens; at least one character. */
function fittingCharacters(encoding: Encoding, text: string, limit: number): number {
  let length = 0;
  for (const character of text) {
    const next = length + character.length;
    if (length > 0 && encoding.base.engine.count(text.slice(0, next), limit) > limit) break;
    length = next;
  }
  return length;
}

export function splitByTokens(
  encoding: Encoding,
  text: string,
  { maxTokens, overlap = 0 }: Partial<SplitOptions> = {},
): string[] {
  requireInteger(maxTokens, "maxTokens", 1);
  requireInteger(overlap, "overlap", 0);
  if (overlap >= maxTokens) refuse(`overlap must be less than maxTokens (${maxTokens})`, overlap);
  const whole = encoding.base.normalize(text);
  const tokens = tokenStarts(encoding, whole);
  const count = tokens.ids.length;
  const chunks: string[] = [];
  for (let first = 0; first < count; ) {
    const { token, end } = chunkEnd(encoding, whole, tokens, first, maxTokens);
    chunks.push(whole.slice(tokens.starts[first], end));
    for (let at = end; at < tokens.starts[token]!; ) {
      const size = fittingCharacters(encoding, whole.slice(at, tokens.starts[token]), maxTokens);
      chunks.push(whole.slice(at, at + size));
      at += size;
    }
    if (token >= count) break;
    let next = Math.max(token - overlap, first + 1);
    while (next < token && tokens.cuttable[next] === 0) next++;
    first = next;
  }
  return chunks;
}
