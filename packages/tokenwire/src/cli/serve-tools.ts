// Options of `tokenwire serve` for tools that run inside responses. Nothing runs here unless it is named.

import type { Command } from "commander";
import type { ServerToolOptions } from "../server/index.ts";
import { openBackend, parseMcpServer } from "./chat/session-tools.ts";
import { environmentOption, integerOption, listOption } from "./options.ts";
import { UsageError } from "./output.ts";

export interface ServeToolFlags {
  readonly tool?: readonly string[];
  readonly browserBackend: string;
  readonly browserSite?: string;
  readonly patchRoot?: string;
  readonly mcp?: readonly string[];
  readonly maxToolCalls: number;
}

const toolNames = ["browser", "python", "apply_patch"];

/** Adds the group of options. */
export function addToolOptions(command: Command): void {
  command.optionsGroup("Tools in /v1/responses (none by default):");
  command
    .addOption(
      environmentOption("--tool <name>", "run browser, python or apply_patch here; repeatable").argParser(
        listOption,
      ),
    )
    .addOption(
      environmentOption("--browser-backend <name>", "where the browser looks: http, exa, youcom").default(
        "http",
      ),
    )
    .addOption(environmentOption("--browser-site <folder>", "let the browser see only this folder of pages"))
    .addOption(environmentOption("--patch-root <folder>", "folder that apply_patch may change"))
    .addOption(
      environmentOption("--mcp <label=target>", "MCP server: an address or a program; repeatable").argParser(
        repeated,
      ),
    )
    .addOption(
      environmentOption("--max-tool-calls <n>", "calls per response at most")
        .argParser(integerOption(1, 10_000))
        .default(64),
    );
}

/** A program's arguments may hold commas. */
const repeated = (text: string, previous: readonly string[] = []): readonly string[] => [...previous, text];

/** The tools that the flags enable. */
export async function toServerTools(flags: ServeToolFlags): Promise<ServerToolOptions> {
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
  const tools = names.length > 0 ? await import("../tools/index.ts") : undefined;
  const backend = names.includes("browser")
    ? await openBackend(browserSite === undefined ? flags.browserBackend : `local:${browserSite}`)
    : undefined;
  return {
    maxCalls: flags.maxToolCalls,
    mcp,
    ...(tools && backend && { browser: (tokenizer) => tools.createBrowserTool({ backend, tokenizer }) }),
    ...(tools && names.includes("python") && { python: () => tools.createPythonTool() }),
    ...(tools &&
      patchRoot !== undefined &&
      names.includes("apply_patch") && {
        functions: { apply_patch: () => tools.createApplyPatchTool({ root: patchRoot }) },
      }),
  };
}
