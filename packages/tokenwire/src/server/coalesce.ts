// Text that waits a little for more of its kind: fewer, larger chunks for readers that do not need every token at once.
// What is said stays the same, and nothing but text waits.

import { appendEvent, type ChoiceEvent, type SampledLogprob } from "../protocol/index.ts";
import type { ChoiceSink } from "./choice-run.ts";

/** What a choice said since the last push. */
interface Held {
  events: ChoiceEvent[];
  tokenIds: number[];
  logprobs: SampledLogprob[] | undefined;
}

/** Hands on what a sink is given, merged, at most `milliseconds` later. The first of each choice is handed on at once. */
export class CoalescingSink implements ChoiceSink {
  readonly #sink: ChoiceSink;
  readonly #milliseconds: number;
  readonly #held: Map<number, Held> = new Map();
  readonly #begun: Set<number> = new Set();
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
    const held = this.#held.get(choice) ?? { events: [], tokenIds: [], logprobs: undefined };
    this.#held.set(choice, held);
    for (const event of events) appendEvent(held.events, { ...event });
    held.tokenIds.push(...tokenIds);
    if (logprobs) held.logprobs = [...(held.logprobs ?? []), ...logprobs];
    if (events.length === 0) return;
    if (!this.#begun.has(choice) || !events.every(mayWait)) {
      this.#begun.add(choice);
      this.#handOn(choice, held);
    } else this.#timer ??= setTimeout(this.flush, this.#milliseconds);
  }

  /** Hands on everything that waits. */
  readonly flush = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [choice, held] of this.#held) this.#handOn(choice, held);
  };

  #handOn(choice: number, { events, tokenIds, logprobs }: Held): void {
    this.#held.delete(choice);
    this.#sink.push(choice, events, tokenIds, logprobs);
  }
}

function mayWait({ type }: ChoiceEvent): boolean {
  return type === "text" || type === "reasoning" || type === "tool-arguments";
}
