// The text a parser has been given and not yet read. Everything consumed goes through `take`, which keeps it as
// `captured` until the parser decides what it was: by construction no character is lost.

import { PieceBuffer } from "./piece-buffer.ts";

/** Raised inside a parser where a call is longer than its limit; never leaves the parser. */
export class CallTooLong extends Error {}

interface SpecialSpan {
  readonly start: number;
  readonly end: number;
}

/** Whether the last unit is one to which another belongs. */
export function endsInHalfCharacter(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}

export class Input {
  buffer = "";
  pos = 0;
  ended = false;
  /** The text so far is to be read as if it ended here; cleared by the reader at the top level. */
  barrier = false;
  /** Some text was marked as special tokens: markers that are special tokens match only there. */
  tokenAware = false;
  readonly #captured: PieceBuffer = new PieceBuffer();
  #base = 0;
  #clampEnd = Number.POSITIVE_INFINITY;
  #beyond = "";
  #surrogate = "";
  #spans: SpecialSpan[] = [];

  /** Consumed source that is not assigned to text, call or skip yet. */
  get captured(): string {
    return this.#captured.text;
  }

  set captured(text: string) {
    this.#captured.text = text;
  }

  get hasCaptured(): boolean {
    return !this.#captured.isEmpty;
  }

  /** Appends a piece. A high surrogate at its end waits for its other half. */
  push(text: string): void {
    let piece = this.#surrogate === "" ? text : this.#surrogate + text;
    this.#surrogate = "";
    if (endsInHalfCharacter(piece)) {
      this.#surrogate = piece.slice(-1);
      piece = piece.slice(0, -1);
    }
    this.#append(piece);
  }

  /** Appends a piece that another stage cut: it never ends inside a character. */
  pushWhole(text: string): void {
    this.#append(text);
  }

  /** Appends the text of one special token. */
  pushSpecial(text: string): void {
    this.#append(this.#surrogate);
    this.#surrogate = "";
    this.tokenAware = true;
    const start = this.#base + this.buffer.length + this.#beyond.length;
    this.#spans = this.#spans.filter((span) => span.end > this.#base + this.pos);
    this.#spans.push({ start, end: start + text.length });
    this.#append(text);
  }

  /** What was pushed so far is to be read as if the text ended here. */
  stop(): void {
    this.#append(this.#surrogate);
    this.#surrogate = "";
    this.barrier = true;
  }

  end(): void {
    this.#append(this.#surrogate);
    this.#surrogate = "";
    this.ended = true;
  }

  /** Consumes `count` characters into `captured` and returns them. */
  take(count: number): string {
    const text = this.buffer.slice(this.pos, this.pos + count);
    this.pos += count;
    this.#captured.add(text);
    return text;
  }

  /** Gives back the last `count` captured characters; only directly after they were taken. */
  untake(count: number): void {
    this.pos -= count;
    this.captured = this.captured.slice(0, -count);
  }

  /** Consumes `count` characters without capturing them. */
  read(count: number): string {
    const text = this.buffer.slice(this.pos, this.pos + count);
    this.pos += count;
    return text;
  }

  /** Whether a piece can be read as it comes: nothing waits before it, all of it is in view, and its end is whole. */
  passes(text: string): boolean {
    const isDrained = this.pos === this.buffer.length && this.#surrogate === "" && this.#beyond === "";
    return isDrained && text.length <= this.#clampEnd - this.#base - this.pos && !endsInHalfCharacter(text);
  }

  /** Reads a piece that `passes`, without buffering it. */
  pass(text: string, captured: boolean): void {
    this.#base += text.length;
    if (captured) this.#captured.add(text);
  }

  /** Hands over what was captured. */
  release(): string {
    const text = this.captured;
    this.captured = "";
    return text;
  }

  /** Lets the reader see at most `count` more characters; asking for more then raises CallTooLong. */
  clamp(count: number): void {
    this.#clampEnd = this.#base + this.pos + count;
    const visible = this.#clampEnd - this.#base;
    if (this.buffer.length > visible) {
      this.#beyond = this.buffer.slice(visible);
      this.buffer = this.buffer.slice(0, visible);
    }
  }

  unclamp(): void {
    this.#clampEnd = Number.POSITIVE_INFINITY;
    if (this.#beyond === "") return;
    this.buffer += this.#beyond;
    this.#beyond = "";
  }

  /** Whether more text may come. False at the end; raises CallTooLong where the limit hides the rest. */
  canWait(): boolean {
    if (this.#beyond !== "") throw new CallTooLong();
    return !this.ended && !this.barrier;
  }

  /** True when a special token covers exactly `[index, index + length)` of the buffer. */
  isSpecial(index: number, length: number): boolean {
    const start = this.#base + index;
    return this.#spans.some((span) => span.start === start && span.end === start + length);
  }

  /** Special tokens in the next `count` characters, as offsets from here. */
  spansWithin(count: number): readonly SpecialSpan[] {
    if (this.#spans.length === 0) return [];
    const from = this.#base + this.pos;
    return this.#spans
      .filter((span) => span.start >= from && span.end <= from + count)
      .map((span) => ({ start: span.start - from, end: span.end - from }));
  }

  #append(text: string): void {
    if (text === "") return;
    if (this.pos > 0) {
      this.#base += this.pos;
      this.buffer = this.buffer.slice(this.pos);
      this.pos = 0;
    }
    if (this.#beyond !== "") {
      this.#beyond += text;
      return;
    }
    const room = this.#clampEnd - this.#base - this.buffer.length;
    if (text.length > room) {
      this.buffer += text.slice(0, room);
      this.#beyond = text.slice(room);
    } else {
      this.buffer += text;
    }
  }
}
