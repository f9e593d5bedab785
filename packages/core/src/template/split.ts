// Cutting strings: strip, split, partition, lines. All keep the flags of every character.

import { fault } from "./fault.ts";
import { plain, type Str, slice } from "./text.ts";
import { Tuple, type Value } from "./values.ts";
import { isSpace } from "./white-space.ts";

/** Removes characters of a set (null: white space) from the start, the end or both. */
export function strip(text: Str, chars: string | null, left: boolean, right: boolean): Str {
  const value = plain(text);
  const set = chars === null ? null : new Set(chars);
  const from = left ? firstKept(value, set) : 0;
  const to = right ? lastKept(value, from, set) : value.length;
  return from === 0 && to === value.length ? text : slice(text, from, to);
}

function firstKept(value: string, set: ReadonlySet<string> | null): number {
  let at = 0;
  if (set === null) while (at < value.length && isSpace(value.charCodeAt(at))) at++;
  else for (let size = 1; size > 0 && at < value.length; at += size) size = sizeAt(value, at, set);
  return at;
}

function lastKept(value: string, from: number, set: ReadonlySet<string> | null): number {
  let at = value.length;
  if (set === null) while (at > from && isSpace(value.charCodeAt(at - 1))) at--;
  else for (let size = 1; size > 0 && at > from; at -= size) size = sizeBefore(value, at, set);
  return at;
}

/** Length of the character at an offset when it is in the set, else 0. */
function sizeAt(value: string, at: number, set: ReadonlySet<string>): number {
  const character = String.fromCodePoint(value.codePointAt(at)!);
  return set.has(character) ? character.length : 0;
}

function sizeBefore(value: string, at: number, set: ReadonlySet<string>): number {
  const low = value.charCodeAt(at - 1);
  const high = value.charCodeAt(at - 2);
  const isPair = low >= 0xdc00 && low <= 0xdfff && high >= 0xd800 && high <= 0xdbff;
  const character = value.slice(isPair ? at - 2 : at - 1, at);
  return set.has(character) ? character.length : 0;
}

/** `str.split` and `str.rsplit`; `separator` null splits at white space. A negative `limit` is none. */
export function split(text: Str, separator: string | null, limit: number, fromRight: boolean): Str[] {
  const most = limit < 0 ? Number.POSITIVE_INFINITY : limit;
  if (separator === "") return fault("ValueError", "empty separator");
  if (fromRight) return separator === null ? splitSpacesRight(text, most) : splitRight(text, separator, most);
  return separator === null ? splitSpaces(text, most) : splitLeft(text, separator, most);
}

function splitLeft(text: Str, separator: string, most: number): Str[] {
  const value = plain(text);
  const parts: Str[] = [];
  let start = 0;
  while (parts.length < most) {
    const at = value.indexOf(separator, start);
    if (at === -1) break;
    parts.push(slice(text, start, at));
    start = at + separator.length;
  }
  parts.push(slice(text, start, value.length));
  return parts;
}

function splitRight(text: Str, separator: string, most: number): Str[] {
  const value = plain(text);
  const parts: Str[] = [];
  let end = value.length;
  while (parts.length < most) {
    const at = end < separator.length ? -1 : value.lastIndexOf(separator, end - separator.length);
    if (at === -1) break;
    parts.push(slice(text, at + separator.length, end));
    end = at;
  }
  parts.push(slice(text, 0, end));
  return parts.reverse();
}

function splitSpaces(text: Str, most: number): Str[] {
  const value = plain(text);
  const parts: Str[] = [];
  let at = 0;
  for (;;) {
    while (at < value.length && isSpace(value.charCodeAt(at))) at++;
    if (at === value.length) return parts;
    if (parts.length >= most) break;
    const start = at;
    while (at < value.length && !isSpace(value.charCodeAt(at))) at++;
    parts.push(slice(text, start, at));
  }
  parts.push(slice(text, at, value.length));
  return parts;
}

function splitSpacesRight(text: Str, most: number): Str[] {
  const value = plain(text);
  const parts: Str[] = [];
  let at = value.length;
  for (;;) {
    while (at > 0 && isSpace(value.charCodeAt(at - 1))) at--;
    if (at === 0) return parts.reverse();
    if (parts.length >= most) break;
    const end = at;
    while (at > 0 && !isSpace(value.charCodeAt(at - 1))) at--;
    parts.push(slice(text, at, end));
  }
  parts.push(slice(text, 0, at));
  return parts.reverse();
}

/** `str.partition` and `str.rpartition`. */
export function partition(text: Str, separator: string, fromRight: boolean): Value {
  if (separator === "") return fault("ValueError", "empty separator");
  const value = plain(text);
  const at = fromRight ? value.lastIndexOf(separator) : value.indexOf(separator);
  const empty = slice(text, 0, 0);
  if (at === -1) return new Tuple(fromRight ? [empty, empty, text] : [text, empty, empty]);
  const end = at + separator.length;
  return new Tuple([slice(text, 0, at), slice(text, at, end), slice(text, end, value.length)]);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the separators U+001C to U+001E end lines in Python
const lineEnd = /\r\n|[\n\r\v\f\u001c-\u001e\u0085\u2028\u2029]/g;

/** `str.splitlines`. */
export function splitLines(text: Str, keepEnds: boolean): Str[] {
  const value = plain(text);
  const lines: Str[] = [];
  let start = 0;
  for (const match of value.matchAll(lineEnd)) {
    const end = match.index + match[0].length;
    lines.push(slice(text, start, keepEnds ? end : match.index));
    start = end;
  }
  if (start < value.length) lines.push(slice(text, start, value.length));
  return lines;
}
