// The browsers and interpreters that commands offer, by their names on the command line.

import { readFile } from "node:fs/promises";
import type { McpServerConfig } from "../mcp/index.ts";
import type { BrowserBackend, Cassette, PythonBackend, Tool } from "../tools/index.ts";
import { UsageError } from "./output.ts";

export const browserBackendNames = "http, exa, youcom, searxng:URL, local:FOLDER, cassette:FILE";
export const pythonBackendNames = "wasi, docker, podman, bwrap, dangerously-local";

/**
 * A browser backend by its name.
 *
 * @param render Show pages as Chromium renders them; searching stays the backend's.
 */
export async function openBrowserBackend(spec: string, render: boolean = false): Promise<BrowserBackend> {
  const tools = await import("../tools/index.ts");
  const [kind = "", rest = ""] = spec.split(/:(.*)/s);
  const backend = await openByKind(tools, kind, rest);
  if (backend === undefined) {
    throw new UsageError(`Unknown browser backend "${spec}". Known: ${browserBackendNames}.`);
  }
  if (!render) return backend;
  if (kind === "local" || kind === "cassette") {
    throw new UsageError(`--browser-render: the backend ${kind} has no pages of the web to render.`);
  }
  return tools.createChromiumBackend(kind === "http" ? {} : { searchWith: backend });
}

async function openByKind(
  tools: typeof import("../tools/index.ts"),
  kind: string,
  rest: string,
): Promise<BrowserBackend | undefined> {
  switch (kind) {
    case "local":
      return tools.createLocalBackend(rest || ".");
    case "cassette":
      return tools.replayCassette(await readCassette(rest));
    case "searxng":
      if (!URL.canParse(rest))
        throw new UsageError("searxng: name the instance, as in searxng:http://127.0.0.1:8888.");
      return tools.createSearxngBackend({ baseUrl: rest });
    case "exa":
      return tools.createExaBackend();
    case "youcom":
      return tools.createYouComBackend();
    case "http":
      return tools.createHttpBackend();
    default:
      return undefined;
  }
}

async function readCassette(file: string): Promise<Cassette> {
  let value: Partial<Cassette>;
  try {
    value = JSON.parse(await readFile(file, "utf8")) as Partial<Cassette>;
  } catch (error) {
    throw new UsageError(`Cannot read the cassette ${file}: ${(error as Error).message}`);
  }
  const { source = "web", searches, pages } = value ?? {};
  if (typeof searches !== "object" || typeof pages !== "object") {
    throw new UsageError(`${file} is no cassette: expected {"source", "searches", "pages"}.`);
  }
  return { source, searches, pages };
}

/** Interpreters of one command. */
export interface PythonTools {
  /** A tool over the session of this key; `resumed` when an earlier turn used it. */
  open(key: string, resumed?: boolean): Tool;
  /** Ends all sessions. */
  close(): Promise<void>;
}

/**
 * Python by the name of its backend.
 *
 * @param maxSessions Interpreters alive at once, where they keep state.
 */
export async function openPython(spec: string, maxSessions: number = 4): Promise<PythonTools> {
  const tools = await import("../tools/index.ts");
  const { createPythonTool } = tools;
  if (spec === "wasi") {
    const sessions = new tools.PythonSessions({ maxSessions });
    return {
      open: (key, resumed = false) => createPythonTool({ backend: sessions.open(key, { resumed }) }),
      close: () => sessions.close(),
    };
  }
  const stateless: Readonly<Record<string, () => PythonBackend>> = {
    docker: () => tools.createContainerBackend(),
    podman: () => tools.createContainerBackend({ command: "podman" }),
    bwrap: () => tools.createBubblewrapBackend(),
    "dangerously-local": () => tools.createDangerouslyLocalBackend(),
  };
  const create = Object.hasOwn(stateless, spec) ? stateless[spec] : undefined;
  if (create === undefined) {
    throw new UsageError(`Unknown Python backend "${spec}". Known: ${pythonBackendNames}.`);
  }
  if (spec === "dangerously-local") {
    process.stderr.write("warning: Python runs on this machine with all your rights; nothing isolates it.\n");
  }
  return { open: () => createPythonTool({ backend: create() }), close: async () => undefined };
}

/** An MCP server from `label=http://…` or `label=program arguments`. */
export function parseMcpServer(spec: string): McpServerConfig {
  const [label = "", target = ""] = spec.split(/=(.*)/s);
  if (!/^[\w-]+$/.test(label) || target === "") {
    throw new UsageError(`--mcp: expected label=URL or label=COMMAND, got "${spec}".`);
  }
  const [command = "", ...args] = target.split(/\s+/);
  return { label, ...(/^https?:/.test(target) ? { url: target } : { command, args }) };
}
