// Items of tools that run on the server. Every one carries the call and its result as the model saw them under a key of
// our own, so that a later turn (by `previous_response_id`, a conversation, or the items sent back) goes on from there.

import { z } from "zod";
import { invalidRequest, quote } from "../api-error.ts";
import { optional } from "../validation.ts";
import type { ResponseItem } from "./items.ts";

/** A call and its result as harmony messages. */
export interface RecordedCall {
  readonly recipient: string;
  readonly channel: string;
  readonly content_type?: string;
  readonly arguments: string;
  /** Absent: not run yet. */
  readonly output?: string;
}

/** Where an item keeps its call. */
export const recordKey = "tokenwire:call";

const record = optional(
  z.object({
    recipient: z.string().regex(/^[^\s<|]+$/),
    channel: z.enum(["analysis", "commentary", "final"]),
    content_type: optional(z.string().regex(/^(?:<\|constrain\|>)?[\w./+-]+$/)),
    arguments: z.string(),
    output: optional(z.string()),
  }),
);
/** Both are part of a recipient in the prompt. */
const word = z.string().regex(/^[^\s<|]{1,128}$/, { error: "expected a name without spaces" });
const mcp = { server_label: word, name: word, arguments: z.string(), [recordKey]: record };

/** Input items beside messages, reasoning and function calls. */
export const toolItemSchemas: Readonly<Record<string, z.ZodType>> = {
  web_search_call: z.looseObject({
    type: z.literal("web_search_call"),
    action: optional(z.looseObject({ type: z.string() })),
    [recordKey]: record,
  }),
  code_interpreter_call: z.looseObject({
    type: z.literal("code_interpreter_call"),
    code: optional(z.string()),
    outputs: optional(z.array(z.looseObject({ type: z.string(), logs: optional(z.string()) }))),
    [recordKey]: record,
  }),
  mcp_call: z.looseObject({
    type: z.literal("mcp_call"),
    ...mcp,
    output: optional(z.string()),
    error: z.unknown().optional(),
  }),
  mcp_list_tools: z.looseObject({ type: z.literal("mcp_list_tools"), server_label: z.string() }),
  mcp_approval_request: z.looseObject({ type: z.literal("mcp_approval_request"), ...mcp }),
  mcp_approval_response: z.looseObject({
    type: z.literal("mcp_approval_response"),
    approval_request_id: z.string(),
    approve: z.boolean(),
    reason: optional(z.string()),
  }),
};

export const toolItemPrefixes: Readonly<Record<string, string>> = {
  web_search_call: "ws_",
  code_interpreter_call: "ci_",
  mcp_call: "mcp_",
  mcp_list_tools: "mcpl_",
  mcp_approval_request: "mcpr_",
  mcp_approval_response: "mcpa_",
};

const notKept = "[The result of this call was not kept.]";

/** The call that an item tells of, where it still knows; else the nearest that its public fields allow. */
export function recordedCall(item: ResponseItem): RecordedCall {
  const kept = item[recordKey] as RecordedCall | undefined;
  if (kept !== undefined) return kept;
  switch (item.type) {
    case "web_search_call":
      return { ...searchCall(item["action"]), channel: "analysis", content_type: "code", output: notKept };
    case "code_interpreter_call": {
      const outputs = (item["outputs"] ?? []) as readonly { logs?: string }[];
      const logs = outputs.flatMap((entry) => entry.logs ?? []).join("");
      const code = String(item["code"] ?? "");
      return { recipient: "python", channel: "analysis", arguments: code, output: logs || notKept };
    }
    default: {
      const output = item["output"] ?? (typeof item["error"] === "string" ? item["error"] : notKept);
      return {
        recipient: `${String(item["server_label"])}.${String(item["name"])}`,
        channel: "commentary",
        arguments: String(item["arguments"]),
        output: String(output),
      };
    }
  }
}

function searchCall(action: unknown): { recipient: string; arguments: string } {
  const { type, query, url, pattern } = (action ?? {}) as Readonly<Record<string, string | undefined>>;
  if (type === "open_page" || type === "open")
    return { recipient: "browser.open", arguments: JSON.stringify({ id: url }) };
  if (type === "find_in_page" || type === "find")
    return { recipient: "browser.find", arguments: JSON.stringify({ pattern }) };
  return { recipient: "browser.search", arguments: JSON.stringify({ query }) };
}

/** A call that the client answered for. */
export interface ApprovedCall {
  readonly requestId: string;
  readonly label: string;
  readonly name: string;
  readonly call: RecordedCall;
}

/** The calls that the new input approves, in order. */
export function approvedCalls(
  history: readonly ResponseItem[],
  input: readonly ResponseItem[],
): ApprovedCall[] {
  const all = [...history, ...input];
  const requests = new Map(
    all.filter(({ type }) => type === "mcp_approval_request").map((item) => [item.id, item]),
  );
  const answered = new Set(
    history
      .filter(({ type }) => type === "mcp_approval_response")
      .map((item) => item["approval_request_id"] as string),
  );
  return input.flatMap((item, index) => {
    if (item.type !== "mcp_approval_response") return [];
    const requestId = item["approval_request_id"] as string;
    const request = requests.get(requestId);
    const path = `input[${index}].approval_request_id`;
    if (request === undefined) {
      throw invalidRequest(path, `${path}: no earlier approval request has the id ${quote(requestId)}.`);
    }
    if (answered.has(requestId)) {
      throw invalidRequest(path, `${path}: the request ${quote(requestId)} was answered already.`);
    }
    answered.add(requestId);
    if (item["approve"] !== true) return [];
    return {
      requestId,
      label: String(request["server_label"]),
      name: String(request["name"]),
      call: recordedCall(request),
    };
  });
}

/** What the model is told of a call that a person did not allow. */
export function refusalText(reason: unknown): string {
  return typeof reason === "string" && reason !== ""
    ? `The user did not approve this call: ${reason}`
    : "The user did not approve this call.";
}
