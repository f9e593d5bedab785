// Collects the events of one push. It owns the two rules of visible text that hold for every format: a run of white
// space between calls (or before the first, or after the last) is dropped, and neighbouring pieces are joined.

import type { OutputEvent } from "./output-event.ts";

export type SkipReason = Extract<OutputEvent, { type: "skip" }>["why"];

const notSpace = /\S/;

type Skip = Extract<OutputEvent, { type: "skip" }>;

export class Emitter {
  readonly trace: boolean;
  /** Drop text from now on (dialects that show nothing after the first call). */
  dropText = false;
  /** Some text was emitted. */
  sawText = false;
  #events: OutputEvent[] = [];
  /** The last one handed out. */
  #latest: OutputEvent | undefined;
  /** At a place where white space waits for what follows it. */
  #atBoundary: boolean;
  #afterCall = false;
  /** The white space that waits, and what was skipped among it. */
  #waiting: (string | Skip)[] = [];

  /** `calls`: calls may come, so white space next to one is not text. */
  constructor(trace: boolean, calls = true) {
    this.trace = trace;
    this.#atBoundary = calls;
  }

  /** The events since the last call. */
  drain(): OutputEvent[] {
    const events = this.#events;
    // What is handed out stays as it is.
    if (events.length === 0) return [];
    this.#events = [];
    this.#latest = events[events.length - 1];
    return events;
  }

  /** Whether a piece of this kind would do nothing but go on with the latest event. */
  goesOn(type: "text" | "reasoning"): boolean {
    const latest = this.#last ?? this.#latest;
    if (latest?.type !== type) return false;
    return type === "text" ? !this.dropText && !this.#atBoundary : this.#waiting.length === 0;
  }

  /** The same for arguments of the call `index`. */
  goesOnWithArguments(index: number): boolean {
    const latest = this.#last ?? this.#latest;
    return latest?.type === "tool-arguments" && latest.index === index;
  }

  /** Adds a piece that goes on with the latest event. */
  goOn(text: string): void {
    const latest = (this.#last ?? this.#latest)!;
    if (latest.type === "tool-arguments") this.arguments(latest.index, text);
    else this.#join(latest.type as "text" | "reasoning", text);
  }

  add(event: OutputEvent): void {
    this.#events.push(event);
  }

  text(text: string): void {
    if (text === "") return;
    if (this.dropText) {
      this.skip(text, "noise");
    } else if (!this.#atBoundary) {
      this.#join("text", text);
    } else {
      this.#waiting.push(text);
      if (notSpace.test(text)) this.#flushWaiting();
    }
  }

  reasoning(text: string): void {
    if (text === "") return;
    if (this.#waiting.length > 0) {
      this.settle();
      // Visible text has not begun: white space behind the reasoning waits again.
      this.#atBoundary = true;
    }
    this.#join("reasoning", text);
  }

  skip(text: string, why: SkipReason, section?: number): void {
    if (!this.trace || text === "") return;
    const event: Skip =
      section === undefined ? { type: "skip", text, why } : { type: "skip", text, why, section };
    if (this.#waiting.length > 0) this.#waiting.push(event);
    else this.#events.push(event);
  }

  diagnostic(code: string, text: string): void {
    this.#events.push({ type: "diagnostic", code, text });
  }

  /** A call starts here: white space before it, back to the last call or the start, is dropped. */
  beforeCall(): void {
    this.#dropWaiting();
    this.#atBoundary = true;
    this.#afterCall = true;
  }

  /** JSON text for the call `index`. */
  arguments(index: number, text: string): void {
    const last = this.#last;
    if (last?.type === "tool-arguments" && last.index === index) {
      this.#events[this.#events.length - 1] = { type: "tool-arguments", index, text: last.text + text };
    } else {
      this.#events.push({ type: "tool-arguments", index, text });
    }
  }

  /** The output ends: white space that waits is text after all, unless a call stands before it. */
  settle(): void {
    if (this.#afterCall) this.#dropWaiting();
    else if (this.#waiting.length > 0) this.#flushWaiting();
  }

  #flushWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#atBoundary = false;
    for (const piece of waiting) {
      if (typeof piece === "string") this.#join("text", piece);
      else this.#events.push(piece);
    }
  }

  #dropWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const piece of waiting) {
      if (typeof piece === "string") this.skip(piece, "whitespace");
      else this.#events.push(piece);
    }
  }

  /** The last event that was not handed out yet. */
  get #last(): OutputEvent | undefined {
    return this.#events[this.#events.length - 1];
  }

  #join(type: "text" | "reasoning", text: string): void {
    if (type === "text") this.sawText = true;
    const last = this.#last;
    if (last !== undefined && last.type === type && !("promoted" in last)) {
      this.#events[this.#events.length - 1] = { type, text: last.text + text };
    } else {
      this.#events.push({ type, text });
    }
  }
}
