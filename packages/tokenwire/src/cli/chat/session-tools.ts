// The tools of a chat: what runs here, what a person must agree to, and what the person answers in a tool's place.

import { fromPlain, type JsonObject } from "@tokenwire/core/json";
import type { McpServerConfig } from "../../mcp/index.ts";
import type { FunctionTool } from "../../protocol/index.ts";
import type { BrowserBackend, Tool } from "../../tools/index.ts";
import { UsageError } from "../output.ts";

export interface ToolFlags {
  readonly applyPatch?: boolean;
  readonly workspace: string;
  readonly browser?: boolean;
  readonly browserBackend: string;
  readonly python?: boolean;
  readonly mcp?: readonly string[];
}

/** Opens the tools that the flags ask for. */
export async function openTools(flags: ToolFlags): Promise<Tool[]> {
  const tools = await import("../../tools/index.ts");
  const opened: Tool[] = [];
  if (flags.browser) {
    const { getEncoding } = await import("@tokenwire/encodings");
    const backend = await openBackend(flags.browserBackend);
    opened.push(tools.createBrowserTool({ backend, tokenizer: getEncoding("o200k_base") }));
  }
  if (flags.python) opened.push(tools.createPythonTool());
  if (flags.applyPatch) opened.push(tools.createApplyPatchTool({ root: flags.workspace }));
  for (const spec of flags.mcp ?? []) opened.push(await openMcp(spec));
  return opened;
}

/** A browser backend by its name on the command line. */
export async function openBackend(spec: string): Promise<BrowserBackend> {
  const { createExaBackend, createHttpBackend, createLocalBackend, createYouComBackend } = await import(
    "../../tools/index.ts"
  );
  const [kind, path = ""] = spec.split(/:(.*)/s);
  if (kind === "local") return createLocalBackend(path || ".");
  if (kind === "exa") return createExaBackend();
  if (kind === "youcom") return createYouComBackend();
  if (kind === "http") return createHttpBackend();
  throw new UsageError(`Unknown browser backend "${spec}". Known: http, exa, youcom, local:FOLDER.`);
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

async function openMcp(spec: string): Promise<Tool> {
  const { connectMcp, createMcpTool } = await import("../../mcp/index.ts");
  return createMcpTool(await connectMcp(parseMcpServer(spec)));
}

/** Tools as plain functions, for formats that know nothing else. */
export function asFunctions(tools: readonly Tool[]): FunctionTool[] {
  return tools.flatMap(({ name, namespace }) => {
    if (namespace.tools.length === 0) {
      const parameters = { type: "object", properties: { code: { type: "string" } }, required: ["code"] };
      return [
        { name, description: namespace.description ?? "", parameters: fromPlain(parameters) as JsonObject },
      ];
    }
    const prefix = namespace.name === "functions" ? "" : `${namespace.name}.`;
    return namespace.tools.map((entry) => ({
      name: prefix + entry.name,
      description: entry.description,
      ...(entry.parameters !== undefined && { parameters: fromPlain(entry.parameters) as JsonObject }),
    }));
  });
}

/** Functions in the prompt and namespaces beside them, as the model's format takes them. */
export function presentTools(
  tools: readonly Tool[],
  isHarmony: boolean,
): { functions: FunctionTool[]; namespaces: Tool["namespace"][] } {
  const named = isHarmony ? tools.filter((tool) => tool.namespace.name !== "functions") : [];
  return {
    functions: asFunctions(tools.filter((tool) => !named.includes(tool))),
    namespaces: named.map((tool) => tool.namespace),
  };
}
