// A connection to one of the server's MCP servers, for as long as an answer is made.

import { connectMcp, type McpConnection, type McpServerConfig } from "../../mcp/index.ts";
import { sanitiseMessage } from "../../protocol/index.ts";
import type { ServerToolOptions } from "./options.ts";

export interface Borrower {
  readonly tools: ServerToolOptions;
  readonly tenant: string;
  readonly signal: AbortSignal;
}

/** Connects; where that fails, why. Raises nothing but an abort. */
export async function lendConnection(
  config: McpServerConfig,
  { tools, tenant, signal }: Borrower,
): Promise<McpConnection | string> {
  try {
    return await (tools.mcpPool?.connect(config, tenant, signal) ?? connectMcp(config, signal));
  } catch (error) {
    signal.throwIfAborted();
    return sanitiseMessage((error as Error).message);
  }
}
