// A connected MCP server as a tool: one namespace with the server's functions.

import { ToolDescription, ToolNamespaceConfig } from "@tokenwire/core/harmony";
import { parseToolArguments, type Tool, type ToolCall, type ToolEvent } from "../tools/index.ts";
import type { McpConnection } from "./connection.ts";
import { toPromptSchema } from "./prompt-schema.ts";

export interface McpToolOptions {
  /** Functions that may be called. Default: all that the server lists. */
  readonly allowed?: readonly string[];
  /** Functions that need a person's approval: all of them (default), none, or the named ones. */
  readonly approval?: "always" | "never" | readonly string[];
}

/** Makes a tool of a connection. Disposing it closes the connection. */
export function createMcpTool(connection: McpConnection, options: McpToolOptions = {}): Tool {
  const { allowed, approval = "always" } = options;
  const tools = connection.tools.filter((tool) => allowed === undefined || allowed.includes(tool.name));
  const shown = tools.filter((tool) => tool.includeInPrompt);
  const functions = shown.map(
    (tool) => new ToolDescription(tool.name, tool.description, toPromptSchema(tool.inputSchema)),
  );
  const asks = ({ function: name }: ToolCall): boolean =>
    approval === "always" || (approval !== "never" && approval.includes(name));
  return {
    name: connection.label,
    namespace: new ToolNamespaceConfig(connection.label, connection.instructions, functions),
    needsApproval: asks,
    async *call(call, { signal }): AsyncGenerator<ToolEvent> {
      yield { type: "result", ...(await run(connection, tools, call, signal)) };
    },
    dispose: () => connection.close(),
  };
}

async function run(
  connection: McpConnection,
  tools: McpConnection["tools"],
  call: ToolCall,
  signal: AbortSignal,
): Promise<{ text: string; failed: boolean }> {
  if (!tools.some((tool) => tool.name === call.function)) {
    const names = tools.map((tool) => tool.name).join(", ");
    return {
      text: `Unknown function: ${call.function}. Functions of ${connection.label}: ${names}.`,
      failed: true,
    };
  }
  const parsed = parseToolArguments(call.arguments);
  if ("error" in parsed) return { text: parsed.error, failed: true };
  try {
    const { text, isError } = await connection.call(call.function, parsed.values, signal);
    return { text, failed: isError };
  } catch (error) {
    signal.throwIfAborted();
    return { text: `${connection.label} failed: ${(error as Error).message}`, failed: true };
  }
}
