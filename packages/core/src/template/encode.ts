// A rendered prompt to token IDs. Control tokens are recognised in trusted text only; everything else, whatever it
// spells, becomes ordinary tokens. Without such text among the messages the IDs are those of Hugging Face.

import type { Tokenizer } from "../tokenizer/index.ts";
import { type ControlToken, controlTokens } from "./control-tokens.ts";
import type { ChatSegment, RenderedChat } from "./rendered-chat.ts";

/** Which text may contain control tokens. */
export interface EncodeChatOptions {
  /**
   * - `"template"` (default): the template's own text.
   * - `"assistant-history"`: also markers that are not special tokens (such as `<think>`) in replayed text of the
   *   assistant; the prompt must be rendered with `markHistory`.
   * - `"all"`: all text, as Hugging Face does. User text can then forge turns.
   */
  readonly trust?: "template" | "assistant-history" | "all";
}

/** A control token in the text. */
interface Match {
  readonly start: number;
  readonly end: number;
  readonly token: ControlToken;
}

/**
 * The IDs of a prompt. Nothing is put around it: the template writes the begin-of-sequence token where there is one.
 *
 * @example encodeChat(renderChat(source, { messages }), tokenizer) // Uint32Array
 */
export function encodeChat(
  rendered: RenderedChat,
  tokenizer: Tokenizer,
  options: EncodeChatOptions = {},
): Uint32Array {
  const { trust = "template" } = options;
  const { text } = rendered;
  const everything = { allowedSpecial: "all" } as const;
  if (trust === "all" || tokenizer.specialTokens.size === 0) return tokenizer.encode(text, everything);
  const control = controlTokens(tokenizer);
  const spelled = trustedMatches(rendered.segments, control.pattern, control.tokens, trust);
  const matches = spelled.filter((match) => !match.token.singleWord || !touchesWord(text, match));
  if (control.count(text) === spelled.length) {
    // No control token is spelled outside trusted text: the tokenizer's own matching is right.
    const ids = tokenizer.encode(text, everything);
    if (countSpecial(ids, control.ids) <= matches.length) return ids;
  }
  return encodeAround(text, matches, tokenizer, control.neutral);
}

function countSpecial(ids: Uint32Array, special: ReadonlySet<number>): number {
  let count = 0;
  for (const id of ids) if (special.has(id)) count++;
  return count;
}

/** The control tokens spelled inside each stretch that may contain some. */
function trustedMatches(
  segments: readonly ChatSegment[],
  pattern: RegExp,
  tokens: ReadonlyMap<string, ControlToken>,
  trust: string,
): Match[] {
  const matches: Match[] = [];
  let start = 0;
  for (const segment of segments) {
    const markersOnly = trust === "assistant-history" && segment.history;
    if (segment.trusted || markersOnly) {
      for (const match of segment.text.matchAll(pattern)) {
        const token = tokens.get(match[0])!;
        const at = start + match.index;
        if (markersOnly && token.special) continue;
        matches.push({ start: at, end: at + match[0].length, token });
      }
    }
    start += segment.text.length;
  }
  return matches;
}

// White space and characters of words as Hugging Face's tokenizers define them; JavaScript's \s and \w differ.
const whiteSpace = /\p{White_Space}/u;
const endsWithWord = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;
const startsWithWord = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;

function touchesWord(text: string, { start, end }: Match): boolean {
  return (
    endsWithWord.test(text.slice(Math.max(0, start - 2), start)) ||
    startsWithWord.test(text.slice(end, end + 2))
  );
}

/** Encodes what lies between the tokens as ordinary text, each stretch as one string. */
function encodeAround(
  text: string,
  matches: readonly Match[],
  tokenizer: Tokenizer,
  neutral: readonly ControlToken[],
): Uint32Array {
  const pieces: (Uint32Array | readonly number[])[] = [];
  let covered = 0;
  const ordinary = (to: number): void => {
    if (to > covered) pieces.push(encodeInside(text.slice(covered, to), covered > 0, tokenizer, neutral));
  };
  for (const { start, end, token } of matches) {
    const from = token.leftStrip ? Math.max(covered, spaceBefore(text, start)) : start;
    ordinary(from);
    pieces.push([token.id]);
    covered = token.rightStrip ? spaceAfter(text, end) : end;
  }
  ordinary(text.length);
  const ids = new Uint32Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    ids.set(piece, at);
    at += piece.length;
  }
  return ids;
}

/**
 * Ordinary tokens of a stretch. Some tokenizers treat the start of a text differently from the rest (a space before
 * the first word), so a stretch that is not the start is encoded behind a control token, which is dropped again.
 */
function encodeInside(
  text: string,
  isInside: boolean,
  tokenizer: Tokenizer,
  neutral: readonly ControlToken[],
): Uint32Array {
  const lead = isInside ? neutral.find((token) => !text.includes(token.content)) : undefined;
  if (lead === undefined) return tokenizer.encodeOrdinary(text);
  const options = { allowedSpecial: [lead.content], disallowedSpecial: [] };
  return tokenizer.encode(lead.content + text, options).slice(1);
}

function spaceBefore(text: string, end: number): number {
  let start = end;
  while (start > 0 && whiteSpace.test(text.charAt(start - 1))) start--;
  return start;
}

function spaceAfter(text: string, start: number): number {
  let end = start;
  while (end < text.length && whiteSpace.test(text.charAt(end))) end++;
  return end;
}
