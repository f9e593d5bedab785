// One hook that hears of every encoding and decoding call. Unset, it costs one comparison per call.

import { encodeUtf8 } from "../bytes/index.ts";
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

/** The time now in milliseconds, or undefined if nobody listens: then there is nothing to report. */
export function startMeasuring(): number | undefined {
  return hook === undefined ? undefined : now();
}

function now(): number {
  return ((globalThis as HostWithClock).performance ?? Date).now();
}

/** Reports a call that began at `start`; `text` is what went in or came out. */
export function report(
  { name, model }: { readonly name: string; readonly model: string | undefined },
  operation: TokenizerMetrics["operation"],
  start: number,
  tokens: number,
  text: string,
): void {
  const milliseconds = now() - start;
  try {
    const bytes = encodeUtf8(text).length;
    hook?.({ encoding: name, ...(model !== undefined && { model }), operation, tokens, bytes, milliseconds });
  } catch {
    // By contract: see setMetricsHook.
  }
}
