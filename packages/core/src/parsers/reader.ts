// What every format reads with. Formats are generator functions: they run until the input is used up, yield, and go
// on at the same place when more text has come. Decisions are taken on consumed characters only, so where the input
// was cut cannot matter; what is read is captured until the format says what it was.

import { JsonScanner } from "../json/index.ts";
import type { Emitter } from "./emitter.ts";
import { CallTooLong, Input } from "./input.ts";
import type { MarkerCheck, MarkerSet } from "./marker-set.ts";
import { PieceBuffer } from "./piece-buffer.ts";

/** A resumable piece of parsing; it yields when it needs more input. */
export type Task<T = void> = Generator<undefined, T, undefined>;

/** How reading a value ended: complete, wrong, too deep, or the input ended inside it. */
export type Outcome = "ok" | "bad" | "deep" | "end";

export function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** Which of a marker's characters are special tokens, as `[offset, length]`. Empty: ordinary text. */
export type MarkerPieces = (marker: string) => readonly (readonly [number, number])[];

export class Reader {
  readonly input: Input = new Input();
  readonly emit: Emitter;
  readonly #pieces: MarkerPieces;
  readonly #check: MarkerCheck;
  #scanner: JsonScanner | undefined;
  /** Set by grammars with strings of their own while they read one. */
  inQuote = false;

  constructor(emit: Emitter, pieces: MarkerPieces = () => []) {
    this.emit = emit;
    this.#pieces = pieces;
    this.#check = (marker, index) =>
      this.#pieces(marker).every(([offset, length]) => this.input.isSpecial(index + offset, length));
  }

  /** Reads a piece if it only goes on with the latest event, which it leaves to the caller. False: nothing was read. */
  goOn(_text: string): boolean {
    return false;
  }

  /** Consumes and captures `count` characters. */
  take(count: number): string {
    return this.input.take(count);
  }

  canWait(): boolean {
    return this.input.canWait();
  }

  /** Inside a quoted string of a value: nothing there is a marker. */
  get quoted(): boolean {
    return this.inQuote || (this.#scanner?.status === "open" && this.#scanner.inString);
  }

  /** The next character's code, or -1 at the end. */
  *peek(): Task<number> {
    const { input } = this;
    while (input.pos >= input.buffer.length) {
      if (!input.canWait()) return -1;
      yield;
    }
    return input.buffer.charCodeAt(input.pos);
  }

  /** Consumes white space and returns it. */
  *space(): Task<string> {
    const { input } = this;
    let text = "";
    for (;;) {
      let at = input.pos;
      while (at < input.buffer.length && isSpace(input.buffer.charCodeAt(at))) at++;
      text += input.take(at - input.pos);
      if (at < input.buffer.length || !input.canWait()) return text;
      yield;
    }
  }

  /** Consumes the marker of `set` that stands here, if one does. */
  *at(set: MarkerSet): Task<string | undefined> {
    const { input } = this;
    for (;;) {
      const final = input.ended || input.barrier;
      const match = set.matchAt(input.buffer, input.pos, final, this.check);
      if (match === "yes") {
        const marker = set.hit as string;
        input.take(marker.length);
        return marker;
      }
      if (match === "no" || !input.canWait()) return undefined;
      yield;
    }
  }

  /** Whether a marker of `set` stands here; consumes nothing. */
  *sees(set: MarkerSet): Task<string | undefined> {
    const { input } = this;
    for (;;) {
      const match = set.matchAt(input.buffer, input.pos, input.ended || input.barrier, this.check);
      if (match === "yes") return set.hit;
      if (match === "no" || !input.canWait()) return undefined;
      yield;
    }
  }

  /**
   * Consumes text up to a marker of `set` and the marker itself, giving the text to `sink` piece by piece.
   * Undefined: the input ended; everything was given to `sink`.
   */
  *until(set: MarkerSet, sink?: (text: string) => void): Task<string | undefined> {
    const { input } = this;
    for (;;) {
      const found = set.find(input.buffer, input.pos, input.ended || input.barrier, this.check);
      const marker = set.hit;
      if (found > input.pos) {
        const text = input.take(found - input.pos);
        sink?.(text);
      }
      if (marker !== undefined) {
        input.take(marker.length);
        return marker;
      }
      if (!input.canWait()) return undefined;
      yield;
    }
  }

  /** The text up to a marker of `set`, and the marker (undefined: the input ended). */
  *textUntil(set: MarkerSet): Task<{ text: string; marker: string | undefined }> {
    const text = new PieceBuffer();
    const marker = yield* this.until(set, (piece) => text.add(piece));
    return { text: text.text, marker };
  }

  /** Consumes characters while `accept` holds and returns them. */
  *while(accept: (code: number) => boolean): Task<string> {
    const { input } = this;
    let text = "";
    for (;;) {
      let at = input.pos;
      while (at < input.buffer.length && accept(input.buffer.charCodeAt(at))) at++;
      text += input.take(at - input.pos);
      if (at < input.buffer.length || !input.canWait()) return text;
      yield;
    }
  }

  /** Consumes one JSON value, giving its source to `sink` piece by piece. */
  *json(sink?: (text: string) => void, scanner: JsonScanner = new JsonScanner()): Task<Outcome> {
    const { input } = this;
    this.#scanner = scanner;
    for (;;) {
      const end = scanner.run(input.buffer, input.pos);
      if (end > input.pos) {
        const text = input.take(end - input.pos);
        sink?.(text);
      }
      if (scanner.status !== "open") return jsonOutcome(scanner);
      if (!input.canWait()) return scanner.finish() === "done" ? "ok" : "end";
      yield;
    }
  }

  /** The source of one JSON value, or why there is none. */
  *jsonText(): Task<{ outcome: Outcome; text: string }> {
    const text = new PieceBuffer();
    const outcome = yield* this.json((piece) => text.add(piece));
    return { outcome, text: text.text };
  }

  /** One JSON string, decoded; undefined where none stands here or it is wrong or unfinished. */
  *jsonString(): Task<string | undefined> {
    if ((yield* this.peek()) !== 34) return undefined;
    const { outcome, text } = yield* this.jsonText();
    return outcome === "ok" ? (JSON.parse(text) as string) : undefined;
  }

  protected get check(): MarkerCheck | undefined {
    return this.input.tokenAware ? this.#check : undefined;
  }
}

function jsonOutcome(scanner: JsonScanner): Outcome {
  if (scanner.status === "done") return "ok";
  return scanner.status === "deep" ? "deep" : "bad";
}

export { CallTooLong };
