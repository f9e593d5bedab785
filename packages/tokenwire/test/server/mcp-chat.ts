// Chat with MCP servers that run calls on the server: models of both formats that say what a test wants them to say, and
// real MCP servers, over HTTP and over standard input and output.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type McpServerConfig, serveMcpHttp } from "../../src/mcp/index.ts";
import { createHarmonyProfile } from "../../src/profiles/index.ts";
import type { ModelProfile } from "../../src/protocol/index.ts";
import { createServer, type Server, type ServerOptions } from "../../src/server/index.ts";
import { defineTool } from "../../src/tools/index.ts";
import { harmony, TestEngine, type TestEngineOptions } from "./support.ts";
import { templatedProfile } from "./templated-profile.ts";

/** What a model says in one answer. */
export interface Said {
  readonly thought?: string;
  readonly text?: string;
  readonly calls?: readonly (readonly [name: string, args: object | string])[];
  /** The answer as it stands, whatever the format. */
  readonly raw?: string;
}

export interface Format {
  readonly name: string;
  readonly profile: ModelProfile;
  readonly write: (said: Said) => string;
}

const json = (args: object | string): string => (typeof args === "string" ? args : JSON.stringify(args));

const harmonyFormat: Format = {
  name: "harmony",
  profile: createHarmonyProfile({ id: "m", contextLength: 4_096 }),
  write: ({ thought, text, calls = [], raw }) => {
    if (raw !== undefined) return raw;
    const channel = calls.length > 0 ? "commentary" : "final";
    const messages = [
      ...(thought === undefined ? [] : [`<|channel|>analysis<|message|>${thought}`]),
      ...(text === undefined ? [] : [`<|channel|>${channel}<|message|>${text}`]),
      ...calls.map(
        ([name, args]) =>
          `<|channel|>commentary to=functions.${name} <|constrain|>json<|message|>${json(args)}`,
      ),
    ];
    return `${messages.join("<|end|><|start|>assistant")}${calls.length > 0 ? "<|call|>" : "<|return|>"}`;
  },
};

const templateFormat: Format = {
  name: "template",
  profile: templatedProfile(),
  write: ({ thought, text = "", calls = [], raw }) => {
    if (raw !== undefined) return raw;
    const written = calls.map(
      ([name, args]) =>
        `<tool_call>{"name": ${JSON.stringify(name)}, "arguments": ${json(args)}}</tool_call>`,
    );
    const thoughts = thought === undefined ? "" : `<think>${thought}</think>`;
    return `${thoughts}${text}${written.join("")}<|im_end|>`;
  },
};

export const formats: readonly Format[] = [harmonyFormat, templateFormat];

/** What is to be closed after a test, in the opposite order. */
export type Cleanups = (() => unknown)[];

/** Calls that a real MCP server has had, by the `text` that each was given. */
export interface EchoServer {
  readonly config: McpServerConfig;
  readonly calls: string[];
  /** How many calls run. */
  running: number;
  /** Calls that were told to stop. */
  stopped: number;
}

/** An MCP server over HTTP with functions that say their text again. They fail, or wait, when it says so. */
export async function openEchoServer(
  cleanups: Cleanups,
  label: string,
  names: readonly string[] = ["echo"],
): Promise<EchoServer> {
  const calls: string[] = [];
  const state = { running: 0, stopped: 0 };
  const tools = names.map((name) =>
    defineTool({
      name,
      description: `Says it again, as ${name}`,
      parameters: { type: "object", properties: { text: { type: "string" } } },
      execute: async ({ text }, { signal }) => {
        calls.push(String(text));
        if (text === "fail") throw new Error("it broke");
        if (text === "wait") {
          state.running++;
          await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
          state.stopped++;
        }
        return `${label} ${name}: ${String(text)}`;
      },
    }),
  );
  const server = await serveMcpHttp({ name: label, createTools: () => tools });
  cleanups.push(() => server.close());
  return Object.assign(state, { config: { label, url: server.url }, calls });
}

const sdk = (name: string): string => {
  const path = createRequire(import.meta.url).resolve(`@modelcontextprotocol/${name}`);
  return JSON.stringify(pathToFileURL(path.replace(/\.cjs$/, ".mjs")).href);
};

/** A program with the official SDK that speaks over standard input and output, with `shout`. */
export function shoutServer(cleanups: Cleanups, label: string): McpServerConfig {
  const folder = mkdtempSync(join(tmpdir(), "mcp-chat-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "server.mjs");
  writeFileSync(
    file,
    `import { McpServer, fromJsonSchema } from ${sdk("server")};
     import { StdioServerTransport } from ${sdk("server/stdio")};
     const server = new McpServer({ name: "upper", version: "1" });
     const inputSchema = fromJsonSchema({ type: "object", properties: { text: { type: "string" } }, required: ["text"] });
     server.registerTool("shout", { description: "Upper case", inputSchema }, async ({ text }) => ({
       content: [{ type: "text", text: text.toUpperCase() }],
     }));
     await server.connect(new StdioServerTransport());`,
  );
  return { label, command: process.execPath, args: [file] };
}

export interface ChatServer {
  readonly url: string;
  readonly server: Server;
  readonly engine: TestEngine;
  /** The text of the prompt of an engine call. */
  readonly prompt: (call: number) => string;
  /** The next answer is the first one. */
  readonly again: () => void;
}

/** A server whose model gives these answers one after the other, and then from the beginning. */
export async function openChatServer(
  cleanups: Cleanups,
  format: Format,
  answers: readonly Said[],
  options: Partial<ServerOptions> & { readonly engine?: Partial<TestEngineOptions> } = {},
): Promise<ChatServer> {
  const { engine: engineOptions, ...rest } = options;
  const encoding = format.name === "harmony" ? harmony : format.profile.tokenizer;
  let next = 0;
  const engine = new TestEngine({
    emit: () => [
      ...encoding.encode(format.write(answers[next++ % answers.length]!), { allowedSpecial: "all" }),
    ],
    ...engineOptions,
  });
  const server = await createServer({
    port: 0,
    models: [{ engine, profile: format.profile }],
    currentDate: "none",
    ...rest,
  });
  cleanups.push(() => server.close());
  const prompt = (call: number): string =>
    encoding.decode([...(engine.requests[call]!.prompt as { tokenIds: Uint32Array }).tokenIds]);
  const again = (): void => {
    next = 0;
  };
  return { url: await server.listen(), server, engine, prompt, again };
}
