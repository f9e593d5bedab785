// What a tool is, for everyone who runs one: the server's Responses loop, the terminal chat and MCP.

import type { ToolNamespaceConfig } from "@tokenwire/core/harmony";

/** One call, as the model wrote it. */
export interface ToolCall {
  /** Function inside the tool, such as `search` of `browser`; empty when the tool is called as a whole. */
  readonly function: string;
  /** Text of the call: JSON for functions, source code for python. Never trusted to be well formed. */
  readonly arguments: string;
}

/** What an API client is shown of a call, besides its text. */
export type ToolDetails = Readonly<Record<string, unknown>>;

export type ToolEvent =
  /** Output as it appears; the result repeats it whole. */
  | { readonly type: "delta"; readonly text: string }
  /** The last event of every call. `failed`: the text says what went wrong, for the model to read. */
  | {
      readonly type: "result";
      readonly text: string;
      readonly failed: boolean;
      readonly details?: ToolDetails;
    };

export interface ToolContext {
  readonly signal: AbortSignal;
  /** Names the call in logs. */
  readonly callId?: string;
}

/**
 * A tool. Mistakes of the model (bad JSON, unknown functions, wrong types) and failures of the world (time-outs,
 * backends) are results with `failed`; only an abort and use after `dispose` throw. State belongs to the instance:
 * make one per conversation.
 *
 * **Overlapping calls are allowed on every tool.** Whoever runs the calls of an answer may start them all at once, with
 * {@link runTool} in the order in which the model wrote them, and give back the results in that order. What the calls
 * of one tool do to each other is the tool's business: see `concurrency`.
 */
export interface Tool {
  /** `browser`, `python`, or the name of a function. */
  readonly name: string;
  /** What the prompt shows. A function tool is one description in the `functions` namespace. */
  readonly namespace: ToolNamespaceConfig;
  /**
   * What happens to calls that overlap. `parallel` (the default): they run at once, none sees another. `serial`: the
   * tool itself makes each wait for those that were started before it, because they share state (the pages of a
   * browser, the variables of an interpreter, the files of a folder). A time limit that the caller sets includes the
   * wait.
   */
  readonly concurrency?: "parallel" | "serial";
  /** Whether a person should be asked before this call runs. Absent: never. */
  needsApproval?(call: ToolCall): boolean;
  /** What the call would do, for the person who is asked: such as the changes a patch makes. Changes nothing. */
  preview?(call: ToolCall): Promise<string>;
  call(call: ToolCall, context: ToolContext): AsyncIterable<ToolEvent>;
  /** Frees what the tool holds (processes, pages). */
  dispose?(): Promise<void>;
}

export interface ToolResult {
  readonly text: string;
  readonly failed: boolean;
  readonly details?: ToolDetails;
}

/** Runs a call to its end and returns the result. */
export async function runTool(tool: Tool, call: ToolCall, context: ToolContext): Promise<ToolResult> {
  for await (const event of tool.call(call, context)) {
    if (event.type === "result") {
      const { text, failed, details } = event;
      return { text, failed, ...(details === undefined ? {} : { details }) };
    }
  }
  throw new Error(`Tool "${tool.name}" ended without a result.`);
}
