// The tools that a response asks for, and how their calls look to clients.

import { createMcpTool } from "../../../mcp/index.ts";
import {
  checkMcpLabels,
  codeItem,
  type HostedTool,
  invalidRequest,
  type McpRequest,
  mcpCallItem,
  newId,
  parseMcpRequest,
  type ResponseItem,
  type ResponsesRequest,
  type ToolCallItem,
  type ToolOutput,
  toolListItem,
  unsupportedParameter,
  webSearchItem,
} from "../../../protocol/index.ts";
import type { BrowserTool } from "../../../tools/index.ts";
import type { ServedModel } from "../../models.ts";
import { lendConnection } from "../../tools/lend-connection.ts";
import { isSearchType, type ServerToolOptions } from "../../tools/options.ts";
import { callObstacle, type ToolEntry, Toolkit } from "../../tools/toolkit.ts";

/** Server label under which the server's own functions appear. */
const ownLabel = "tokenwire";

/** A tool and how its calls look to clients. Without a label it has items of its own. */
export interface HostedEntry extends ToolEntry {
  readonly createItem: (functionName: string, approvalId?: string) => ToolCallItem;
}

export interface ToolkitOptions {
  readonly tools: ServerToolOptions;
  readonly request: ResponsesRequest;
  readonly model: ServedModel;
  /** Labels whose tools the history lists already. */
  readonly listed: ReadonlySet<string>;
  /** What was said before and is said now. */
  readonly items: readonly ResponseItem[];
  readonly tenant: string;
  readonly signal: AbortSignal;
}

export class ResponseToolkit extends Toolkit<HostedEntry> {
  /** Items that tell which tools MCP servers offer. */
  readonly lists: ToolOutput[] = [];
  browser: BrowserTool | undefined;
}

/** Makes what a request asks for. Raises 400 for what this model or server cannot do. */
export async function openToolkit(options: ToolkitOptions): Promise<ResponseToolkit> {
  const { request, model } = options;
  const { path, type } = request.hosted[0]!;
  const obstacle = callObstacle(model);
  if (obstacle !== undefined) {
    throw unsupportedParameter(`${path}.type`, `${path}.type: ${JSON.stringify(type)} ${obstacle}`);
  }
  const toolkit = new ResponseToolkit({
    client: request.tools.map(({ name }) => name),
    isFlat: model.profile.format.kind === "template",
  });
  const mcpRequests = request.hosted.filter(({ type }) => type === "mcp").map(parseMcpRequest);
  checkMcpLabels(
    mcpRequests,
    (options.tools.mcp ?? []).map(({ label }) => label),
  );
  try {
    for (const hosted of request.hosted) if (hosted.type !== "mcp") addTool(toolkit, hosted, options);
    for (const mcpRequest of mcpRequests) await addMcp(toolkit, mcpRequest, options);
    checkNames(toolkit, request);
  } catch (error) {
    await toolkit.dispose();
    throw error;
  }
  return toolkit;
}

const never = (): boolean => false;

function addTool(
  toolkit: ResponseToolkit,
  hosted: HostedTool,
  { tools, model, items, tenant }: ToolkitOptions,
): void {
  const { type } = hosted;
  const has = (name: string): boolean => toolkit.entries.some(({ tool }) => tool.name === name);
  if (isSearchType(type)) {
    if (has("browser")) return;
    const tool = tools.browser!(model.profile.tokenizer);
    toolkit.browser = tool;
    toolkit.entries.push({ tool, needsApproval: never, createItem: webSearchItem });
  } else if (type === "code_interpreter") {
    if (has("python")) return;
    const earlier = earlierContainer(hosted, items);
    const containerId = earlier ?? newId("cntr_");
    toolkit.entries.push({
      tool: tools.python!({ key: `${tenant}\n${containerId}`, resumed: earlier !== undefined }),
      needsApproval: never,
      createItem: () => codeItem(containerId),
    });
  } else if (!has(type)) {
    const tool = tools.functions![type]!();
    toolkit.entries.push({
      tool,
      label: ownLabel,
      needsApproval: () => tool.needsApproval?.({ function: tool.name, arguments: "" }) ?? false,
      createItem: (name, approvalId) => mcpCallItem(ownLabel, name, approvalId),
    });
  }
}

/** The interpreter to go on with: the one that the request names, else that of the last cell. */
function earlierContainer({ fields }: HostedTool, items: readonly ResponseItem[]): string | undefined {
  const last = items.findLast(({ type }) => type === "code_interpreter_call");
  return [fields["container"], last?.["container_id"]].find(
    (id): id is string => typeof id === "string" && /^cntr_\w{16,64}$/.test(id),
  );
}

async function addMcp(toolkit: ResponseToolkit, asked: McpRequest, options: ToolkitOptions): Promise<void> {
  const { tools, listed } = options;
  const { label, path, url, allowed } = asked;
  const config = tools.mcp!.find((entry) => entry.label === label)!;
  if (url !== undefined && url !== config.url) {
    throw invalidRequest(
      `${path}.server_url`,
      `${path}.server_url: the server "${label}" is configured with another address; leave server_url out.`,
    );
  }
  const connection = await lendConnection(config, options);
  if (typeof connection === "string") {
    // The response goes on without these tools, and says so.
    toolkit.lists.push(toolListItem(label, [], connection));
    return;
  }
  const tool = createMcpTool(connection, { approval: "never", ...(allowed && { allowed }) });
  toolkit.entries.push({
    tool,
    label,
    needsApproval: asked.needsApproval,
    createItem: (name, approvalId) => mcpCallItem(label, name, approvalId),
  });
  if (listed.has(label)) return;
  const shown = connection.tools.filter(({ name }) => allowed?.includes(name) ?? true);
  toolkit.lists.push(
    toolListItem(
      label,
      shown.map(({ name, description, inputSchema, annotations }) => ({
        name,
        description,
        input_schema: inputSchema,
        annotations: annotations ?? null,
      })),
    ),
  );
}

/** A name that two tools share would make calls ambiguous. */
function checkNames(toolkit: ResponseToolkit, request: ResponsesRequest): void {
  const own = new Set(
    toolkit.entries.flatMap(({ tool }) => [
      tool.name,
      ...tool.namespace.tools.map(({ name }) => `${tool.name}.${name}`),
    ]),
  );
  const taken = request.tools.find(({ name }) => own.has(name));
  if (taken === undefined) return;
  throw invalidRequest(
    "tools",
    `tools: the function ${JSON.stringify(taken.name)} has the name of a tool that runs on the server; rename it.`,
  );
}
