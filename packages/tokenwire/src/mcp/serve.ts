// Our tools as an MCP server, over standard input and output or Streamable HTTP. Each session has tools of its own.

import { randomUUID } from "node:crypto";
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { McpServer, WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import { TokenwireError } from "@tokenwire/core";
import { runTool, type Tool } from "../tools/index.ts";

export interface McpServeOptions {
  /** Name that clients see. */
  readonly name: string;
  readonly instructions?: string;
  /** Makes the tools of one session; they are disposed with it. */
  readonly createTools: () => readonly Tool[];
}

export interface McpHttpOptions extends McpServeOptions {
  readonly host?: string;
  readonly port?: number;
  /** Clients must send it as a bearer token. Required when the host is not loopback. */
  readonly token?: string;
  /** Sessions alive at once. Default 64. */
  readonly maxSessions?: number;
  /** Milliseconds after which an idle session ends. Default 10 minutes. */
  readonly idleTimeout?: number;
}

const path = "/mcp";
const maxBody = 1 << 20;

async function createMcpServer(options: McpServeOptions, tools: readonly Tool[]): Promise<McpServer> {
  const { fromJsonSchema, McpServer: Server } = await import("@modelcontextprotocol/server");
  const { name, instructions } = options;
  const server = new Server({ name, version: "0.1.0" }, instructions === undefined ? {} : { instructions });
  for (const tool of tools) {
    for (const entry of entriesOf(tool)) {
      const inputSchema = fromJsonSchema<Record<string, unknown>>(
        entry.schema as Parameters<typeof fromJsonSchema>[0],
      );
      const { description } = entry;
      server.registerTool(
        entry.name,
        { title: entry.title, description, inputSchema, annotations: entry.annotations, _meta: entry.meta },
        async (values, context) => {
          const call = { function: entry.function, arguments: entry.toText(values) };
          const { text, failed } = await runTool(tool, call, { signal: context.mcpReq.signal });
          return { content: [{ type: "text" as const, text }], isError: failed };
        },
      );
    }
  }
  return server;
}

interface Entry {
  readonly name: string;
  readonly function: string;
  readonly description: string;
  readonly schema: unknown;
  /** For people; the reference's titles where it has the tool. */
  readonly title: string;
  readonly annotations: Record<string, unknown>;
  readonly meta: Record<string, unknown>;
  toText(values: Record<string, unknown>): string;
}

const titles: Readonly<Record<string, string>> = {
  "browser.search": "Search for information",
  "browser.open": "Open a link or page",
  "browser.find": "Find pattern in page",
  python: "Execute Python code",
};

function titleOf(name: string): string {
  return titles[name] ?? name.replaceAll("_", " ");
}

/** One MCP tool per function; a tool that is called as a whole takes its text as `code`. */
function entriesOf(tool: Tool): Entry[] {
  const { tools, description = "" } = tool.namespace;
  if (tools.length === 0) {
    const schema = { type: "object", properties: { code: { type: "string" } }, required: ["code"] };
    // The instructions of the server say all that a prompt needs.
    const hidden = {
      annotations: { include_in_prompt: false },
      meta: { "tokenwire/includeInPrompt": false },
    };
    const toText: Entry["toText"] = ({ code }) => String(code ?? "");
    return [
      { name: tool.name, title: titleOf(tool.name), function: "", description, schema, ...hidden, toText },
    ];
  }
  return tools.map((entry) => {
    const isObject = (entry.parameters as { type?: unknown } | undefined)?.type === "object";
    // A bare-string schema has no form in MCP: its text is the member `input`.
    const schema = isObject
      ? entry.parameters
      : { type: "object", properties: { input: { type: "string" } }, required: [] };
    const toText = isObject
      ? (values: Record<string, unknown>) => JSON.stringify(values)
      : ({ input }: Record<string, unknown>) => String(input ?? "");
    return {
      name: entry.name,
      title: titleOf(tool.name === entry.name ? entry.name : `${tool.name}.${entry.name}`),
      function: entry.name,
      description: entry.description,
      schema,
      annotations: {},
      meta: {},
      toText,
    };
  });
}

/** Serves one client on standard input and output until it leaves. */
export async function serveMcpStdio(options: McpServeOptions): Promise<void> {
  const { StdioServerTransport } = await import("@modelcontextprotocol/server/stdio");
  const tools = options.createTools();
  const server = await createMcpServer(options, tools);
  const transport = new StdioServerTransport();
  const closed = new Promise<void>((resolve) => {
    transport.onclose = resolve;
    process.stdin.once("close", resolve);
    process.stdin.once("end", resolve);
  });
  await server.connect(transport);
  await closed;
  await Promise.all(tools.map((tool) => tool.dispose?.()));
}

interface Session {
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly tools: readonly Tool[];
  lastUsed: number;
}

export interface McpHttpServer {
  /** Such as `http://127.0.0.1:8001/mcp`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves sessions over HTTP. Listens on loopback unless told otherwise, and then demands a token. */
export async function serveMcpHttp(options: McpHttpOptions): Promise<McpHttpServer> {
  const { host = "127.0.0.1", port = 0, token } = options;
  const isLoopback = host === "localhost" || host === "::1" || host.startsWith("127.");
  if (!isLoopback && token === undefined) {
    throw new TokenwireError(
      "INVALID_ARGUMENT",
      `MCP server on ${host}: a token is required on an address that others can reach.`,
    );
  }
  const sessions = new SessionTable(options);
  const server = createServer((request, response) => {
    handle(request, response, sessions, options).catch((error: Error) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(error.name === "AbortError" ? "" : "Internal error");
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, host, resolve);
  });
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${portOf(server)}${path}`,
    close: async () => {
      await sessions.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const portOf = (server: HttpServer): number => (server.address() as { port: number }).port;

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  sessions: SessionTable,
  { token, host = "127.0.0.1" }: McpHttpOptions,
): Promise<void> {
  const { hostHeaderValidationResponse, originValidationResponse } = await import(
    "@modelcontextprotocol/server"
  );
  if (request.url?.split("?")[0] !== path) return void response.writeHead(404).end();
  if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
    return void response.writeHead(401, { "www-authenticate": "Bearer" }).end();
  }
  const web = await toWebRequest(request);
  if (web === undefined) return void response.writeHead(413).end();
  // Against pages that make a browser talk to a server on its own machine.
  const names = ["localhost", "127.0.0.1", "[::1]", host];
  const refused = hostHeaderValidationResponse(web, names) ?? originValidationResponse(web, names);
  const answer = refused ?? (await sessions.handle(web));
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body === null) return void response.end();
  // A client that leaves ends the stream; that is no error.
  await pipeline(Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]), response).catch(
    () => undefined,
  );
}

async function toWebRequest(request: IncomingMessage): Promise<Request | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > maxBody) return undefined;
    chunks.push(chunk as Buffer);
  }
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) headers.set(name, String(value));
  const { method = "GET" } = request;
  const url = `http://${request.headers.host ?? "localhost"}${request.url}`;
  return new Request(url, { method, headers, ...(chunks.length > 0 && { body: Buffer.concat(chunks) }) });
}

class SessionTable {
  readonly #options: McpHttpOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: McpHttpOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#endIdle(), 30_000).unref();
  }

  async handle(request: Request): Promise<Response> {
    const id = request.headers.get("mcp-session-id");
    const known = id === null ? undefined : this.#sessions.get(id);
    if (known !== undefined) {
      known.lastUsed = Date.now();
      return known.transport.handleRequest(request);
    }
    if (id !== null) return new Response("Unknown session", { status: 404 });
    if (this.#sessions.size >= (this.#options.maxSessions ?? 64))
      return new Response("Too many sessions", { status: 503 });
    return (await this.#create()).handleRequest(request);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([...this.#sessions.keys()].map((id) => this.#end(id)));
  }

  async #create(): Promise<WebStandardStreamableHTTPServerTransport> {
    const { WebStandardStreamableHTTPServerTransport: Transport } = await import(
      "@modelcontextprotocol/server"
    );
    const tools = this.#options.createTools();
    const transport = new Transport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void this.#sessions.set(id, { transport, tools, lastUsed: Date.now() }),
      onsessionclosed: (id) => this.#end(id),
    });
    await (await createMcpServer(this.#options, tools)).connect(transport);
    return transport;
  }

  #endIdle(): void {
    const oldest = Date.now() - (this.#options.idleTimeout ?? 600_000);
    for (const [id, session] of this.#sessions) if (session.lastUsed < oldest) void this.#end(id);
  }

  async #end(id: string): Promise<void> {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    if (session === undefined) return;
    await session.transport.close();
    await Promise.all(session.tools.map((tool) => tool.dispose?.()));
  }
}
