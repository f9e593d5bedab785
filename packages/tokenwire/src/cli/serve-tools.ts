// Options of `tokenwire serve` for tools that run inside responses and chat completions. Nothing runs here unless it is named.

import type { Command } from "commander";
import type { ServerToolOptions } from "../server/index.ts";
import { environmentOption, integerOption, listOption, repeatedOption } from "./options.ts";
import { UsageError } from "./output.ts";
import {
  browserBackendNames,
  openBrowserBackend,
  openPython,
  parseMcpServer,
  pythonBackendNames,
} from "./tool-backends.ts";

export interface ServeToolFlags {
  readonly tool?: readonly string[];
  readonly browserBackend: string;
  readonly browserSite?: string;
  readonly browserRender?: boolean;
  readonly pythonBackend: string;
  readonly pythonSessions: number;
  readonly patchRoot?: string;
  readonly mcp?: readonly string[];
  readonly mcpInChat?: boolean;
  readonly maxToolCalls: number;
}

const toolNames = ["browser", "python", "apply_patch"];

/** Adds the group of options. */
export function addToolOptions(command: Command): void {
  command.optionsGroup("Tools in /v1/responses, MCP servers in chat too (none by default):");
  command
    .addOption(
      environmentOption("--tool <name>", "run browser, python or apply_patch here; repeatable").argParser(
        listOption,
      ),
    )
    .addOption(
      environmentOption(
        "--browser-backend <name>",
        `where the browser looks: ${browserBackendNames}`,
      ).default("http"),
    )
    .addOption(environmentOption("--browser-render", "let the browser see pages as Chromium renders them"))
    .addOption(environmentOption("--browser-site <folder>", "let the browser see only this folder of pages"))
    .addOption(
      environmentOption("--python-backend <name>", `what runs Python: ${pythonBackendNames}`).default("wasi"),
    )
    .addOption(
      environmentOption("--python-sessions <n>", "interpreters alive at once, kept between turns")
        .argParser(integerOption(1, 1000))
        .default(4),
    )
    .addOption(environmentOption("--patch-root <folder>", "folder that apply_patch may change"))
    .addOption(
      environmentOption("--mcp <label=target>", "MCP server: an address or a program; repeatable").argParser(
        repeatedOption,
      ),
    )
    .addOption(
      environmentOption(
        "--mcp-in-chat",
        "MCP servers in chat completions too, without the header X-SMG-MCP: enabled",
      ),
    )
    .addOption(
      environmentOption("--max-tool-calls <n>", "calls per response at most")
        .argParser(integerOption(1, 10_000))
        .default(64),
    );
}

/** The tools of a server, and what they stand on. */
export interface OpenServerTools {
  readonly tools: ServerToolOptions;
  /** Ends browsers, interpreters and MCP connections; call it when the server is closed. */
  close(): Promise<void>;
}

/** Opens the tools that the flags enable. */
export async function openServerTools(flags: ServeToolFlags): Promise<OpenServerTools> {
  const names = flags.tool ?? [];
  const unknown = names.find((name) => !toolNames.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--tool: unknown tool "${unknown}". Known: ${toolNames.join(", ")}.`);
  }
  const { patchRoot, browserSite } = flags;
  if (names.includes("apply_patch") && patchRoot === undefined) {
    throw new UsageError("--tool apply_patch: name the folder it may change with --patch-root.");
  }
  if (browserSite !== undefined && !names.includes("browser")) {
    throw new UsageError("--browser-site: enable the browser too, with --tool browser.");
  }
  const mcp = (flags.mcp ?? []).map(parseMcpServer);
  if (flags.mcpInChat === true && mcp.length === 0) {
    throw new UsageError("--mcp-in-chat: name the servers with --mcp, too.");
  }
  const tools = names.length > 0 ? await import("../tools/index.ts") : undefined;
  const backend = names.includes("browser")
    ? await openBrowserBackend(
        browserSite === undefined ? flags.browserBackend : `local:${browserSite}`,
        flags.browserRender,
      )
    : undefined;
  const python = names.includes("python")
    ? await openPython(flags.pythonBackend, flags.pythonSessions)
    : undefined;
  const { McpPool } = await import("../mcp/index.ts");
  const mcpPool = new McpPool();
  return {
    tools: {
      maxCalls: flags.maxToolCalls,
      mcp,
      mcpInChat: flags.mcpInChat === true,
      mcpPool,
      ...(tools && backend && { browser: (tokenizer) => tools.createBrowserTool({ backend, tokenizer }) }),
      ...(python && { python: ({ key, resumed }) => python.open(key, resumed) }),
      ...(tools &&
        patchRoot !== undefined &&
        names.includes("apply_patch") && {
          functions: { apply_patch: () => tools.createApplyPatchTool({ root: patchRoot }) },
        }),
    },
    close: async () => {
      await Promise.all([mcpPool.close(), python?.close(), backend?.close?.()]);
    },
  };
}
