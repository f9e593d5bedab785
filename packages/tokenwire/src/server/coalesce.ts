// Text that waits a little for more of its kind: fewer, larger chunks for readers that do not need every token at once.
// What is said stays the same, and nothing but text waits.

import { type ChoiceEvent, extendLast, type SampledLogprob } from "../protocol/index.ts";
import type { ChoiceSink } from "./choice-run.ts";

/** What a choice said since the last push. */
class Held {
  readonly events: ChoiceEvent[] = [];
  readonly tokenIds: number[] = [];
  logprobs: SampledLogprob[] | undefined;

  /** The events may be somebody else's too: what is added to is a copy. */
  add(events: readonly ChoiceEvent[], tokenIds: readonly number[]): void {
    for (const event of events) if (!extendLast(this.events, event)) this.events.push({ ...event });
    for (const id of tokenIds) this.tokenIds.push(id);
  }

  addLogprobs(logprobs: readonly SampledLogprob[]): void {
    this.logprobs ??= [];
    for (const entry of logprobs) this.logprobs.push(entry);
  }
}

/** Hands on what a sink is given, merged, at most `milliseconds` later. The first of each choice is handed on at once. */
export class CoalescingSink implements ChoiceSink {
  readonly #sink: ChoiceSink;
  readonly #milliseconds: number;
  /** By choice. */
  readonly #held: (Held | undefined)[] = [];
  readonly #begun: boolean[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(sink: ChoiceSink, milliseconds: number) {
    this.#sink = sink;
    this.#milliseconds = milliseconds;
  }

  start(...given: Parameters<NonNullable<ChoiceSink["start"]>>): void {
    this.#sink.start?.(...given);
  }

  get pressure(): Promise<void> | undefined {
    return this.#sink.pressure;
  }

  push(
    choice: number,
    events: readonly ChoiceEvent[],
    tokenIds: readonly number[],
    logprobs?: readonly SampledLogprob[],
  ): void {
    this.#held[choice] ??= new Held();
    const held = this.#held[choice];
    held.add(events, tokenIds);
    if (logprobs) held.addLogprobs(logprobs);
    if (events.length === 0) return;
    if (!this.#begun[choice] || !events.every(mayWait)) {
      this.#begun[choice] = true;
      this.#handOn(choice, held);
    } else this.#timer ??= setTimeout(this.flush, this.#milliseconds);
  }

  /** Hands on everything that waits. */
  readonly flush = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#held.forEach((held, choice) => {
      if (held) this.#handOn(choice, held);
    });
  };

  #handOn(choice: number, { events, tokenIds, logprobs }: Held): void {
    this.#held[choice] = undefined;
    this.#sink.push(choice, events, tokenIds, logprobs);
  }
}

function mayWait({ type }: ChoiceEvent): boolean {
  return type === "text" || type === "reasoning" || type === "tool-arguments";
}
