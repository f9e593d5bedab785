// How a call of a tool that runs on the server appears to clients: which item, which events, and in which order.

import { newId } from "../ids.ts";
import type { ToolOutput } from "./object.ts";
import { type RecordedCall, recordKey } from "./tool-items.ts";

/** Type, and what is in it beside the item's id and index. */
export type ItemEvent = readonly [type: string, body?: Readonly<Record<string, unknown>>];

export interface ToolOutcome {
  readonly text: string;
  readonly failed: boolean;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The item of one call. */
export interface ToolCallItem {
  /** As it is when it is added. */
  readonly added: ToolOutput;
  /** Events right after it was added. */
  readonly started: readonly ItemEvent[];
  /** Type of the event for a piece of the arguments; absent: they are not streamed. */
  readonly delta?: string;
  /** Events once the arguments are complete. */
  called(text: string): readonly ItemEvent[];
  /** Events after the run. */
  ended(outcome: ToolOutcome): readonly ItemEvent[];
  /** The final item. */
  done(text: string, outcome: ToolOutcome, record: RecordedCall): ToolOutput;
  /** The item when the model stopped inside the call. */
  cut(text: string): ToolOutput;
}

const actions: Readonly<Record<string, string>> = { open: "open_page", find: "find_in_page" };

/** A call of the browser. */
export function webSearchItem(functionName: string): ToolCallItem {
  const item = { id: newId("ws_"), type: "web_search_call" as const };
  const action = { type: actions[functionName] ?? "search" };
  return {
    added: { ...item, status: "in_progress", action },
    started: [["response.web_search_call.in_progress"]],
    called: () => [["response.web_search_call.searching"]],
    ended: () => [["response.web_search_call.completed"]],
    done: (text, { failed, details }, record) => ({
      ...item,
      status: failed ? "failed" : "completed",
      action: details?.["action"] ?? wantedAction(action.type, text),
      [recordKey]: record,
    }),
    cut: () => ({ ...item, status: "incomplete", action }),
  };
}

/** The action as far as the arguments of a failed call tell it. */
function wantedAction(type: string, text: string): Record<string, unknown> {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    values = undefined;
  }
  const { query, id, pattern } = (values ?? {}) as Readonly<Record<string, unknown>>;
  if (type === "search") return { type, query: typeof query === "string" ? query : "" };
  if (type === "open_page") return { type, ...(typeof id === "string" && { url: id }) };
  return { type, pattern: typeof pattern === "string" ? pattern : "" };
}

/** A cell of Python. */
export function codeItem(containerId: string): ToolCallItem {
  const item = {
    id: newId("ci_"),
    type: "code_interpreter_call" as const,
    container_id: containerId,
  };
  return {
    added: { ...item, status: "in_progress", code: "", outputs: null },
    started: [["response.code_interpreter_call.in_progress"]],
    delta: "response.code_interpreter_call_code.delta",
    called: (code) => [
      ["response.code_interpreter_call_code.done", { code }],
      ["response.code_interpreter_call.interpreting"],
    ],
    ended: () => [["response.code_interpreter_call.completed"]],
    done: (code, { text, failed }, record) => ({
      ...item,
      status: failed ? "failed" : "completed",
      code,
      outputs: [{ type: "logs", logs: text }],
      [recordKey]: record,
    }),
    cut: (code) => ({ ...item, status: "incomplete", code, outputs: null }),
  };
}

/** A call of a function that runs elsewhere for us: of an MCP server, or one of the server's own. */
export function mcpCallItem(label: string, name: string, approvalId: string | null = null): ToolCallItem {
  const item = {
    id: newId("mcp_"),
    type: "mcp_call" as const,
    server_label: label,
    name,
    approval_request_id: approvalId,
  };
  return {
    added: { ...item, status: "in_progress", arguments: "", output: null, error: null },
    started: [["response.mcp_call.in_progress"]],
    delta: "response.mcp_call_arguments.delta",
    called: (text) => [["response.mcp_call_arguments.done", { arguments: text }]],
    ended: ({ failed }) => [[failed ? "response.mcp_call.failed" : "response.mcp_call.completed"]],
    done: (text, outcome, record) => ({
      ...item,
      status: outcome.failed ? "failed" : "completed",
      arguments: text,
      output: outcome.failed ? null : outcome.text,
      error: outcome.failed ? outcome.text : null,
      [recordKey]: record,
    }),
    cut: (text) => ({ ...item, status: "incomplete", arguments: text, output: null, error: null }),
  };
}

/** Asks the client's user about a call. */
export function approvalItem(label: string, name: string, record: RecordedCall): ToolOutput {
  return {
    id: newId("mcpr_"),
    type: "mcp_approval_request",
    server_label: label,
    name,
    arguments: record.arguments,
    [recordKey]: record,
  };
}

/** The functions an MCP server offers, as its item lists them. */
export interface ListedTool {
  readonly name: string;
  readonly description: string;
  readonly input_schema: unknown;
  readonly annotations: unknown;
}

/** What an MCP server offers, or why it could not be asked. */
export function toolListItem(label: string, tools: readonly ListedTool[], error?: string): ToolOutput {
  return {
    id: newId("mcpl_"),
    type: "mcp_list_tools",
    server_label: label,
    tools,
    ...(error !== undefined && { error }),
  };
}

/** The events of a finished tool item, between the one that adds it and the one that is its end. */
export function toolItemEvents(item: ToolOutput): ItemEvent[] {
  const text = String(item["arguments"] ?? item["code"] ?? "");
  const isFailed = item["status"] === "failed";
  const isCut = item["status"] === "incomplete";
  const last = (events: ItemEvent[]): ItemEvent[] => (isCut ? [] : events);
  const piece = (type: string): ItemEvent[] => (text === "" ? [] : [[type, { delta: text }]]);
  switch (item.type) {
    case "web_search_call":
      return [
        ["response.web_search_call.in_progress"],
        ...last([["response.web_search_call.searching"], ["response.web_search_call.completed"]]),
      ];
    case "code_interpreter_call":
      return [
        ["response.code_interpreter_call.in_progress"],
        ...piece("response.code_interpreter_call_code.delta"),
        ...last([
          ["response.code_interpreter_call_code.done", { code: text }],
          ["response.code_interpreter_call.interpreting"],
          ["response.code_interpreter_call.completed"],
        ]),
      ];
    case "mcp_call":
      return [
        ["response.mcp_call.in_progress"],
        ...piece("response.mcp_call_arguments.delta"),
        ...last([
          ["response.mcp_call_arguments.done", { arguments: text }],
          [isFailed ? "response.mcp_call.failed" : "response.mcp_call.completed"],
        ]),
      ];
    case "mcp_list_tools":
      return toolListEvents(item);
    case "mcp_approval_request":
      return [];
  }
}

/** The events of a list of tools. */
export function toolListEvents(item: ToolOutput): ItemEvent[] {
  const outcome = "error" in item ? "failed" : "completed";
  return [["response.mcp_list_tools.in_progress"], [`response.mcp_list_tools.${outcome}`]];
}

/** A tool item as it was when it was added. */
export function emptyToolItem(item: ToolOutput): ToolOutput {
  const { [recordKey]: _record, ...rest } = item;
  switch (item.type) {
    case "web_search_call":
      return {
        ...rest,
        status: "in_progress",
        action: { type: (item["action"] as { type: string }).type },
      } as ToolOutput;
    case "code_interpreter_call":
      return { ...rest, status: "in_progress", code: "", outputs: null } as ToolOutput;
    case "mcp_call":
      return { ...rest, status: "in_progress", arguments: "", output: null, error: null } as ToolOutput;
    default:
      return item;
  }
}
