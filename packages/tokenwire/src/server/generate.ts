// Runs an engine for every choice of a request and hands the events on. Pulls only as fast as the reader reads; stops
// the engine when the client leaves, a stop string matched, or a time limit passed, and never after a normal end.

import { ApiError, type GenerationPlan, type TokenUsage } from "../protocol/index.ts";
import type { Cancellation } from "./cancellation.ts";
import { ChoiceRun, type ChoiceSink, type GenerationOptions, type RunOwner } from "./choice-run.ts";
import { CoalescingSink } from "./coalesce.ts";
import type { Failure } from "./event-pull.ts";
import type { GenerationObserver } from "./observability/observer.ts";

export type { ChoiceSink, GenerationOptions } from "./choice-run.ts";

/** The calls for `n` answers to one prompt: equal but for the seed. */
export function repeatPlan(plan: GenerationPlan, n: number): GenerationPlan[] {
  if (n === 1) return [plan];
  const { seed } = plan.sampling;
  return Array.from({ length: n }, (_, choice) =>
    seed === undefined || choice === 0
      ? plan
      : { ...plan, sampling: { ...plan.sampling, seed: seed + choice } },
  );
}

/** Generates all choices, concurrently. Rejects with an `ApiError` when the engine fails. */
export function generateChoices(options: GenerationOptions, sink: ChoiceSink): Promise<void> {
  if (sink.coalesceMs === undefined || sink.coalesceMs === 0) return generateInto(options, sink);
  const coalescing = new CoalescingSink(sink, sink.coalesceMs);
  return generateInto(options, coalescing).finally(coalescing.flush);
}

function generateInto(options: GenerationOptions, sink: ChoiceSink): Promise<void> {
  return new Promise((resolve, reject) => {
    options.observer?.begin?.(options);
    new Generation(options, resolve, reject).start(options, sink);
  });
}

/** The choices of one request that are being generated. It keeps only what it needs to the end. */
class Generation implements RunOwner {
  readonly #signal: Cancellation;
  readonly #usage: TokenUsage;
  readonly #observer: GenerationObserver | undefined;
  readonly #modelId: string;
  readonly #resolve: () => void;
  readonly #reject: (reason: unknown) => void;
  #runs: readonly ChoiceRun[] = [];
  #running = 0;
  #failure: Failure | undefined;

  constructor(
    { signal, usage, observer, model }: GenerationOptions,
    resolve: () => void,
    reject: (reason: unknown) => void,
  ) {
    this.#signal = signal;
    this.#usage = usage;
    this.#observer = observer;
    this.#modelId = model.id;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(options: GenerationOptions, sink: ChoiceSink): void {
    const runs = options.plans.map((_, choice) => new ChoiceRun(options, choice, sink, this));
    this.#runs = runs;
    this.#running = runs.length;
    if (this.#signal.aborted) this.#onAbort();
    this.#signal.addEventListener("abort", this.#onAbort, { once: true });
    for (const run of runs) run.start(options);
  }

  readonly #onAbort = (): void => this.#stop({ reason: this.#signal.reason });

  ended(failure: Failure | undefined): void {
    this.#running--;
    // Stopping the others ends them, one inside the other.
    const isLast = this.#running === 0;
    if (failure) this.#stop(failure);
    if (isLast) this.#end();
  }

  /** One failed choice ends the request: the others must not go on generating for nobody. */
  #stop(failure: Failure): void {
    this.#failure ??= failure;
    for (const run of this.#runs) run.stop(failure.reason);
  }

  #end(): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
    const { promptTokens, completionTokens, cachedTokens, reasoningTokens } = this.#usage;
    this.#observer?.tokens(this.#modelId, promptTokens, completionTokens, cachedTokens, reasoningTokens);
    if (this.#failure === undefined) {
      this.#resolve();
      return;
    }
    const { reason } = this.#failure;
    this.#observer?.aborted(causeOf(reason));
    this.#reject(reason);
  }
}

/** Why a generation ended early, in one of few words. */
function causeOf(reason: unknown): string {
  if (!(reason instanceof ApiError)) return "engine";
  if (reason.status === 499) return "client";
  return reason.status === 504 ? "timeout" : reason.status === 503 ? "shutdown" : "engine";
}
