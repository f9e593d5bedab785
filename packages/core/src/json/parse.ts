// A strict JSON parser (RFC 8259) that keeps what JSON.parse loses: `1.0` against `1`, integers of any size, and
// the order of integer-like keys. It also reads request bodies, so depth, length and digits are bounded and every
// step is linear in the text.

import { TokenwireError } from "../errors.ts";
import { JsonError } from "./json-error.ts";
import { firstInvalidUtf8 } from "./utf8-check.ts";
import { JsonFloat, type JsonObject, type JsonValue } from "./value.ts";

/** Bounds of `parseJson`. */
export interface ParseJsonOptions {
  /** Deepest nesting of arrays and objects. Default 512, at most 2000 (each level is a call on the stack). */
  readonly maxDepth?: number;
  /** Longest input, in bytes for bytes and in UTF-16 units for a string. Default: no limit. */
  readonly maxLength?: number;
}

const defaultDepth = 512;
const largestDepth = 2000;
/** As in Python: longer decimal integers cost too much to convert. */
const maxDigits = 4300;

const quote = 0x22;
const backslash = 0x5c;

/**
 * Parses JSON text or UTF-8 bytes (a byte-order mark before bytes is skipped) into lossless values.
 *
 * @example parseJson('{"10": 1.0, "2": [12345678901234567890]}') // Map { "10" => JsonFloat 1, "2" => [1234…n] }
 * @throws JsonError (code INVALID_JSON) with offset, line and column of the first fault
 * @throws TokenwireError INVALID_UTF8 when bytes are not UTF-8
 */
export function parseJson(input: string | Uint8Array, options: ParseJsonOptions = {}): JsonValue {
  const maxDepth = options.maxDepth ?? defaultDepth;
  if (!(maxDepth >= 0 && maxDepth <= largestDepth)) {
    throw new TokenwireError(
      "INVALID_ARGUMENT",
      `maxDepth must be between 0 and ${largestDepth}, got ${maxDepth}.`,
    );
  }
  const maxLength = options.maxLength;
  if (maxLength !== undefined && input.length > maxLength) {
    throw new JsonError(`JSON input is ${input.length} long, more than the limit of ${maxLength}`, "", 0);
  }
  const text = typeof input === "string" ? input : decodeUtf8(input);
  return new Reader(text, maxDepth).document();
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const offset = firstInvalidUtf8(bytes);
    throw new TokenwireError("INVALID_UTF8", `JSON input is not UTF-8: invalid byte at offset ${offset}.`, {
      cause,
    });
  }
}

/** A run of characters that stand for themselves in a string. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON strings must not contain these
const plainRun = /[^"\\\u0000-\u001f]*/y;

class Reader {
  private readonly text: string;
  private depthLeft: number;
  private readonly maxDepth: number;
  private at = 0;

  constructor(text: string, maxDepth: number) {
    this.text = text;
    this.maxDepth = maxDepth;
    this.depthLeft = maxDepth;
  }

  document(): JsonValue {
    const code = this.next();
    const value = this.value(code);
    if (!Number.isNaN(this.next())) this.fail("Expected the end of the JSON text");
    return value;
  }

  /** Skips white space; the code of the character at `at`, NaN at the end. */
  private next(): number {
    const { text } = this;
    for (;;) {
      const code = text.charCodeAt(this.at);
      if (code > 0x20 || (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09)) return code;
      this.at++;
    }
  }

  private value(code: number): JsonValue {
    switch (code) {
      case quote:
        return this.string();
      case 0x7b:
        return this.object();
      case 0x5b:
        return this.array();
      case 0x74:
        return this.literal("true", true);
      case 0x66:
        return this.literal("false", false);
      case 0x6e:
        return this.literal("null", null);
      default:
        if (code === 0x2d || (code >= 0x30 && code <= 0x39)) return this.number(code);
        return this.fail("Expected a JSON value");
    }
  }

  private literal<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.fail("Expected a JSON value");
    this.at += word.length;
    return value;
  }

  private enter(): void {
    if (--this.depthLeft < 0) this.fail(`JSON is nested deeper than the limit of ${this.maxDepth}`, false);
    this.at++;
  }

  private object(): JsonObject {
    this.enter();
    const members: JsonObject = new Map();
    let code = this.next();
    if (code !== 0x7d) {
      for (;;) {
        if (code !== quote)
          this.fail(members.size > 0 ? "Expected a member name" : "Expected a member or '}'");
        const key = this.string();
        if (this.next() !== 0x3a) this.fail("Expected ':' after a member name");
        this.at++;
        members.set(key, this.value(this.next()));
        code = this.next();
        if (code === 0x7d) break;
        if (code !== 0x2c) this.fail("Expected ',' or '}' in an object");
        this.at++;
        code = this.next();
      }
    }
    this.at++;
    this.depthLeft++;
    return members;
  }

  private array(): JsonValue[] {
    this.enter();
    const items: JsonValue[] = [];
    let code = this.next();
    if (code !== 0x5d) {
      for (;;) {
        items.push(this.value(code));
        code = this.next();
        if (code === 0x5d) break;
        if (code !== 0x2c) this.fail("Expected ',' or ']' in an array");
        this.at++;
        code = this.next();
      }
    }
    this.at++;
    this.depthLeft++;
    return items;
  }

  private string(): string {
    const { text } = this;
    const start = this.at + 1;
    const end = this.plainEnd(start);
    if (text.charCodeAt(end) === quote) {
      this.at = end + 1;
      return text.slice(start, end);
    }
    return this.escapedString(start, end);
  }

  /** First character from `from` that does not stand for itself: a loop for short runs, a regex for long ones. */
  private plainEnd(from: number): number {
    const { text } = this;
    const stop = from + 32;
    for (let at = from; at < stop; at++) {
      const code = text.charCodeAt(at);
      if (code === quote || code === backslash || !(code >= 0x20)) return at;
    }
    plainRun.lastIndex = stop;
    plainRun.test(text);
    return plainRun.lastIndex;
  }

  /** A string with escapes: only its end is found here, the rest is left to the engine's own parser. */
  private escapedString(start: number, firstStop: number): string {
    const { text } = this;
    if (text.charCodeAt(firstStop) !== backslash) this.explainString(start, firstStop);
    let end = text.indexOf('"', firstStop + 1);
    while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
    if (end === -1) this.explainString(start, firstStop);
    this.at = end + 1;
    try {
      return JSON.parse(text.slice(start - 1, end + 1)) as string;
    } catch {
      return this.explainString(start, firstStop);
    }
  }

  /** Raises the error for the first fault of a string that is known to have one. */
  private explainString(start: number, firstStop: number): never {
    const { text } = this;
    let at = firstStop;
    for (;;) {
      const code = text.charCodeAt(at);
      if (Number.isNaN(code)) this.failAt("Unterminated string", start - 1);
      if (code !== backslash) this.failAt("Control character in a string (it must be escaped)", at);
      at = this.plainEnd(this.escapeEnd(at));
    }
  }

  /** The offset after the escape that starts at `at`. */
  private escapeEnd(at: number): number {
    const code = this.text.charCodeAt(at + 1);
    if (code !== 0x75) {
      if (Number.isNaN(code)) this.failAt("Unterminated string", at);
      if (!'"\\/bfnrt'.includes(this.text[at + 1]!)) this.failAt("Unknown escape in a string", at);
      return at + 2;
    }
    for (let digit = at + 2; digit < at + 6; digit++) {
      const hex = this.text.charCodeAt(digit) | 0x20;
      if (
        !(
          (hex >= 0x30 && hex <= 0x39 && isDigit(this.text.charCodeAt(digit))) ||
          (hex >= 0x61 && hex <= 0x66)
        )
      ) {
        this.failAt("Expected four hexadecimal digits after \\u", at);
      }
    }
    return at + 6;
  }

  private number(first: number): number | bigint | JsonFloat {
    const { text } = this;
    const start = this.at;
    let at = first === 0x2d ? start + 1 : start;
    const digits = at;
    let code = text.charCodeAt(at);
    if (!isDigit(code)) this.failAt("Expected a digit", at);
    let value = 0;
    for (; isDigit(code); code = text.charCodeAt(++at)) value = value * 10 + (code - 0x30);
    const count = at - digits;
    if (count > 1 && text.charCodeAt(digits) === 0x30) this.failAt("Leading zero in a number", digits);
    if (code === 0x2e || code === 0x65 || code === 0x45) return this.float(start, at);
    this.at = at;
    if (count < 16) return first === 0x2d ? 0 - value : value;
    if (count > maxDigits) this.failAt(`Integer with more than ${maxDigits} digits`, start);
    const exact = BigInt(text.slice(start, at));
    const number = Number(exact);
    return Number.isSafeInteger(number) ? number : exact;
  }

  private float(start: number, point: number): number | JsonFloat {
    const { text } = this;
    let at = point;
    if (text.charCodeAt(at) === 0x2e) at = this.digits(at + 1);
    if ((text.charCodeAt(at) | 0x20) === 0x65) {
      const sign = text.charCodeAt(at + 1);
      at = this.digits(sign === 0x2b || sign === 0x2d ? at + 2 : at + 1);
    }
    this.at = at;
    const value = Number(text.slice(start, at));
    return Number.isInteger(value) || !Number.isFinite(value) ? new JsonFloat(value) : value;
  }

  private digits(from: number): number {
    let at = from;
    while (isDigit(this.text.charCodeAt(at))) at++;
    if (at === from) this.failAt("Expected a digit", at);
    return at;
  }

  private fail(problem: string, showFound = true): never {
    return this.failAt(problem, this.at, showFound);
  }

  private failAt(problem: string, offset: number, showFound = true): never {
    const point = this.text.codePointAt(offset);
    const found = point === undefined ? "the end of the text" : JSON.stringify(String.fromCodePoint(point));
    throw new JsonError(showFound ? `${problem}, found ${found}` : problem, this.text, offset);
  }
}

/** True when the quote at `at` follows an odd number of backslashes. Each run is counted once: linear in all. */
function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text.charCodeAt(before - 1) === backslash) before--;
  return (at - before) % 2 === 1;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
