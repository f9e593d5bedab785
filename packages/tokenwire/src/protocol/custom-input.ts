// The text in the arguments of a custom tool's call, while they are still being written: `{"input": "…"}` without its
// JSON. What a model writes in another form is the input as it stands. Nothing depends on the cuts.

import { inputParameter } from "./custom-grammar.ts";

/** What stands before the text, white space aside. */
const opening = ["{", JSON.stringify(inputParameter), ":", '"'];
/** `{}`: no text at all. */
const emptyObject = -1;
const escapes: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

const isSpace = (character: string): boolean => /\s/.test(character);

/** Finds where the text begins, one character after the other. */
class Opening {
  #stage = 0;
  #matched = 0;
  /** What was read and is no text if all goes on as expected. */
  seen = "";

  get isEmptyObject(): boolean {
    return this.#stage === emptyObject;
  }

  /** How much of this comes before the text; undefined: all of it, so far. -1: there is no such opening. */
  read(text: string): number | undefined {
    this.seen += text;
    for (let at = 0; at < text.length; at++) {
      const character = text[at]!;
      if (this.#matched === 0 && isSpace(character)) continue;
      if (!this.#expects(character)) return -1;
      if (this.#stage === opening.length) return at + 1;
    }
    return undefined;
  }

  #expects(character: string): boolean {
    const token = opening[this.#stage];
    if (character === token?.[this.#matched]) {
      if (++this.#matched === token.length) {
        this.#stage++;
        this.#matched = 0;
      }
      return true;
    }
    if (this.#stage !== 1 || this.#matched > 0 || character !== "}") return false;
    this.#stage = emptyObject;
    return true;
  }
}

export class CustomInputReader {
  #opening: Opening | undefined = new Opening();
  #isRaw = false;
  #isOver = false;
  /** The beginning of an escape. */
  #held = "";
  #rest = "";

  /** The text that more of the arguments adds. */
  push(text: string): string {
    if (this.#isRaw) return text;
    if (this.#opening === undefined) return this.#string(text);
    const begins = this.#opening.read(text);
    if (begins === undefined) return "";
    const { seen } = this.#opening;
    this.#opening = undefined;
    if (begins >= 0) return this.#string(text.slice(begins));
    this.#isRaw = true;
    return seen;
  }

  /** What was held back, when the arguments are complete; of arguments that were cut the text so far is all there is. */
  end(isComplete: boolean): string {
    const held = this.#opening?.isEmptyObject ? "" : (this.#opening?.seen ?? this.#held);
    this.#opening = undefined;
    this.#held = "";
    return isComplete ? held : "";
  }

  /** What stood behind the text and is part of nothing; undefined where all was as it should be. */
  get surplus(): string | undefined {
    return /^\s*\}?\s*$/.test(this.#rest) ? undefined : this.#rest;
  }

  #string(text: string): string {
    if (this.#isOver) {
      this.#rest += text;
      return "";
    }
    const all = this.#held + text;
    this.#held = "";
    let result = "";
    for (let at = 0; at < all.length; ) {
      const special = nextSpecial(all, at);
      result += all.slice(at, special);
      if (all[special] === '"') {
        this.#isOver = true;
        this.#rest = all.slice(special + 1);
        break;
      }
      const read = special < all.length ? unescapeAt(all, special) : { text: "", length: 0 };
      if (read === undefined) {
        this.#held = all.slice(special);
        break;
      }
      result += read.text;
      at = special + read.length;
    }
    return result;
  }
}

/** The next quote or backslash, or the end. */
function nextSpecial(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22 || code === 0x5c) return at;
  }
  return text.length;
}

interface Unescaped {
  readonly text: string;
  readonly length: number;
}

/** An escape; undefined when it is unfinished. One that JSON does not know stays as it is written. */
function unescapeAt(text: string, at: number): Unescaped | undefined {
  const letter = text[at + 1];
  if (letter === undefined) return undefined;
  if (letter === '"' || letter === "\\" || letter === "/") return { text: letter, length: 2 };
  if (letter !== "u") return { text: escapes[letter] ?? `\\${letter}`, length: 2 };
  const unit = unitAt(text, at);
  if (typeof unit !== "number") return unit;
  const alone = { text: String.fromCharCode(unit), length: 6 };
  if (unit < 0xd800 || unit > 0xdbff) return alone;
  // Half a character: both halves go out together.
  const next = text.slice(at + 6, at + 8);
  if (next !== "\\u") return "\\u".startsWith(next) ? undefined : alone;
  const low = unitAt(text, at + 6);
  if (low === undefined) return undefined;
  if (typeof low !== "number" || low < 0xdc00 || low > 0xdfff) return alone;
  return { text: String.fromCharCode(unit, low), length: 12 };
}

/** The code unit of `\uXXXX`; the letters themselves where four digits are missing. */
function unitAt(text: string, at: number): number | Unescaped | undefined {
  const digits = text.slice(at + 2, at + 6);
  if (/^[0-9a-fA-F]{4}$/.test(digits)) return Number.parseInt(digits, 16);
  return digits.length < 4 && /^[0-9a-fA-F]*$/.test(digits) ? undefined : { text: "\\u", length: 2 };
}
