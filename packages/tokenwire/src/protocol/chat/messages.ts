// `messages` of chat completions: wire messages in, canonical messages out. Every role, part and call is checked
// here; nothing unknown is coerced or dropped.

import { z } from "zod";
import { ApiError, invalidRequest } from "../api-error.ts";
import type { RequestBody } from "../body.ts";
import type { ConversationMessage, ToolCall } from "../conversation.ts";
import { customArguments } from "../custom-tools.ts";
import { optional, parseBody } from "../validation.ts";
import { innerMessagesKey, unfoldMessage } from "./inner-messages.ts";

const maxMessages = 10_000;

const textPart = z.object({ type: z.literal("text"), text: z.string() });
const refusalPart = z.object({ type: z.literal("refusal"), refusal: z.string() });
const mediaPart = <T extends string>(type: T) => z.looseObject({ type: z.literal(type) });
const part = z.discriminatedUnion("type", [
  textPart,
  refusalPart,
  mediaPart("image_url"),
  mediaPart("input_audio"),
  mediaPart("file"),
  mediaPart("video_url"),
  mediaPart("audio_url"),
]);
const parts = z.array(part).min(1, { error: "message content parts cannot be empty" });
const content = z.union([z.string(), parts]);
const functionCall = z.object({
  id: z.string().min(1),
  type: optional(z.literal("function")),
  function: z.object({ name: z.string().min(1), arguments: optional(z.string()) }),
});
const customCall = z.object({
  id: z.string().min(1),
  type: z.literal("custom"),
  custom: z.object({ name: z.string().min(1), input: z.string() }),
});
const toolCall = z.union([functionCall, customCall]);
const name = optional(z.string());

const assistant = z.object({
  role: z.literal("assistant"),
  content: content.nullish(),
  refusal: optional(z.string()),
  name,
  reasoning: optional(z.string()),
  reasoning_content: optional(z.string()),
  tool_calls: optional(z.array(toolCall)),
  function_call: optional(z.object({ name: z.string().min(1), arguments: optional(z.string()) })),
  audio: optional(z.looseObject({})),
});
const tool = z.object({ role: z.literal("tool"), content, tool_call_id: z.string().min(1), name });
const innerMessages = z.array(z.discriminatedUnion("role", [assistant, tool])).max(maxMessages);

const message = z.discriminatedUnion("role", [
  z.object({ role: z.literal("system"), content, name }),
  z.object({ role: z.literal("developer"), content, name }),
  z.object({ role: z.literal("user"), content, name }),
  assistant.extend({ [innerMessagesKey]: optional(innerMessages) }),
  tool,
  z.object({ role: z.literal("function"), content: content.nullish(), name: z.string().min(1) }),
]);
const fields = z.object({
  messages: z.array(message).min(1, { error: "messages cannot be empty" }).max(maxMessages),
});

/** The field of messages, for the description of the API. */
export const chatMessagesSchema: z.ZodObject = fields;

type WireMessage = z.output<typeof message> | z.output<typeof assistant>;
type WireContent = z.output<typeof content> | null | undefined;

/** 400 for media sent to a model that takes text only. */
export function unsupportedContent(path: string, type: string, model: string): ApiError {
  return new ApiError(
    400,
    `${path}: content of type "${type}" is not supported by the model ${JSON.stringify(model)}. Supported types: "text".`,
    { param: path, wireCode: "unsupported_content_type" },
  );
}

function toContent(value: WireContent, path: string, model: string): ConversationMessage["content"] {
  if (value === null || value === undefined || typeof value === "string") return value ?? null;
  return value.map((entry, index) => {
    if (entry.type === "text") return (entry as z.output<typeof textPart>).text;
    if (entry.type === "refusal") return (entry as z.output<typeof refusalPart>).refusal;
    throw unsupportedContent(`${path}[${index}]`, entry.type, model);
  });
}

function toCall(call: z.output<typeof toolCall>): ToolCall {
  if (call.type === "custom") {
    const { name: callee, input } = call.custom;
    return { id: call.id, name: callee, arguments: customArguments(input) };
  }
  return { id: call.id, name: call.function.name, arguments: call.function.arguments ?? "" };
}

function assistantMessage(
  wire: z.output<typeof assistant>,
  path: string,
  model: string,
): ConversationMessage {
  if (wire.audio !== undefined) throw unsupportedContent(`${path}.audio`, "audio", model);
  const calls = (wire.tool_calls ?? []).map(toCall);
  if (wire.function_call !== undefined && calls.length === 0) {
    const { name: callee, arguments: text } = wire.function_call;
    calls.push({ id: `legacy_${callee}`, name: callee, arguments: text ?? "" });
  }
  const reasoning = wire.reasoning ?? wire.reasoning_content;
  const text = toContent(wire.content, `${path}.content`, model) ?? wire.refusal ?? null;
  if (text === null && calls.length === 0 && reasoning === undefined) {
    throw invalidRequest(`${path}.content`, `${path}.content: message content cannot be empty`);
  }
  return {
    role: "assistant",
    content: text,
    ...(wire.name !== undefined && { name: wire.name }),
    ...(reasoning !== undefined && reasoning !== "" && { reasoning }),
    ...(calls.length > 0 && { toolCalls: calls }),
  };
}

function toMessage(wire: WireMessage, path: string, model: string): ConversationMessage {
  if (wire.role === "assistant") return assistantMessage(wire, path, model);
  const text = toContent(wire.content, `${path}.content`, model);
  if (wire.role === "user" && text === "") {
    throw invalidRequest(`${path}.content`, "message content cannot be empty");
  }
  if (wire.role === "function") {
    return { role: "tool", content: text ?? "", name: wire.name, toolCallId: `legacy_${wire.name}` };
  }
  return {
    role: wire.role,
    content: text,
    ...(wire.name !== undefined && { name: wire.name }),
    ...(wire.role === "tool" && { toolCallId: wire.tool_call_id }),
  };
}

/** The messages of a chat request. `model` is named when a part is of a type it cannot take. */
export function parseChatMessages(body: RequestBody, model: string): ConversationMessage[] {
  return parseBody(fields, body).messages.flatMap((wire, index) => {
    const path = `messages[${index}]`;
    const given = toMessage(wire, path, model);
    const inner = wire.role === "assistant" ? (wire[innerMessagesKey] ?? []) : [];
    if (inner.length === 0) return given;
    const before = inner.map((entry, at) => toMessage(entry, `${path}.${innerMessagesKey}[${at}]`, model));
    return unfoldMessage(before, given);
  });
}
