// Runs an engine for every choice of a request and hands the events on. Pulls only as fast as the reader reads; stops
// the engine when the client leaves, a stop string matched, or a time limit passed, and never after a normal end.

import { ApiError, type GenerationPlan } from "../protocol/index.ts";
import { ChoiceRun, type ChoiceSink, type GenerationOptions } from "./choice-run.ts";
import { CoalescingSink } from "./coalesce.ts";

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

/** Generates all choices, concurrently. Raises `ApiError` when the engine fails. */
export async function generateChoices(options: GenerationOptions, sink: ChoiceSink): Promise<void> {
  if (sink.coalesceMs === undefined || sink.coalesceMs === 0) return generateInto(options, sink);
  const coalescing = new CoalescingSink(sink, sink.coalesceMs);
  try {
    await generateInto(options, coalescing);
  } finally {
    coalescing.flush();
  }
}

async function generateInto(options: GenerationOptions, sink: ChoiceSink): Promise<void> {
  const { signal, usage, observer, model } = options;
  observer?.begin?.(options);
  const runs = options.plans.map((_, choice) => new ChoiceRun(options, choice, sink));
  let failure: { readonly reason: unknown } | undefined;
  // One failed choice ends the request: the others must not go on generating for nobody.
  const stop = (reason: unknown): void => {
    failure ??= { reason };
    for (const run of runs) run.stop(reason);
  };
  const onAbort = (): void => stop(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  // All have begun when the first is waited for, and none of these promises rejects.
  for (const ended of runs.map((run) => run.run().catch(stop))) await ended;
  signal.removeEventListener("abort", onAbort);
  observer?.tokens(
    model.id,
    usage.promptTokens,
    usage.completionTokens,
    usage.cachedTokens,
    usage.reasoningTokens,
  );
  if (failure === undefined) return;
  const { reason } = failure as { readonly reason: unknown };
  observer?.aborted(causeOf(reason));
  throw reason;
}

/** Why a generation ended early, in one of few words. */
function causeOf(reason: unknown): string {
  if (!(reason instanceof ApiError)) return "engine";
  if (reason.status === 499) return "client";
  return reason.status === 504 ? "timeout" : reason.status === 503 ? "shutdown" : "engine";
}
