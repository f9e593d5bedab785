// A connection to one MCP server, over a child process or HTTP, with the official client. Everything a server says
// (names, descriptions, results) is untrusted text.

import type { Client } from "@modelcontextprotocol/client";
import { TokenwireError } from "@tokenwire/core";

export interface McpServerConfig {
  /** Names the server in prompts, items and logs. */
  readonly label: string;
  /** Start this program and talk over its standard input and output. Comes from configuration, never from a request. */
  readonly command?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Or talk to this address (Streamable HTTP). */
  readonly url?: string;
  /** Sent with every request, such as `Authorization`; never logged. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds for the connection and for each call. Default 60,000. */
  readonly timeout?: number;
  /**
   * Whether a {@link McpPool} may hand a connection on to a later conversation of the same tenant. Default true; false
   * for servers that keep state per connection, such as an interpreter.
   */
  readonly reuse?: boolean;
}

export interface McpToolInfo {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly inputSchema: unknown;
  readonly annotations?: unknown;
  readonly includeInPrompt: boolean;
}

export interface McpCallResult {
  /** Text blocks, one per line; other blocks as a short note. */
  readonly text: string;
  readonly isError: boolean;
}

export interface McpConnection {
  readonly label: string;
  readonly serverName: string;
  readonly instructions: string | undefined;
  readonly tools: readonly McpToolInfo[];
  call(name: string, values: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<McpCallResult>;
  close(): Promise<void>;
}

/** A connection that can be tested and brought up to date. */
export interface LiveMcpConnection extends McpConnection {
  /** Asks the server for a sign of life. */
  isAlive(): Promise<boolean>;
  /** Lists the tools anew when the server said that they changed, or when the list is older than `age` milliseconds. */
  refresh(age: number): Promise<void>;
}

const maxTools = 128;
const maxDescriptionBytes = 65_536;

/** Connects and lists the tools. Throws when the server cannot be reached or breaks the protocol. */
export async function connectMcp(config: McpServerConfig, signal?: AbortSignal): Promise<LiveMcpConnection> {
  const { Client: McpClient } = await import("@modelcontextprotocol/client");
  const timeout = config.timeout ?? 60_000;
  const client = new McpClient(
    { name: "tokenwire", version: "0.1.0" },
    { versionNegotiation: { mode: "auto" } },
  );
  const options = { timeout, ...(signal && { signal }) };
  try {
    await client.connect(await createTransport(config), options);
    const connection = new Connection(config.label, client, timeout);
    await connection.list(options);
    return connection;
  } catch (error) {
    await client.close();
    throw failure(`MCP server "${config.label}": ${(error as Error).message}`, error);
  }
}

async function createTransport(config: McpServerConfig): Promise<Parameters<Client["connect"]>[0]> {
  const { label, command, args = [], env, url, headers } = config;
  if (command !== undefined) {
    const { getDefaultEnvironment, StdioClientTransport } = await import(
      "@modelcontextprotocol/client/stdio"
    );
    const environment = { ...getDefaultEnvironment(), ...env };
    return new StdioClientTransport({ command, args: [...args], env: environment, stderr: "ignore" });
  }
  if (url === undefined)
    throw new TokenwireError("INVALID_ARGUMENT", `MCP server "${label}" needs a command or a url.`);
  const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
  return new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { ...headers } } });
}

interface ListedTool {
  readonly name: string;
  readonly description?: string | undefined;
  readonly inputSchema: unknown;
  readonly annotations?: unknown;
  readonly _meta?: Readonly<Record<string, unknown>> | undefined;
}

function toInfo({ name, description = "", inputSchema, annotations, _meta }: ListedTool): McpToolInfo {
  const hidden =
    _meta?.["tokenwire/includeInPrompt"] === false ||
    (annotations as Readonly<Record<string, unknown>> | undefined)?.["include_in_prompt"] === false;
  return {
    name,
    description,
    inputSchema,
    ...(annotations === undefined ? {} : { annotations }),
    includeInPrompt: !hidden,
  };
}

/** Longest wait for a sign of life, in milliseconds. */
const aliveTimeout = 3_000;

class Connection implements LiveMcpConnection {
  readonly label: string;
  readonly #client: Client;
  readonly #timeout: number;
  #tools: readonly McpToolInfo[] = [];
  #listedAt = 0;
  #closed = false;
  /** A call was given up; the server may still be about to hear of it. */
  #gaveUp = false;

  constructor(label: string, client: Client, timeout: number) {
    this.label = label;
    this.#client = client;
    this.#timeout = timeout;
    client.onclose = () => {
      this.#closed = true;
    };
    client.setNotificationHandler("notifications/tools/list_changed", () => {
      this.#listedAt = 0;
    });
  }

  get tools(): readonly McpToolInfo[] {
    return this.#tools;
  }

  async list(options: { readonly timeout: number; readonly signal?: AbortSignal }): Promise<void> {
    const { tools } = await this.#client.listTools(undefined, { ...options, cacheMode: "refresh" });
    this.#tools = checkedTools(tools.map(toInfo));
    this.#listedAt = Date.now();
  }

  async refresh(age: number): Promise<void> {
    if (Date.now() - this.#listedAt > age) await this.list({ timeout: this.#timeout });
  }

  async isAlive(): Promise<boolean> {
    if (this.#closed) return false;
    const options = { timeout: Math.min(aliveTimeout, this.#timeout) };
    const isModern = this.#client.getProtocolEra() === "modern";
    const sign = isModern ? this.#client.discover(options) : this.#client.ping(options);
    return sign.then(
      () => true,
      () => false,
    );
  }

  get serverName(): string {
    return this.#client.getServerVersion()?.name ?? this.label;
  }

  get instructions(): string | undefined {
    return this.#client.getInstructions();
  }

  async call(
    name: string,
    values: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ): Promise<McpCallResult> {
    const options = { timeout: this.#timeout, ...(signal && { signal }) };
    const request = { name, arguments: { ...values } };
    const result = await this.#client.callTool(request, options).catch((error: unknown) => {
      this.#gaveUp ||= signal?.aborted === true;
      signal?.throwIfAborted();
      throw failure((error as Error).message, error);
    });
    return { text: result.content.map(blockText).join("\n"), isError: result.isError === true };
  }

  async close(): Promise<void> {
    // Closing takes back what is on its way, and with it the notice that a call is to stop: what is answered later has
    // arrived later.
    if (this.#gaveUp) await this.isAlive();
    await this.#client.close();
  }
}

function failure(message: string, cause: unknown): TokenwireError {
  return new TokenwireError("MCP_FAILED", message, { cause });
}

function checkedTools(tools: readonly McpToolInfo[]): readonly McpToolInfo[] {
  if (tools.length > maxTools)
    throw new Error(`it lists ${tools.length} tools; at most ${maxTools} are accepted.`);
  const size = tools.reduce(
    (sum, tool) => sum + tool.description.length + JSON.stringify(tool.inputSchema).length,
    0,
  );
  if (size > maxDescriptionBytes)
    throw new Error(`its tool descriptions exceed ${maxDescriptionBytes} characters.`);
  return tools;
}

function blockText(block: Readonly<Record<string, unknown>>): string {
  if (block["type"] === "text") return String(block["text"]);
  const kind =
    block["mimeType"] ?? (block["resource"] as Readonly<Record<string, unknown>> | undefined)?.["uri"] ?? "";
  return `[${String(block["type"])} ${String(kind)}]`.replace(" ]", "]");
}
