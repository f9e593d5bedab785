// What a pre-tokenizer is, and the rules that all families share. Pre-tokenizers cut text into pieces before byte
// pairs are merged; they are hand-written scanners over UTF-8 bytes, because regular expressions are slow here, can
// overflow the stack on long runs, and disagree between engines about white space and Unicode versions.

import { classify, SPACE } from "./character-classes.ts";

/**
 * End of the piece that starts at byte `start` of valid UTF-8 `bytes`, of which `end` ends the text; always more
 * than `start`. Bytes after `end` must exist for at least 16 positions and are ignored.
 *
 * A negative result `-e` says that the text from `start` to `e` matches no alternative of the pattern; tiktoken
 * leaves such text out. Only patterns from outside can do that: in the known families every character matches.
 */
export type Scanner = (bytes: Uint8Array, start: number, end: number) => number;

export const LINE_FEED = 10;
export const CARRIAGE_RETURN = 13;
export const SPACE_BYTE = 32;
export const APOSTROPHE = 39;

/** True for the two bytes that the families call a newline: LF and CR. */
export function isNewline(byte: number): boolean {
  return byte === LINE_FEED || byte === CARRIAGE_RETURN;
}

/** End of the run of characters from `start`, at most `limit` of them, that have any flag of `mask`. */
export function runOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  mask: number,
  limit: number = end,
): number {
  let position = start;
  for (let taken = 0; taken < limit && position < end; taken++) {
    const found = classify(bytes, position);
    if (((found >> 3) & mask) === 0) break;
    position += found & 7;
  }
  return position;
}

/** End of the run of characters from `start` that have no flag of `mask`. */
export function runWithout(bytes: Uint8Array, start: number, end: number, mask: number): number {
  let position = start;
  while (position < end) {
    const found = classify(bytes, position);
    if (((found >> 3) & mask) !== 0) break;
    position += found & 7;
  }
  return position;
}

/** Which ending a run of white space with a newline has: see `whiteSpaceEnd`. */
export type NewlineRule = "none" | "last-newline" | "last-newline-unless-at-end";

/**
 * End of a white-space piece. A run up to the end of the text is one piece; otherwise the last character is left for
 * the next piece, to which it may belong as a prefix (`\s+(?!\S)`). With a newline rule, a run that contains a
 * newline ends after the last one (`\s*[\r\n]+`); patterns that list `\s++$` before that alternative
 * (`"last-newline-unless-at-end"`) take a run at the end of the text whole.
 */
export function whiteSpaceEnd(bytes: Uint8Array, start: number, end: number, rule: NewlineRule): number {
  let position = start;
  let last = start;
  let afterNewline = 0;
  while (position < end) {
    const found = classify(bytes, position);
    if (((found >> 3) & SPACE) === 0) break;
    last = position;
    position += found & 7;
    if (isNewline(bytes[last]!)) afterNewline = position;
  }
  if (position === end && rule === "last-newline-unless-at-end") return end;
  if (rule !== "none" && afterNewline > 0) return afterNewline;
  return position === end || last === start ? position : last;
}

/**
 * Length of an English contraction at the apostrophe at `start`: `'s 'd 'm 't 'll 've 're`, in any case if `anyCase`.
 * Without regard to case, U+017F (long s, `c5 bf`) counts as s; nothing else folds onto these letters. 0 if none.
 */
export function contractionLength(bytes: Uint8Array, start: number, end: number, anyCase: boolean): number {
  const fold = anyCase ? 0x20 : 0;
  if (start + 1 >= end) return 0;
  const raw = bytes[start + 1]!;
  const first = raw | fold;
  if (first === 0x73 || first === 0x64 || first === 0x6d || first === 0x74) return 2;
  if (start + 2 >= end) return 0;
  const second = bytes[start + 2]! | fold;
  if (anyCase && raw === 0xc5 && bytes[start + 2] === 0xbf) return 3;
  if (first === 0x6c && second === 0x6c) return 3;
  return (first === 0x76 || first === 0x72) && second === 0x65 ? 3 : 0;
}
