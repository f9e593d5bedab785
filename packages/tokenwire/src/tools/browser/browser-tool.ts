// The browser as a tool.

import { browserNamespace, ToolNamespaceConfig } from "@tokenwire/core/harmony";
import type { Tool, ToolEvent } from "../tool.ts";
import { BrowserSession, type BrowserSessionOptions } from "./session.ts";

export type BrowserToolOptions = BrowserSessionOptions;

export interface BrowserTool extends Tool {
  /** The session behind the tool: its pages by cursor, its state to export. */
  readonly session: BrowserSession;
}

/** Makes a browser with a fresh session; make one per conversation. */
export function createBrowserTool(options: BrowserToolOptions): BrowserTool {
  const session = new BrowserSession(options);
  const lines = (browserNamespace.description ?? "").split("\n");
  const description = [...lines.slice(0, -1), `sources=${options.backend.source}`].join("\n");
  return {
    name: browserNamespace.name,
    namespace: new ToolNamespaceConfig(browserNamespace.name, description, browserNamespace.tools),
    concurrency: "serial",
    session,
    async *call(call, { signal }): AsyncGenerator<ToolEvent> {
      const { text, failed, action } = await session.call(call.function, call.arguments, signal);
      yield { type: "result", text, failed, ...(action === undefined ? {} : { details: { action } }) };
    },
  };
}
