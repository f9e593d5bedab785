// The tools of a chat: what runs here, what a person must agree to, and what the person answers in a tool's place.

import { fromPlain, type JsonObject } from "@tokenwire/core/json";
import type { FunctionTool } from "../../protocol/index.ts";
import type { BrowserTool, Tool } from "../../tools/index.ts";
import { openBrowserBackend, openPython, parseMcpServer } from "../tool-backends.ts";

export interface ToolFlags {
  readonly applyPatch?: boolean;
  readonly workspace: string;
  readonly browser?: boolean;
  readonly browserBackend: string;
  readonly browserRender?: boolean;
  readonly python?: boolean;
  readonly pythonBackend: string;
  readonly mcp?: readonly string[];
}

/** The tools of a session, and what they stand on. */
export interface SessionTools {
  readonly tools: readonly Tool[];
  readonly browser?: BrowserTool;
  close(): Promise<void>;
}

/** Opens the tools that the flags ask for. */
export async function openTools(flags: ToolFlags): Promise<SessionTools> {
  const { createApplyPatchTool, createBrowserTool } = await import("../../tools/index.ts");
  const tools: Tool[] = [];
  const closers: (() => Promise<void> | undefined)[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(tools.map((tool) => tool.dispose?.()));
    await Promise.all(closers.map((closer) => closer()));
  };
  try {
    let browser: BrowserTool | undefined;
    if (flags.browser) {
      const { getEncoding } = await import("@tokenwire/encodings");
      const backend = await openBrowserBackend(flags.browserBackend, flags.browserRender);
      closers.push(() => backend.close?.());
      browser = createBrowserTool({ backend, tokenizer: getEncoding("o200k_base") });
      tools.push(browser);
    }
    if (flags.python) {
      const python = await openPython(flags.pythonBackend);
      closers.push(() => python.close());
      tools.push(python.open("chat"));
    }
    if (flags.applyPatch) tools.push(createApplyPatchTool({ root: flags.workspace }));
    for (const spec of flags.mcp ?? []) tools.push(await openMcp(spec));
    return { tools, close, ...(browser && { browser }) };
  } catch (error) {
    await close();
    throw error;
  }
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
