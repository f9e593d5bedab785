// Which tools a server runs by itself. None by default: the operator enables each one.

import { TokenwireError } from "@tokenwire/core";
import type { Tokenizer } from "@tokenwire/core/tokenizer";
import type { McpPool, McpServerConfig } from "../../mcp/index.ts";
import type { BrowserTool, Tool } from "../../tools/index.ts";

/** The interpreter that a response's cells are for. */
export interface PythonContainer {
  /** The same for all turns that go on with it, and never another tenant's: a key for `PythonSessions.open`. */
  readonly key: string;
  /** An earlier response used it. */
  readonly resumed: boolean;
}

/**
 * Tools that run inside `POST /v1/responses`, and those of MCP servers inside chat completions. Each factory is called
 * once per response.
 */
export interface ServerToolOptions {
  /** Asked for as `web_search` (or `web_search_preview`, `browser_search`). Displays are measured with the tokenizer. */
  readonly browser?: (tokenizer: Tokenizer) => BrowserTool;
  /** Asked for as `code_interpreter`. With `PythonSessions`, variables live on from one response to the next. */
  readonly python?: (container: PythonContainer) => Tool;
  /** Function tools by name, such as `apply_patch`; asked for by `{ "type": "<name>" }`. */
  readonly functions?: Readonly<Record<string, () => Tool>>;
  /**
   * Asked for as `mcp` with their label as `server_label`; in chat completions all of them, by a header. Requests cannot
   * name other servers.
   */
  readonly mcp?: readonly McpServerConfig[];
  /** Chat completions use the MCP servers without the header `X-SMG-MCP: enabled` too. Default false. */
  readonly mcpInChat?: boolean;
  /** Keeps MCP connections from one response to the next. Default: each response has connections of its own. */
  readonly mcpPool?: McpPool;
  /** Calls per response at most, whatever `max_tool_calls` says. Default 64. */
  readonly maxCalls?: number;
  /** Milliseconds for one call. Default 150 s; tools have limits of their own below it. */
  readonly callTimeout?: number;
  /** Longest result in UTF-16 code units; the rest is cut with a note. Default 65,536. */
  readonly maxResultLength?: number;
}

const searchTypes = [
  "web_search",
  "web_search_2025_08_26",
  "web_search_preview",
  "web_search_preview_2025_03_11",
  "browser_search",
];

export const isSearchType = (type: string): boolean => searchTypes.includes(type);

/** Types of `tools` entries that the options enable. */
export function hostedTypes(options: ServerToolOptions): readonly string[] {
  const { browser, python, functions = {}, mcp = [] } = options;
  return [
    ...(browser ? searchTypes : []),
    ...(python ? ["code_interpreter"] : []),
    ...(mcp.length > 0 ? ["mcp"] : []),
    ...Object.keys(functions),
  ];
}

/** Labels are names in prompts: they must not meet each other or another tool. */
export function checkToolOptions({ mcp = [], mcpInChat = false }: ServerToolOptions): void {
  if (mcpInChat && mcp.length === 0) {
    throw new TokenwireError(
      "INVALID_ARGUMENT",
      "MCP in chat completions is on; name the servers to use, too.",
    );
  }
  const seen = new Set(["browser", "python", "functions", "container", "assistant", "user"]);
  for (const { label } of mcp) {
    if (!/^[A-Za-z][\w-]{0,63}$/.test(label)) {
      throw new TokenwireError(
        "INVALID_ARGUMENT",
        `MCP label ${JSON.stringify(label)}: use a letter, then letters, digits, "_" and "-".`,
      );
    }
    if (seen.has(label.toLowerCase())) {
      throw new TokenwireError(
        "INVALID_ARGUMENT",
        `MCP label "${label}": this name is taken; choose another.`,
      );
    }
    seen.add(label.toLowerCase());
  }
}
