// The tools of one response: made when it begins, disposed when it ends.

import { fromPlain, type JsonObject } from "@tokenwire/core/json";
import { connectMcp, createMcpTool, type McpConnection } from "../../../mcp/index.ts";
import {
  type Conversation,
  checkMcpLabels,
  codeItem,
  type FunctionTool,
  type HostedTool,
  invalidRequest,
  type McpRequest,
  mcpCallItem,
  newId,
  parseMcpRequest,
  type ResponseItem,
  type ResponsesRequest,
  sanitiseMessage,
  type ToolCallItem,
  type ToolOutput,
  toolListItem,
  unsupportedParameter,
  webSearchItem,
} from "../../../protocol/index.ts";
import { type BrowserTool, type Route, routeRecipient, type Tool } from "../../../tools/index.ts";
import type { ServedModel } from "../../models.ts";
import { codeOf, FlatNames } from "./flat-names.ts";
import { isSearchType, type ServerToolOptions } from "./options.ts";

/** Server label under which the server's own functions appear. */
const ownLabel = "tokenwire";

/** A tool and how its calls look to clients. */
export interface HostedEntry {
  readonly tool: Tool;
  /** Label in items of MCP calls; absent: the tool has items of its own. */
  readonly label?: string;
  /** Whether the client is asked before this function runs. */
  readonly needsApproval: (functionName: string) => boolean;
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

export class Toolkit {
  readonly entries: HostedEntry[] = [];
  /** Items that tell which tools MCP servers offer. */
  readonly lists: ToolOutput[] = [];
  browser: BrowserTool | undefined;
  readonly #clientNames: readonly string[];
  readonly #isFlat: boolean;
  #names: FlatNames | undefined;

  /** @param isFlat the model's format knows functions only, no namespaces */
  constructor(clientNames: readonly string[], isFlat: boolean) {
    this.#clientNames = clientNames;
    this.#isFlat = isFlat;
  }

  /** The tools as functions; for formats that know nothing else. */
  get names(): FlatNames {
    this.#names ??= new FlatNames(
      this.entries.map(({ tool }) => tool),
      this.#clientNames,
    );
    return this.#names;
  }

  /** Whether calls of this name hold source code in an object. */
  takesCode(name: string): boolean {
    return this.#isFlat && this.names.takesCode(name);
  }

  /** What a tool gets of the text that the model wrote for it. */
  textOf(name: string, written: string): string {
    return this.takesCode(name) ? codeOf(written) : written;
  }

  /** Who answers a call that the model wrote, `functions.` left out. */
  route(name: string): Route {
    if (this.#clientNames.includes(name)) return { to: "client", name };
    return routeRecipient(
      this.#isFlat ? (this.names.recipientOf(name) ?? name) : name,
      this.entries.map(({ tool }) => tool),
      this.#clientNames,
    );
  }

  entryOf(tool: Tool): HostedEntry {
    return this.entries.find((entry) => entry.tool === tool)!;
  }

  /** The conversation with these tools in its prompt. */
  addTo(conversation: Conversation): Conversation {
    if (this.#isFlat) {
      const messages = this.names.rename(conversation.messages);
      if (conversation.toolChoice.mode === "none") return { ...conversation, messages };
      return { ...conversation, messages, tools: [...conversation.tools, ...this.names.declarations] };
    }
    if (conversation.toolChoice.mode === "none") return conversation;
    const namespaces = this.entries.map(({ tool }) => tool.namespace);
    const functions = namespaces.filter(({ name }) => name === "functions").flatMap(({ tools }) => tools);
    return {
      ...conversation,
      tools: [...conversation.tools, ...functions.map(toFunctionTool)],
      toolNamespaces: namespaces.filter(({ name }) => name !== "functions"),
    };
  }

  async dispose(): Promise<void> {
    await Promise.allSettled(this.entries.map(({ tool }) => tool.dispose?.()));
  }
}

function toFunctionTool({ name, description, parameters }: Tool["namespace"]["tools"][number]): FunctionTool {
  return {
    name,
    description,
    ...(parameters !== undefined && { parameters: fromPlain(parameters) as JsonObject }),
  };
}

/** Makes what a request asks for. Raises 400 for what this model or server cannot do. */
export async function openToolkit(options: ToolkitOptions): Promise<Toolkit> {
  const { request, model } = options;
  checkModel(model, request.hosted[0]!);
  const toolkit = new Toolkit(
    request.tools.map(({ name }) => name),
    model.profile.format.kind === "template",
  );
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

/** Calls must be told from text: by the model's format, or by the parser for its template. */
function checkModel({ id, profile, info }: ServedModel, { path, type }: HostedTool): void {
  const refuse = (reason: string): never => {
    throw unsupportedParameter(`${path}.type`, `${path}.type: ${JSON.stringify(type)} ${reason}`);
  };
  const { kind } = profile.format;
  if (kind === "harmony" && info.capabilities.output === "text") {
    refuse(`needs an engine that reports token ids; that of ${JSON.stringify(id)} sends text.`);
  }
  if (kind !== "harmony" && profile.toolParser === undefined) {
    refuse(`needs a model whose calls can be read; ${JSON.stringify(id)} has no tool parser.`);
  }
}

const never = (): boolean => false;

function addTool(
  toolkit: Toolkit,
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

async function addMcp(toolkit: Toolkit, asked: McpRequest, options: ToolkitOptions): Promise<void> {
  const { tools, listed, signal, tenant } = options;
  const { label, path, url, allowed } = asked;
  const config = tools.mcp!.find((entry) => entry.label === label)!;
  if (url !== undefined && url !== config.url) {
    throw invalidRequest(
      `${path}.server_url`,
      `${path}.server_url: the server "${label}" is configured with another address; leave server_url out.`,
    );
  }
  let connection: McpConnection;
  try {
    connection = await (tools.mcpPool?.connect(config, tenant, signal) ?? connectMcp(config, signal));
  } catch (error) {
    signal.throwIfAborted();
    // The response goes on without these tools, and says so.
    toolkit.lists.push(toolListItem(label, [], sanitiseMessage((error as Error).message)));
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
function checkNames(toolkit: Toolkit, request: ResponsesRequest): void {
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
