// The tools that run on the server while a chat request is answered: those of all its MCP servers, as functions beside
// the client's own.

import { createMcpTool, type McpServerConfig } from "../../mcp/index.ts";
import { type ChatRequest, type RequestBody, unsupportedParameter } from "../../protocol/index.ts";
import { toSignal } from "../cancellation.ts";
import type { RouteContext } from "../context.ts";
import type { ServedModel } from "../models.ts";
import { lendConnection } from "../tools/lend-connection.ts";
import { callObstacle, Toolkit } from "../tools/toolkit.ts";
import { mcpHeader } from "./loop-switch.ts";

/** Tells which MCP servers could not be asked: an answer has no place for it. */
const missingHeader = "x-tokenwire-mcp-unavailable";

/**
 * The MCP servers that a request may use. Raises 400 for what cannot be combined with them, and for a header that asks
 * for what this server or model cannot do.
 */
export function mcpServersFor(
  { server, request: { headers } }: RouteContext,
  model: ServedModel,
  request: ChatRequest,
  body: RequestBody,
  isBinary: boolean,
): readonly McpServerConfig[] {
  const { mcp = [], mcpInChat = false } = server.tools;
  const asked = mcpHeader(headers);
  if (!(asked?.enabled ?? mcpInChat)) return [];
  const obstacle =
    mcp.length === 0 ? "needs a server with MCP servers; this one has none." : callObstacle(model);
  if (obstacle !== undefined) {
    // What the operator enabled is for the models that can do it.
    if (asked === undefined) return [];
    throw unsupportedParameter(asked.name, `${asked.name}: ${obstacle}`);
  }
  if (body["tool_choice"] === "none" || body["function_call"] === "none") return [];
  refuseCombined(request, isBinary);
  return mcp;
}

/** What has no meaning when an answer is made of several. */
function refuseCombined(request: ChatRequest, isBinary: boolean): void {
  const { conversation, n, promptTokenIds, returnTokenIds } = request;
  const refused = {
    n: n > 1,
    stream_format: isBinary,
    prompt_token_ids: promptTokenIds !== undefined,
    return_token_ids: returnTokenIds,
    continue_final_message: conversation.continueFinalMessage === true,
    add_generation_prompt: conversation.addGenerationPrompt === false,
  };
  const field = Object.entries(refused).find(([, isSet]) => isSet)?.[0];
  if (field === undefined) return;
  throw unsupportedParameter(
    field,
    `${field}: cannot be combined with tools that run on the server. Leave it out, or send X-SMG-MCP: disabled.`,
  );
}

/** Connects to them. Whoever gets the toolkit disposes it. */
export async function openChatToolkit(
  context: RouteContext,
  request: ChatRequest,
  servers: readonly McpServerConfig[],
): Promise<Toolkit> {
  const { server, tenant, requestId } = context;
  const borrower = { tools: server.tools, tenant, signal: toSignal(context.signal) };
  const toolkit = new Toolkit({
    client: request.conversation.tools.map(({ name }) => name),
    isFlat: true,
    prefix: "collision",
  });
  const missing: string[] = [];
  const lent = await Promise.allSettled(servers.map((config) => lendConnection(config, borrower)));
  for (const [index, { label }] of servers.entries()) {
    const result = lent[index]!;
    // Rejected by the abort alone, which is looked at below.
    if (result.status === "rejected") continue;
    if (typeof result.value === "string") {
      server.log.warn({ requestId, server: label, reason: result.value }, "MCP server not available");
      missing.push(label);
    } else {
      const tool = createMcpTool(result.value, { approval: "never" });
      toolkit.entries.push({ tool, label, needsApproval: () => false });
    }
  }
  if (borrower.signal.aborted) {
    await toolkit.dispose();
    throw borrower.signal.reason;
  }
  if (missing.length > 0) context.reply.header(missingHeader, missing.join(", "));
  return toolkit;
}
