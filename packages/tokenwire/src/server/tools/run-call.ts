// Runs one call within its limits. Whatever a tool does, the outcome is text for the model; only an abort of the
// request is raised.

import { sanitiseMessage, type ToolOutcome } from "../../protocol/index.ts";
import { runTool, type Tool, type ToolCall } from "../../tools/index.ts";

export interface CallLimits {
  /** Milliseconds. */
  readonly timeout: number;
  /** UTF-16 code units. */
  readonly maxLength: number;
}

export async function runCall(
  tool: Tool,
  call: ToolCall,
  signal: AbortSignal,
  { timeout, maxLength }: CallLimits,
): Promise<ToolOutcome> {
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(timeout);
  const either = AbortSignal.any([signal, limit]);
  let outcome: ToolOutcome;
  try {
    outcome = await Promise.race([runTool(tool, call, { signal: either }), aborted(either)]);
  } catch (error) {
    signal.throwIfAborted();
    const reason = limit.aborted
      ? `no result within ${timeout / 1000} s`
      : error instanceof Error
        ? sanitiseMessage(error.message)
        : "the tool failed";
    outcome = { text: `Error: ${reason}`, failed: true };
  }
  return { ...outcome, text: shorten(outcome.text, maxLength) };
}

/** Rejects at the abort: a tool may ignore its signal. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit)}\n[${text.length - limit} more characters were cut]`;
}
