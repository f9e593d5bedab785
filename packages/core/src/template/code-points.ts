// Strings are counted in code points, as Python counts them, with a fast path for strings without surrogates.

import { plain, type Str, slice, textOf, trusted } from "./text.ts";

const surrogate = /[\ud800-\udfff]/;

/** True when code points and UTF-16 units are the same thing in `value`. */
export function isSimple(value: string): boolean {
  return !surrogate.test(value);
}

export function codePointLength(value: string): number {
  if (isSimple(value)) return value.length;
  let count = 0;
  for (let at = 0; at < value.length; count++) at += value.codePointAt(at)! > 0xffff ? 2 : 1;
  return count;
}

/** The UTF-16 offset of the code point with this index; the length when there are fewer. */
export function unitOffset(value: string, index: number): number {
  if (isSimple(value)) return Math.min(index, value.length);
  let at = 0;
  for (let count = 0; count < index && at < value.length; count++) {
    at += value.codePointAt(at)! > 0xffff ? 2 : 1;
  }
  return at;
}

/** The number of code points before a UTF-16 offset. */
export function pointIndex(value: string, offset: number): number {
  return isSimple(value) ? offset : codePointLength(value.slice(0, offset));
}

/** The code point with this index (negative: from the end), `undefined` outside. */
export function charAt(text: Str, index: number): Str | undefined {
  const value = plain(text);
  const length = codePointLength(value);
  const position = index < 0 ? index + length : index;
  if (position < 0 || position >= length) return undefined;
  const from = unitOffset(value, position);
  return slice(text, from, from + (value.codePointAt(from)! > 0xffff ? 2 : 1));
}

/** The code points, each with its flags. */
export function characters(text: Str): Str[] {
  if (typeof text === "string") return [...text];
  const result: Str[] = [];
  let at = 0;
  for (const character of text.value) {
    result.push(slice(text, at, at + character.length));
    at += character.length;
  }
  return result;
}

/** Text written by us or by the template's author. */
export function trustedText(value: string): Str {
  return textOf(value, trusted, false);
}
