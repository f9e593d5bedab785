// A function as a tool, in one call.

import { ToolDescription, ToolNamespaceConfig } from "@tokenwire/core/harmony";
import { TaskQueue } from "./task-queue.ts";
import type { Tool, ToolCall, ToolContext, ToolEvent, ToolResult } from "./tool.ts";

export interface ToolDefinition {
  /** Letters, digits, `_` and `-`. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments: an object schema. Absent: the function takes none. */
  readonly parameters?: unknown;
  /** Ask a person before a call runs. */
  readonly needsApproval?: boolean | ((values: Readonly<Record<string, unknown>>) => boolean);
  /** `serial`: calls that overlap run one after the other. Default `parallel`. */
  readonly concurrency?: "parallel" | "serial";
  /** Longest result in UTF-16 code units; the rest is cut with a note. Default 65,536. */
  readonly maxResultLength?: number;
  /** Does the work. What it throws becomes text for the model: `Error: <message>`. */
  readonly execute: (
    values: Readonly<Record<string, unknown>>,
    context: ToolContext,
  ) => Promise<string | ToolResult> | string | ToolResult;
}

const defaultResultLength = 65_536;

/**
 * Makes a function tool.
 *
 * @example
 * const clock = defineTool({ name: "clock", description: "Tells the time", execute: () => new Date().toISOString() });
 */
export function defineTool(definition: ToolDefinition): Tool {
  const { name, description, parameters, needsApproval, maxResultLength = defaultResultLength } = definition;
  const { concurrency = "parallel" } = definition;
  const queue = concurrency === "serial" ? new TaskQueue() : undefined;
  if (!/^[\w-]{1,64}$/.test(name)) {
    throw new TypeError(`Tool name ${JSON.stringify(name)}: use 1 to 64 letters, digits, "_" and "-".`);
  }
  const approval = (call: ToolCall): boolean => {
    if (typeof needsApproval !== "function") return needsApproval ?? false;
    const values = parseToolArguments(call.arguments);
    // A call that cannot be read is not run, so nobody need be asked.
    return "error" in values ? false : needsApproval(values.values);
  };
  return {
    name,
    namespace: new ToolNamespaceConfig("functions", undefined, [
      new ToolDescription(name, description, parameters),
    ]),
    concurrency,
    needsApproval: approval,
    async *call(call, context): AsyncGenerator<ToolEvent> {
      const parsed = parseToolArguments(call.arguments);
      const run = ({ values }: Exclude<typeof parsed, { error: string }>): Promise<ToolResult> => {
        const work = (): Promise<ToolResult> => execute(definition, values, context);
        return queue === undefined ? work() : queue.run(work, context.signal);
      };
      const result = "error" in parsed ? failure(parsed.error) : await run(parsed);
      yield { type: "result", ...result, text: shorten(result.text, maxResultLength) };
    },
  };
}

/** Arguments of a function call. Keys such as `__proto__` are ordinary members. */
export function parseToolArguments(
  text: string,
): { readonly values: Readonly<Record<string, unknown>> } | { readonly error: string } {
  if (text.trim() === "") return { values: {} };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { error: `Invalid function arguments: ${(error as Error).message}` };
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return { values: value as Record<string, unknown> };
  }
  return { error: "Invalid function arguments: expected a JSON object" };
}

async function execute(
  definition: ToolDefinition,
  values: Readonly<Record<string, unknown>>,
  context: ToolContext,
): Promise<ToolResult> {
  try {
    const result = await definition.execute(values, context);
    return typeof result === "string" ? { text: result, failed: false } : result;
  } catch (error) {
    context.signal.throwIfAborted();
    return failure(`Error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const failure = (text: string): ToolResult => ({ text, failed: true });

function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit)}\n[${text.length - limit} more characters were cut]`;
}
