// The reader of reasoning formats: what is not reasoning goes on, markers and all, to whatever reads next.

import type { Emitter } from "./emitter.ts";
import type { MarkerSet } from "./marker-set.ts";
import { type MarkerPieces, Reader, type Task } from "./reader.ts";
import type { Dialect } from "./rules.ts";

/** Who reads what is not reasoning: the tool stage, or the text itself. */
export interface RestSink {
  text(text: string): void;
  special(text: string): void;
  /** Reads text that only goes on with the latest event. False: nothing was read. */
  goOn(text: string): boolean;
  /** Nothing that was passed on so far may continue: reasoning follows. */
  barrier(): void;
  /** Inside a call, where a reasoning tag would be part of an argument. */
  readonly protects: boolean;
}

export interface ReasoningSettings {
  readonly dialect: Dialect;
  readonly startsInReasoning: boolean;
  /** False: reasoning is emitted as one event when its block ends. */
  readonly stream: boolean;
  /** False: reasoning stays in the text, with its markers. */
  readonly separate: boolean;
  readonly trimAfterClose: boolean;
  readonly implicitEnd: string | undefined;
  /** Longest text that is held back where only a later marker can tell what it is. */
  readonly autoHold: number;
  readonly citations: "strip" | "keep";
  /** Show the reasoning as text where there is nothing else to show. */
  readonly forceNonempty: boolean;
}

export class ReasoningReader extends Reader {
  readonly settings: ReasoningSettings;
  readonly #rest: RestSink;
  /** Where a task waits in text that it hands on as it comes: what ends the text, and whether it is reasoning. */
  #until: MarkerSet | undefined;
  #isThinking = false;
  #block = "";
  /** All reasoning, kept only where it may have to be shown as text. */
  #all = "";

  constructor(emit: Emitter, rest: RestSink, settings: ReasoningSettings, pieces: MarkerPieces) {
    super(emit, pieces);
    this.#rest = rest;
    this.settings = settings;
  }

  get allReasoning(): string {
    return this.#all;
  }

  /** Passes text on up to a marker of `set`, which is captured and returned. Undefined: the output ended. */
  *restUntil(set: MarkerSet): Task<string | undefined> {
    const { input } = this;
    for (;;) {
      const found = set.find(input.buffer, input.pos, input.ended, this.check);
      const marker = set.hit;
      if (found > input.pos) this.#forward(found - input.pos);
      if (marker === undefined) {
        if (!input.canWait()) return undefined;
        this.#until = set;
        this.#isThinking = false;
        yield;
        this.#until = undefined;
      } else if (this.#rest.protects) {
        this.#forward(marker.length);
      } else {
        input.take(marker.length);
        return marker;
      }
    }
  }

  /**
   * Emits reasoning up to a marker of `set`, which is captured and returned; one of `leave` is not consumed, so that
   * the next stage reads it. Undefined: the output ended.
   */
  *thinkUntil(set: MarkerSet, leave?: readonly string[]): Task<string | undefined> {
    const { input } = this;
    for (;;) {
      const found = set.find(input.buffer, input.pos, input.ended, this.check);
      const marker = set.hit;
      if (found > input.pos) this.think(input.read(found - input.pos));
      if (marker !== undefined) {
        if (leave?.includes(marker)) return marker;
        input.take(marker.length);
        return marker;
      }
      if (!input.canWait()) return undefined;
      this.#until = set;
      this.#isThinking = true;
      yield;
      this.#until = undefined;
    }
  }

  override goOn(text: string): boolean {
    const { input } = this;
    if (this.#until?.misses(text) !== true || !input.passes(text)) return false;
    if (!(this.#isThinking ? this.#thinksOn() : this.#rest.goOn(text))) return false;
    input.pass(text, false);
    return true;
  }

  /** Whether further reasoning only goes on with the latest event. */
  #thinksOn(): boolean {
    const { separate, stream, forceNonempty } = this.settings;
    if (!separate) return this.emit.goesOn("text");
    return stream && !forceNonempty && this.emit.goesOn("reasoning");
  }

  /** A block of reasoning begins; its opener is captured. */
  open(): void {
    this.#rest.barrier();
    this.marker();
  }

  /** What was captured is a marker and not shown (unless reasoning stays in the text). */
  marker(): void {
    const text = this.input.release();
    if (this.settings.separate) this.emit.skip(text, "marker");
    else this.emit.text(text);
  }

  /** A piece of reasoning. */
  think(text: string): void {
    if (!this.settings.separate) {
      this.emit.text(text);
      return;
    }
    if (this.settings.forceNonempty) this.#all += text;
    if (this.settings.stream) this.emit.reasoning(text);
    else this.#block += text;
  }

  /** The block ended: emits it where reasoning is not streamed. */
  close(): void {
    this.emit.reasoning(this.#block);
    this.#block = "";
  }

  /** What was captured is not reasoning after all: the next stage reads it. */
  pass(): void {
    this.passText(this.input.release());
  }

  passText(text: string): void {
    if (text !== "") this.#rest.text(text);
  }

  #forward(count: number): void {
    let from = 0;
    const spans = this.input.spansWithin(count);
    const text = this.input.read(count);
    for (const span of spans) {
      this.passText(text.slice(from, span.start));
      this.#rest.special(text.slice(span.start, span.end));
      from = span.end;
    }
    this.passText(from === 0 ? text : text.slice(from));
  }
}
