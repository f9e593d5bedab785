// Input items of the Responses API: checked, given ids, and turned into the canonical conversation. An item that the
// prompt cannot hold is refused by name, never dropped.

import { z } from "zod";
import { ApiError, invalidRequest, quote } from "../api-error.ts";
import { unsupportedContent } from "../chat/messages.ts";
import type { ConversationMessage, ToolCall } from "../conversation.ts";
import { customArguments } from "../custom-tools.ts";
import { newId } from "../ids.ts";
import { optional, parseBody } from "../validation.ts";
import { compactionItem, compactionType, summaryText } from "./compaction.ts";
import { recordedCall, refusalText, toolItemPrefixes, toolItemSchemas } from "./tool-items.ts";

/** An item as it is stored and listed: the client's, with a type and an id. */
export interface ResponseItem {
  readonly id: string;
  readonly type: string;
  readonly [key: string]: unknown;
}

const part = z.looseObject({ type: z.string(), text: optional(z.string()), refusal: optional(z.string()) });
const content = z.union([
  z.string(),
  z.array(part).min(1, { error: "Message content parts cannot be empty" }),
]);
const textPart = z.looseObject({ type: z.string(), text: z.string() });

const message = z.looseObject({
  type: z.literal("message").optional(),
  role: z.enum(["user", "assistant", "system", "developer"]),
  content,
});
const reasoning = z.looseObject({
  type: z.literal("reasoning"),
  summary: optional(z.array(textPart)),
  content: optional(z.array(textPart)),
  encrypted_content: optional(z.string()),
});
const functionCall = z.looseObject({
  type: z.literal("function_call"),
  call_id: z.string().min(1),
  name: z.string().min(1),
  arguments: z.string(),
});
const customCall = z.looseObject({
  type: z.literal("custom_tool_call"),
  call_id: z.string().min(1),
  name: z.string().min(1),
  input: z.string(),
});
const callOutput = (type: string, what: string): z.ZodType =>
  z.looseObject({
    type: z.literal(type),
    call_id: z.string().min(1),
    output: z.union([
      z.string().min(1, { error: `${what} output cannot be empty` }),
      z.array(part).min(1, { error: `${what} output cannot be empty` }),
    ]),
  });
const itemReference = z.looseObject({ type: z.literal("item_reference").nullish(), id: z.string().min(1) });

const idPrefixes: Readonly<Record<string, string>> = {
  message: "msg_",
  reasoning: "rs_",
  function_call: "fc_",
  function_call_output: "fco_",
  custom_tool_call: "ctc_",
  custom_tool_call_output: "ctco_",
  [compactionType]: "cmp_",
  ...toolItemPrefixes,
};

const schemas: Readonly<Record<string, z.ZodType>> = {
  message,
  reasoning,
  function_call: functionCall,
  function_call_output: callOutput("function_call_output", "Function call"),
  custom_tool_call: customCall,
  custom_tool_call_output: callOutput("custom_tool_call_output", "Custom tool call"),
  [compactionType]: compactionItem,
  ...toolItemSchemas,
  item_reference: itemReference,
};

const maxItems = 10_000;

/** The type of an item; messages may leave it out, and a bare `{ id }` refers to an earlier item. */
function typeOf(item: Readonly<Record<string, unknown>>): string {
  if (typeof item["type"] === "string") return item["type"];
  return "role" in item ? "message" : "item_reference";
}

/**
 * The items of an `input`: a string is one user message.
 *
 * @param find an earlier item by its id, for references
 */
export function parseInputItems(
  input: unknown,
  find: (id: string) => ResponseItem | undefined = () => undefined,
): ResponseItem[] {
  if (typeof input === "string") return [messageItem("user", input)];
  if (!Array.isArray(input)) {
    throw invalidRequest("input", "input: expected a string or a list of items.");
  }
  if (input.length > maxItems) throw invalidRequest("input", `input: at most ${maxItems} items are allowed.`);
  return input.map((item: unknown, index) => parseItem(item, index, find));
}

export function messageItem(role: string, text: string): ResponseItem {
  return { id: newId("msg_"), type: "message", status: "completed", role, content: textParts(role, text) };
}

/** Text as the one part of a message's content: lists of items have it in parts only. */
function textParts(role: string, text: string): object[] {
  return role === "assistant"
    ? [{ type: "output_text", text, annotations: [], logprobs: [] }]
    : [{ type: "input_text", text }];
}

function parseItem(
  item: unknown,
  index: number,
  find: (id: string) => ResponseItem | undefined,
): ResponseItem {
  const path = `input[${index}]`;
  if (typeof item !== "object" || item === null || Array.isArray(item)) {
    throw invalidRequest(path, `${path}: expected an object.`);
  }
  const type = typeOf(item as Record<string, unknown>);
  const schema = Object.hasOwn(schemas, type) ? schemas[type] : undefined;
  if (schema === undefined) {
    throw new ApiError(
      400,
      `${path}.type: items of type ${quote(type)} are not supported. Supported types: ${Object.keys(schemas).join(", ")}.`,
      { param: `${path}.type`, wireCode: "unsupported_parameter" },
    );
  }
  const parsed = parseBody(schema, item, ["input", index]) as Record<string, unknown>;
  if (type === "item_reference") {
    const found = find(String(parsed["id"]));
    if (found !== undefined) return found;
    throw invalidRequest(
      `${path}.id`,
      `${path}.id: no earlier item has the id ${quote(String(parsed["id"]))}.`,
    );
  }
  const id = typeof parsed["id"] === "string" ? parsed["id"] : newId(idPrefixes[type]!);
  const status = parsed["status"] ?? "completed";
  if (type === "message" && typeof parsed["content"] === "string") {
    if (parsed["content"] === "" && parsed["role"] !== "assistant") {
      throw invalidRequest(`${path}.content`, "Message content cannot be empty");
    }
    parsed["content"] = textParts(String(parsed["role"]), parsed["content"]);
  }
  return { ...parsed, ...(type !== "reasoning" && type !== compactionType && { status }), type, id };
}

const textTypes = new Set(["input_text", "output_text", "text", "summary_text", "reasoning_text"]);

function partText(entry: z.output<typeof part>, path: string, model: string): string {
  if (entry.type === "refusal") return entry.refusal ?? "";
  if (textTypes.has(entry.type) && entry.text !== undefined) return entry.text;
  throw unsupportedContent(path, entry.type, model);
}

function contentOf(value: unknown, path: string, model: string): string | readonly string[] {
  if (typeof value === "string") return value;
  const parts = value as z.output<typeof part>[];
  const texts = parts.map((entry, index) => partText(entry, `${path}[${index}]`, model));
  return texts.length === 1 ? texts[0]! : texts;
}

/** An assistant's turn in the making: reasoning, then text, then calls. */
interface Turn {
  reasoning?: string;
  content: string | readonly string[] | null;
  readonly calls: ToolCall[];
}

/** Collects items into messages: an assistant's consecutive items are one turn as long as their order allows. */
class ConversationBuilder {
  readonly messages: ConversationMessage[] = [];
  /** Which type of item calls with an id. */
  readonly #callTypes: Map<string, string> = new Map();
  /** Calls that wait for a person's answer. */
  readonly #asked: Map<string, ResponseItem> = new Map();
  readonly #model: string;
  #turn: Turn | undefined;

  constructor(model: string) {
    this.#model = model;
  }

  add(item: ResponseItem, path: string): void {
    switch (item.type) {
      case "message":
        this.#message(item, path);
        return;
      case "reasoning": {
        const text = reasoningText(item);
        if (text === "") return;
        if (this.#turn && (this.#turn.content !== null || this.#turn.calls.length > 0)) this.flush();
        const turn = this.#open();
        turn.reasoning = turn.reasoning === undefined ? text : `${turn.reasoning}\n${text}`;
        return;
      }
      case "function_call": {
        const call = item as unknown as z.output<typeof functionCall>;
        this.#call(item.type, { id: call.call_id, name: call.name, arguments: call.arguments });
        return;
      }
      case "custom_tool_call": {
        const call = item as unknown as z.output<typeof customCall>;
        this.#call(item.type, { id: call.call_id, name: call.name, arguments: customArguments(call.input) });
        return;
      }
      case "function_call_output":
      case "custom_tool_call_output":
        this.#output(item, path);
        return;
      case compactionType:
        this.flush();
        this.messages.push({ role: "assistant", content: summaryText(String(item["summary"])) });
        return;
      case "web_search_call":
      case "code_interpreter_call":
      case "mcp_call":
        this.#toolCall(item);
        return;
      case "mcp_approval_request":
        this.#asked.set(item.id, item);
        return;
      case "mcp_approval_response":
        this.#refusal(item);
    }
  }

  #call(type: string, call: ToolCall): void {
    this.#open().calls.push(call);
    this.#callTypes.set(call.id, type);
  }

  /** A call that ran on the server, with its result. */
  #toolCall(item: ResponseItem, output?: string): void {
    const { recipient, channel, content_type: contentType, ...call } = recordedCall(item);
    this.#open().calls.push({
      id: item.id,
      name: recipient.replace(/^functions\./, ""),
      arguments: call.arguments,
      header: { recipient, channel, ...(contentType !== undefined && { contentType }) },
    });
    this.flush();
    this.messages.push({ role: "tool", content: output ?? call.output ?? "", toolCallId: item.id });
  }

  /** A call that was allowed has an item of its own, after its run. */
  #refusal(item: ResponseItem): void {
    const request = this.#asked.get(String(item["approval_request_id"]));
    if (request !== undefined && item["approve"] === false) {
      this.#toolCall(request, refusalText(item["reason"]));
    }
  }

  #message(item: ResponseItem, path: string): void {
    const text = contentOf(item["content"], `${path}.content`, this.#model);
    const role = item["role"] as ConversationMessage["role"];
    if (role !== "assistant") {
      this.flush();
      this.messages.push({ role, content: text });
      return;
    }
    if (this.#turn && (this.#turn.content !== null || this.#turn.calls.length > 0)) this.flush();
    this.#open().content = text;
  }

  #output(item: ResponseItem, path: string): void {
    const callId = String(item["call_id"]);
    const wanted = item.type.replace(/_output$/, "");
    if (this.#callTypes.get(callId) !== wanted) {
      throw invalidRequest(
        `${path}.call_id`,
        `${path}.call_id: no earlier ${wanted} has the call_id ${quote(callId)}.`,
      );
    }
    this.flush();
    this.messages.push({
      role: "tool",
      content: contentOf(item["output"], `${path}.output`, this.#model),
      toolCallId: callId,
    });
  }

  #open(): Turn {
    this.#turn ??= { content: null, calls: [] };
    return this.#turn;
  }

  flush(): void {
    const turn = this.#turn;
    this.#turn = undefined;
    if (turn === undefined) return;
    this.messages.push({
      role: "assistant",
      content: turn.content,
      ...(turn.reasoning !== undefined && { reasoning: turn.reasoning }),
      ...(turn.calls.length > 0 && { toolCalls: turn.calls }),
    });
  }
}

/** The reasoning an item holds: its own text, else its summary. */
function reasoningText(item: ResponseItem): string {
  const { content: full, summary } = item as unknown as z.output<typeof reasoning>;
  const parts = full !== undefined && full.length > 0 ? full : (summary ?? []);
  return parts.map(({ text }) => text).join("\n");
}

/** The conversation that items stand for. Errors about the new ones name their place in `input`. */
export function toConversationMessages(
  history: readonly ResponseItem[],
  input: readonly ResponseItem[],
  model: string,
): ConversationMessage[] {
  const builder = new ConversationBuilder(model);
  for (const item of history) builder.add(item, "input");
  input.forEach((item, index) => {
    builder.add(item, `input[${index}]`);
  });
  builder.flush();
  return builder.messages;
}
