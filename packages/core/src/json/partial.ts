// A resumable JSON scanner: fed a text in any number of pieces, it knows after every character whether the value is
// complete, unfinished or wrong, and reads no character twice. Completing unfinished JSON is built on it.

/** `open`: needs more text; `done`: a whole value was read; `bad`: not JSON; `deep`: nested beyond the limit. */
export type JsonScanStatus = "open" | "done" | "bad" | "deep";

// States. Those below IN_STRING are between tokens, where white space is allowed.
const VALUE = 0;
const FIRST_KEY = 1;
const KEY = 2;
const COLON = 3;
const FIRST_ITEM = 4;
const AFTER = 5;
const IN_STRING = 6;
const ESCAPE = 7;
const HEX = 8;
const LITERAL = 9;
const MINUS = 10;
const ZERO = 11;
const DIGITS = 12;
const POINT = 13;
const FRACTION = 14;
const EXPONENT = 15;
const EXPONENT_SIGN = 16;
const EXPONENT_DIGITS = 17;

const isDigit = (code: number) => code >= 48 && code <= 57;
const isHex = (code: number) => isDigit(code) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
const isSpace = (code: number) => code === 32 || code === 10 || code === 13 || code === 9;
const isNumberState = (state: number) =>
  state === ZERO || state === DIGITS || state === FRACTION || state === EXPONENT_DIGITS;

/** Reads one JSON value (RFC 8259, strictly) piece by piece. Iterative: a million open brackets cost no stack. */
export class JsonScanner {
  status: JsonScanStatus = "open";
  readonly #maxDepth: number;
  #state = VALUE;
  /** Open containers: true for objects. */
  readonly #objects: boolean[] = [];
  #isKey = false;
  #word = "";
  #progress = 0;

  constructor(maxDepth = 128) {
    this.#maxDepth = maxDepth;
  }

  /** Number of open containers. */
  get depth(): number {
    return this.#objects.length;
  }

  get inString(): boolean {
    return this.#state >= IN_STRING && this.#state <= HEX;
  }

  /**
   * Whether it is inside a string and would still be after `text`, having learned nothing. False also for halves of
   * characters outside of the basic plane, which need a look.
   */
  staysInString(text: string): boolean {
    if (this.#state !== IN_STRING || this.status !== "open") return false;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code < 32 || code === 34 || code === 92 || (code >= 0xd800 && code <= 0xdfff)) return false;
    }
    return true;
  }

  /** True where appending `closers()` would make the text a complete value. */
  get closable(): boolean {
    const state = this.#state;
    return state === AFTER || state === FIRST_KEY || state === FIRST_ITEM || isNumberState(state);
  }

  /** The brackets that close all open containers, innermost first. */
  closers(): string {
    return this.#objects
      .map((object) => (object ? "}" : "]"))
      .reverse()
      .join("");
  }

  /** Reads `text` from `from` on and returns the index after the last character of the value read so far. */
  run(text: string, from = 0): number {
    let at = from;
    const length = text.length;
    while (at < length && this.status === "open") {
      const code = text.charCodeAt(at);
      if (this.#state === IN_STRING) {
        at = this.#string(text, at);
      } else if (this.#state < IN_STRING) {
        if (isSpace(code) || this.#token(code)) at++;
      } else if (this.#inside(code)) {
        at++;
      }
    }
    return at;
  }

  /** Tells that no more text comes: completes a number at the end of the text. */
  finish(): JsonScanStatus {
    if (this.status === "open" && this.#objects.length === 0 && isNumberState(this.#state))
      this.status = "done";
    return this.status;
  }

  /** The inner loop of strings: up to the quote, a backslash, or the end of the piece. */
  #string(text: string, from: number): number {
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 34) {
        if (this.#isKey) this.#state = COLON;
        else this.#ended();
        return at + 1;
      }
      if (code === 92) {
        this.#state = ESCAPE;
        return at + 1;
      }
      if (code < 32) {
        this.status = "bad";
        return at;
      }
    }
    return text.length;
  }

  #ended(): void {
    this.#state = AFTER;
    if (this.#objects.length === 0) this.status = "done";
  }

  #bad(): false {
    this.status = "bad";
    return false;
  }

  /** A character between tokens. False: not consumed. */
  #token(code: number): boolean {
    switch (this.#state) {
      case FIRST_ITEM:
        if (code === 93) return this.#close(false);
        return this.#value(code);
      case FIRST_KEY:
        if (code === 125) return this.#close(true);
        return this.#key(code);
      case KEY:
        return this.#key(code);
      case COLON:
        if (code !== 58) return this.#bad();
        this.#state = VALUE;
        return true;
      case AFTER:
        return this.#separator(code);
      default:
        return this.#value(code);
    }
  }

  #key(code: number): boolean {
    if (code !== 34) return this.#bad();
    this.#isKey = true;
    this.#state = IN_STRING;
    return true;
  }

  #separator(code: number): boolean {
    const object = this.#objects[this.#objects.length - 1];
    if (code === 44) {
      this.#state = object ? KEY : VALUE;
      return true;
    }
    if (code === 125 && object === true) return this.#close(true);
    if (code === 93 && object === false) return this.#close(false);
    return this.#bad();
  }

  #close(_object: boolean): true {
    this.#objects.pop();
    this.#ended();
    return true;
  }

  #value(code: number): boolean {
    switch (code) {
      case 34:
        this.#isKey = false;
        this.#state = IN_STRING;
        return true;
      case 123:
        return this.#open(true);
      case 91:
        return this.#open(false);
      case 45:
        this.#state = MINUS;
        return true;
      case 48:
        this.#state = ZERO;
        return true;
      case 116:
        return this.#literal("true");
      case 102:
        return this.#literal("false");
      case 110:
        return this.#literal("null");
      default:
        if (!isDigit(code)) return this.#bad();
        this.#state = DIGITS;
        return true;
    }
  }

  #open(object: boolean): boolean {
    if (this.#objects.length >= this.#maxDepth) {
      this.status = "deep";
      return false;
    }
    this.#objects.push(object);
    this.#state = object ? FIRST_KEY : FIRST_ITEM;
    return true;
  }

  #literal(word: string): true {
    this.#word = word;
    this.#progress = 1;
    this.#state = LITERAL;
    return true;
  }

  /** A character inside an escape, a literal or a number. False: it belongs to what follows. */
  #inside(code: number): boolean {
    switch (this.#state) {
      case ESCAPE:
        return this.#escape(code);
      case HEX:
        if (!isHex(code)) return this.#bad();
        if (++this.#progress === 4) this.#state = IN_STRING;
        return true;
      case LITERAL:
        if (code !== this.#word.charCodeAt(this.#progress)) return this.#bad();
        if (++this.#progress === this.#word.length) this.#ended();
        return true;
      default:
        return this.#number(code);
    }
  }

  #escape(code: number): boolean {
    if (code === 117) {
      this.#state = HEX;
      this.#progress = 0;
      return true;
    }
    if (!'"\\/bfnrt'.includes(String.fromCharCode(code))) return this.#bad();
    this.#state = IN_STRING;
    return true;
  }

  #number(code: number): boolean {
    const next = numberStep(this.#state, code);
    if (next !== undefined) {
      this.#state = next;
      return true;
    }
    if (!isNumberState(this.#state)) return this.#bad();
    this.#ended();
    return false;
  }
}

/** The state after `code` in a number, or undefined when the number ends before it (or is wrong). */
function numberStep(state: number, code: number): number | undefined {
  if (isDigit(code)) return digitStep(state, code);
  const whole = state === ZERO || state === DIGITS;
  switch (code) {
    case 46: // .
      return whole ? POINT : undefined;
    case 101: // e
    case 69: // E
      return whole || state === FRACTION ? EXPONENT : undefined;
    case 43: // +
    case 45: // -
      return state === EXPONENT ? EXPONENT_SIGN : undefined;
    default:
      return undefined;
  }
}

function digitStep(state: number, code: number): number | undefined {
  switch (state) {
    case MINUS:
      return code === 48 ? ZERO : DIGITS;
    case POINT:
      return FRACTION;
    case EXPONENT:
    case EXPONENT_SIGN:
      return EXPONENT_DIGITS;
    default:
      return state === ZERO ? undefined : state;
  }
}

/** True when `text` is exactly one JSON value, white space around it allowed. */
export function isJsonText(text: string, maxDepth = 128): boolean {
  const scanner = new JsonScanner(maxDepth);
  const end = scanner.run(text);
  if (scanner.finish() !== "done") return false;
  for (let at = end; at < text.length; at++) if (!isSpace(text.charCodeAt(at))) return false;
  return true;
}

/**
 * The longest beginning of an unfinished JSON text that can be closed, closed: what a client shows while arguments
 * stream in. An open string is closed where it stands; a key without its value is dropped. Undefined when `text` is
 * not the beginning of JSON, or nothing of it is a value yet.
 *
 * @example completeJson('{"city": "Par') // '{"city": "Par"}'
 * @example completeJson('{"city": "Paris", "un') // '{"city": "Paris"}'
 */
export function completeJson(text: string, maxDepth = 128): string | undefined {
  const scanner = new JsonScanner(maxDepth);
  let safe = -1;
  let at = 0;
  let brackets = "";
  // Character by character, because the last place that can be closed must be known.
  while (at < text.length) {
    const next = scanner.run(text.slice(at, at + 1)) + at;
    const status: JsonScanStatus = scanner.status;
    if (status === "done") return text.slice(0, next);
    if (status !== "open") return undefined;
    at = next;
    if (scanner.closable) {
      safe = at;
      brackets = scanner.closers();
    }
  }
  const open = scanner.inString ? closedString(text) : undefined;
  if (open !== undefined) {
    const closed = open + scanner.closers();
    if (isJsonText(closed, maxDepth)) return closed;
  }
  return safe < 0 ? undefined : text.slice(0, safe) + brackets;
}

/** `text` with its open string closed; an unfinished escape at the end is dropped. */
function closedString(text: string): string {
  const hexadecimal = /u[0-9a-fA-F]{0,3}$/.exec(text.slice(-4))?.[0] ?? "";
  const end = text.length - hexadecimal.length;
  let backslashes = 0;
  while (text[end - 1 - backslashes] === "\\") backslashes += 1;
  // An even number of backslashes stands for themselves.
  return `${backslashes % 2 === 1 ? text.slice(0, end - 1) : text}"`;
}
