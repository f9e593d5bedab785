// `tokenwire mcp`: offer our tools to other agents, and list or call the tools of any MCP server.

import { randomUUID } from "node:crypto";
import { Argument, Command } from "commander";
import type { McpConnection } from "../../mcp/index.ts";
import type { Tool } from "../../tools/index.ts";
import { durationOption, integerOption, repeatedOption } from "../options.ts";
import { paint, printJson, UsageError } from "../output.ts";
import { browserBackendNames, openBrowserBackend, openPython, pythonBackendNames } from "../tool-backends.ts";

const toolNames = ["text", "browser", "python", "apply_patch"] as const;
type ToolName = (typeof toolNames)[number];

interface ServeFlags {
  readonly http?: boolean;
  readonly host: string;
  readonly port: number;
  readonly tokenEnv: string;
  readonly root: string;
  readonly site?: string;
  readonly browserBackend: string;
  readonly browserRender?: boolean;
  readonly pythonBackend: string;
  readonly pythonSessions: number;
}

interface ConnectFlags {
  readonly url?: string;
  readonly command?: string;
  readonly header?: readonly string[];
  readonly timeout: number;
  readonly json?: boolean;
}

export function mcpCommand(): Command {
  return new Command("mcp")
    .description("Offer tools over MCP, or list and call those of a server")
    .addCommand(serveSubcommand())
    .addCommand(listSubcommand())
    .addCommand(callSubcommand());
}

function serveSubcommand(): Command {
  return new Command("serve")
    .description("Serve tools to another agent, on standard input and output or over HTTP")
    .addArgument(new Argument("[tools...]", "what to offer").choices(toolNames).default(["text"], "text"))
    .option("--http", "serve over HTTP instead of standard input and output")
    .option("--host <address>", "address to listen on; away from loopback a token is required", "127.0.0.1")
    .option("--port <number>", "port to listen on", integerOption(0, 65_535), 8001)
    .option(
      "--token-env <name>",
      "environment variable with the token clients must send",
      "TOKENWIRE_MCP_TOKEN",
    )
    .option("--root <folder>", "folder that apply_patch may change", ".")
    .option("--site <folder>", "let the browser search and read this folder instead of the network")
    .option("--browser-backend <name>", `where the browser looks: ${browserBackendNames}`, "http")
    .option("--browser-render", "show pages as Chromium renders them")
    .option("--python-backend <name>", `what runs Python: ${pythonBackendNames}`, "wasi")
    .option("--python-sessions <n>", "interpreters alive at once", integerOption(1, 1000), 4)
    .addHelpText(
      "after",
      `
Examples:
  $ tokenwire mcp serve                             token counts and parsers, for an MCP client to start
  $ tokenwire mcp serve python --http --port 8000   a Python sandbox at http://127.0.0.1:8000/mcp
  $ tokenwire mcp serve browser --site docs         a browser over a folder of pages`,
    )
    .action(serve);
}

function connectOptions(command: Command): Command {
  return command
    .option("--url <url>", "address of the server")
    .option("--command <line>", "program to start, with its arguments separated by spaces")
    .option("--header <name:value>", "header to send; repeatable", repeatedOption)
    .option("--timeout <duration>", "time for each exchange", durationOption, 60_000)
    .option("--json", "print JSON");
}

function listSubcommand(): Command {
  return connectOptions(new Command("list").description("List the tools of a server"))
    .addHelpText("after", "\nExample:\n  $ tokenwire mcp list --url http://127.0.0.1:8001/mcp")
    .action(async (flags: ConnectFlags) => {
      await withConnection(flags, async ({ serverName, instructions, tools }) => {
        if (flags.json) return printJson({ server: serverName, instructions, tools });
        process.stdout.write(`${paint("bold", serverName)}${instructions ? `\n${instructions}` : ""}\n`);
        for (const { name, description } of tools)
          process.stdout.write(`\n${paint("cyan", name)}\n  ${description}\n`);
      });
    });
}

function callSubcommand(): Command {
  return connectOptions(new Command("call").description("Call a tool of a server"))
    .argument("<tool>", "name of the tool")
    .argument("[arguments]", "arguments as JSON", "{}")
    .addHelpText(
      "after",
      `\nExample:\n  $ tokenwire mcp call count_tokens '{"text":"hello"}' --url http://127.0.0.1:8001/mcp`,
    )
    .action(async (name: string, text: string, flags: ConnectFlags) => {
      const values = parseValues(text);
      await withConnection(flags, async (connection) => {
        const result = await connection.call(name, values);
        if (flags.json) printJson(result);
        else process.stdout.write(`${result.text}\n`);
        if (result.isError) process.exitCode = 1;
      });
    });
}

function parseValues(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(`The arguments are not JSON: ${(error as Error).message}`);
  }
  throw new UsageError("The arguments must be a JSON object.");
}

async function withConnection(
  flags: ConnectFlags,
  use: (connection: McpConnection) => unknown,
): Promise<void> {
  if ((flags.url === undefined) === (flags.command === undefined)) {
    throw new UsageError("Name the server with either --url or --command.");
  }
  const { connectMcp } = await import("../../mcp/index.ts");
  const [program, ...args] = flags.command?.split(/\s+/) ?? [];
  const headers = Object.fromEntries(
    (flags.header ?? []).map((line) => {
      const colon = line.indexOf(":");
      if (colon < 1) throw new UsageError(`--header: expected "name: value", got "${line}".`);
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }),
  );
  const connection = await connectMcp({
    label: "server",
    timeout: flags.timeout,
    headers,
    ...(flags.url !== undefined && { url: flags.url }),
    ...(program !== undefined && { command: program, args }),
  });
  try {
    await use(connection);
  } finally {
    await connection.close();
  }
}

async function serve(names: readonly ToolName[], flags: ServeFlags): Promise<void> {
  const { serveMcpHttp, serveMcpStdio } = await import("../../mcp/index.ts");
  const { createTools, close } = await toolFactory(names, flags);
  const [first] = createTools();
  const only = names.length === 1 && first !== undefined ? first : undefined;
  const description = only?.namespace.description;
  const options = {
    name: only?.namespace.name === "functions" ? "tokenwire" : (only?.name ?? "tokenwire"),
    createTools,
    ...(description !== undefined && { instructions: description }),
  };
  if (!flags.http) {
    await serveMcpStdio(options);
    return close();
  }
  const token = process.env[flags.tokenEnv];
  const server = await serveMcpHttp({
    ...options,
    host: flags.host,
    port: flags.port,
    ...(token && { token }),
  });
  process.stderr.write(
    `MCP server with ${names.join(", ")} on ${server.url}${token ? " (token required)" : ""}\n`,
  );
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  await server.close();
  await close();
}

interface ToolFactory {
  createTools(): Tool[];
  close(): Promise<void>;
}

/** Makes the named tools anew for each session; what they share is prepared once. */
async function toolFactory(names: readonly ToolName[], flags: ServeFlags): Promise<ToolFactory> {
  const tools = await import("../../tools/index.ts");
  const { getEncoding, listEncodingNames } = await import("@tokenwire/encodings");
  const tokenizer = names.includes("browser") ? getEncoding("o200k_base") : undefined;
  const browser = flags.site === undefined ? flags.browserBackend : `local:${flags.site}`;
  const backend = names.includes("browser")
    ? await openBrowserBackend(browser, flags.browserRender)
    : undefined;
  const python = names.includes("python")
    ? await openPython(flags.pythonBackend, flags.pythonSessions)
    : undefined;
  const factories: Record<ToolName, () => Tool[]> = {
    text: () =>
      tools.createTextTools({
        getTokenizer: (name) => getEncoding(name as Parameters<typeof getEncoding>[0]),
        encodingNames: listEncodingNames(),
      }),
    browser: () => [tools.createBrowserTool({ backend: backend!, tokenizer: tokenizer! })],
    python: () => [python!.open(randomUUID())],
    // Starting the server with this tool is the approval.
    apply_patch: () => [tools.createApplyPatchTool({ root: flags.root, needsApproval: false })],
  };
  return {
    createTools: () => names.flatMap((name) => factories[name]()),
    close: async () => {
      await python?.close();
      await backend?.close?.();
    },
  };
}
