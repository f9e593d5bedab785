// What the pipeline feeds: a format that reads from its input, or the text itself.

import type { Emitter } from "./emitter.ts";
import { endsInHalfCharacter } from "./input.ts";
import type { Reader, Task } from "./reader.ts";

/** Something that can be fed. */
export interface Stage {
  text(text: string): void;
  /** The same from another stage, which holds incomplete characters itself. */
  whole(text: string): void;
  /**
   * Reads a piece if it does nothing but go on with the latest event, and leaves the event to the caller. False: nothing
   * was read.
   */
  goOn(text: string): boolean;
  special(text: string): void;
  /** What was fed so far can not go on: reasoning follows. */
  barrier(): void;
  end(): void;
}

/** A generator and the input it reads from. */
export class TaskStage implements Stage {
  readonly #reader: Reader;
  readonly #task: Task;

  constructor(reader: Reader, task: Task) {
    this.#reader = reader;
    this.#task = task;
  }

  text(text: string): void {
    this.#reader.input.push(text);
    this.#task.next();
  }

  whole(text: string): void {
    this.#reader.input.pushWhole(text);
    this.#task.next();
  }

  goOn(text: string): boolean {
    return this.#reader.goOn(text);
  }

  special(text: string): void {
    this.#reader.input.pushSpecial(text);
    this.#task.next();
  }

  barrier(): void {
    this.#reader.input.stop();
    this.#task.next();
  }

  end(): void {
    this.#reader.input.end();
    this.#task.next();
  }
}

/** No tool format: what arrives is text. */
export class TextStage implements Stage {
  readonly #emit: Emitter;
  #surrogate = "";

  constructor(emit: Emitter) {
    this.#emit = emit;
  }

  text(text: string): void {
    const whole = this.#surrogate + text;
    const cut = endsInHalfCharacter(whole) ? 1 : 0;
    this.#surrogate = cut === 0 ? "" : whole.slice(-1);
    this.#emit.text(cut === 0 ? whole : whole.slice(0, -1));
  }

  whole(text: string): void {
    this.#emit.text(text);
  }

  goOn(text: string): boolean {
    return this.#surrogate === "" && !endsInHalfCharacter(text) && this.#emit.goesOn("text");
  }

  special(text: string): void {
    this.text(text);
  }

  barrier(): void {
    this.#emit.text(this.#surrogate);
    this.#surrogate = "";
  }

  end(): void {
    this.barrier();
  }
}
