// One hook that hears of every encoding and decoding call. Unset, it costs one comparison per call.

import { TokenwireError } from "../errors.ts";

/** What the hook is told. */
export interface TokenizerMetrics {
  readonly encoding: string;
  /** The model that the encoding was asked for by, if it was. */
  readonly model?: string;
  readonly operation: "encode" | "count" | "decode";
  readonly tokens: number;
  /** UTF-8 bytes of the text that went in or came out. */
  readonly bytes: number;
  readonly milliseconds: number;
}

export type MetricsHook = (metrics: TokenizerMetrics) => void;

interface HostWithClock {
  readonly performance?: { now(): number };
}

let hook: MetricsHook | undefined;

/**
 * Sets the hook, or removes it with undefined. Errors that it throws are dropped: metrics must not break encoding.
 * Raises INVALID_ARGUMENT for what is neither.
 */
export function setMetricsHook(next: MetricsHook | undefined): void {
  if (next !== undefined && typeof next !== "function") {
    throw new TokenwireError(
      "INVALID_ARGUMENT",
      `The metrics hook must be a function, or undefined to remove it; got ${next === null ? "null" : typeof next}.`,
    );
  }
  hook = next;
}

/** Whether `measure` would do anything. Callers check this first, so that nothing is computed in vain. */
export function isMeasuring(): boolean {
  return hook !== undefined;
}

/** Runs `work` and reports it. `describe` turns its result into tokens and bytes. */
export function measure<T>(
  encoding: { readonly name: string; readonly model: string | undefined },
  operation: TokenizerMetrics["operation"],
  work: () => T,
  describe: (result: T) => { readonly tokens: number; readonly bytes: number },
): T {
  const clock = (globalThis as HostWithClock).performance ?? Date;
  const start = clock.now();
  const result = work();
  const milliseconds = clock.now() - start;
  try {
    const { name, model } = encoding;
    hook?.({
      encoding: name,
      ...(model !== undefined && { model }),
      operation,
      ...describe(result),
      milliseconds,
    });
  } catch {
    // By contract: see setMetricsHook.
  }
  return result;
}
