// Collects the events of one push. It owns the two rules of visible text that hold for every format: a run of white
// space between calls (or before the first, or after the last) is dropped, and neighbouring pieces are joined.

import type { OutputEvent } from "./output-event.ts";

export type SkipReason = Extract<OutputEvent, { type: "skip" }>["why"];

const notSpace = /\S/;

export class Emitter {
  readonly trace: boolean;
  /** Drop text from now on (dialects that show nothing after the first call). */
  dropText = false;
  /** Some text or call was emitted. */
  sawText = false;
  #events: OutputEvent[] = [];
  /** White space at a place where the next thing decides about it; undefined inside text. */
  #space: string | undefined = "";
  #afterCall = false;

  constructor(trace: boolean) {
    this.trace = trace;
  }

  /** The events since the last call. */
  drain(): OutputEvent[] {
    const events = this.#events;
    if (events.length > 0) this.#events = [];
    return events;
  }

  add(event: OutputEvent): void {
    this.#events.push(event);
  }

  text(text: string): void {
    if (text === "") return;
    if (this.dropText) {
      this.skip(text, "noise");
      return;
    }
    if (this.#space === undefined) {
      this.#join("text", text);
      return;
    }
    this.#space += text;
    // Only the new piece can hold the first character that is not white space.
    if (notSpace.test(text)) this.#flushSpace();
  }

  reasoning(text: string): void {
    if (text !== "") this.#join("reasoning", text);
  }

  skip(text: string, why: SkipReason, section?: number): void {
    if (!this.trace || text === "") return;
    this.#events.push(
      section === undefined ? { type: "skip", text, why } : { type: "skip", text, why, section },
    );
  }

  diagnostic(code: string, text: string): void {
    this.#events.push({ type: "diagnostic", code, text });
  }

  /** A call starts here: white space before it, back to the last call or the start, is dropped. */
  beforeCall(): void {
    if (this.#space !== undefined) this.skip(this.#space, "whitespace");
    this.#space = "";
    this.#afterCall = true;
  }

  /** JSON text for the call `index`. */
  arguments(index: number, text: string): void {
    const last = this.#events[this.#events.length - 1];
    if (last?.type === "tool-arguments" && last.index === index) {
      this.#events[this.#events.length - 1] = { type: "tool-arguments", index, text: last.text + text };
    } else {
      this.#events.push({ type: "tool-arguments", index, text });
    }
  }

  /** Something that is not a call follows: held white space is text after all, unless a call stands before it. */
  settle(): void {
    if (this.#space === undefined || this.#space === "") return;
    if (this.#afterCall) {
      this.skip(this.#space, "whitespace");
      this.#space = "";
    } else {
      this.#flushSpace();
    }
  }

  #flushSpace(): void {
    const text = this.#space ?? "";
    this.#space = undefined;
    this.#join("text", text);
  }

  #join(type: "text" | "reasoning", text: string): void {
    if (type === "text") this.sawText = true;
    const last = this.#events[this.#events.length - 1];
    if (last !== undefined && last.type === type && !("promoted" in last)) {
      this.#events[this.#events.length - 1] = { type, text: last.text + text };
    } else {
      this.#events.push({ type, text });
    }
  }
}
