// Conversations through a Jinja chat template. Messages are prepared as templates expect them; the template's own
// text is the only source of control tokens.

import {
  fromPlain,
  JsonError,
  type JsonObject,
  type JsonValue,
  parseJson,
  toPlain,
} from "@tokenwire/core/json";
import { createOutputParser, type OutputParser } from "@tokenwire/core/parsers";
import { encodeChat, type RenderedChat, renderChat, type Template } from "@tokenwire/core/template";
import { type Conversation, type ConversationMessage, type FunctionTool, textOf } from "../conversation.ts";
import type { EngineLimits } from "../plan.ts";
import type { ModelProfile, TemplateFormat } from "../profile.ts";
import { emptyContent } from "./empty-content.ts";
import { forcedCall } from "./forced-call.ts";
import type { Prompt } from "./prompt.ts";

function contentValue(content: ConversationMessage["content"], format: TemplateFormat): JsonValue {
  if (content === null) return null;
  if (format.contentFormat === "string") return textOf(content);
  const parts = typeof content === "string" ? [content] : content;
  return parts.map(
    (text): JsonObject =>
      new Map<string, JsonValue>([
        ["type", "text"],
        ["text", text],
      ]),
  );
}

function templateContent(
  { content, toolCalls }: ConversationMessage,
  template: Template,
  format: TemplateFormat,
): JsonValue {
  const given = contentValue(content, format);
  if (toolCalls === undefined || textOf(content) !== "") return given;
  return emptyContent(template, format, given, contentValue("", format));
}

/** Arguments as the template wants them. Templates mostly want the object; what a model wrote badly stays text. */
function templateArguments(text: string, format: TemplateFormat): JsonValue {
  if (format.argumentsFormat === "string") return text;
  if (text.trim() === "") return new Map();
  try {
    const value = parseJson(text, { maxDepth: 128 });
    return value instanceof Map ? value : text;
  } catch (error) {
    if (error instanceof JsonError) return text;
    throw error;
  }
}

function templateMessage(
  message: ConversationMessage,
  template: Template,
  format: TemplateFormat,
): JsonObject {
  const result: JsonObject = new Map<string, JsonValue>([
    ["role", message.role],
    ["content", templateContent(message, template, format)],
  ]);
  if (message.name !== undefined) result.set("name", message.name);
  if (message.reasoning !== undefined) result.set("reasoning_content", message.reasoning);
  if (message.toolCallId !== undefined) result.set("tool_call_id", message.toolCallId);
  if (message.toolCalls !== undefined) {
    result.set(
      "tool_calls",
      message.toolCalls.map(
        (call): JsonObject =>
          new Map<string, JsonValue>([
            ["id", call.id],
            ["type", "function"],
            [
              "function",
              new Map<string, JsonValue>([
                ["name", call.name],
                ["arguments", templateArguments(call.arguments, format)],
              ]),
            ],
          ]),
      ),
    );
  }
  return result;
}

function templateTool(tool: FunctionTool): JsonObject {
  const definition: JsonObject = new Map<string, JsonValue>([["name", tool.name]]);
  if (tool.description !== undefined) definition.set("description", tool.description);
  if (tool.parameters !== undefined) definition.set("parameters", tool.parameters);
  return new Map<string, JsonValue>([
    ["type", "function"],
    ["function", definition],
  ]);
}

/** Variables beyond the messages: the client's own, and the reasoning switch in the spellings templates use. */
function variables(conversation: Conversation): Record<string, JsonValue> {
  const { reasoningEffort, templateArguments: own } = conversation;
  const result: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
  if (reasoningEffort !== undefined) {
    result["reasoning_effort"] = reasoningEffort;
    if (reasoningEffort === "none" || reasoningEffort === "minimal") {
      result["enable_thinking"] = false;
      result["thinking"] = false;
    }
  }
  for (const [key, value] of own ?? []) result[key] = value;
  return result;
}

/** Renders a conversation with the model's template. */
export function renderTemplatePrompt(
  profile: ModelProfile,
  format: TemplateFormat,
  conversation: Conversation,
): Prompt {
  const started = performance.now();
  const tools = conversation.toolChoice.mode === "none" ? [] : conversation.tools;
  const template = tools.length > 0 ? (format.toolTemplate ?? format.template) : format.template;
  const rendered = renderChat(template, {
    ...variables(conversation),
    messages: conversation.messages.map((message) => templateMessage(message, template, format)),
    ...(tools.length > 0 && { tools: tools.map(templateTool) }),
    ...(conversation.documents !== undefined && { documents: fromPlain(conversation.documents) }),
    addGenerationPrompt: conversation.addGenerationPrompt ?? true,
    ...(conversation.continueFinalMessage === true && { continueFinalMessage: true }),
    specialTokens: format.specialTokens,
  });
  const renderMs = performance.now() - started;
  return {
    tokenIds: encodeChat(rendered, profile.tokenizer),
    answerPrefix: [],
    inReasoning: opensReasoning(rendered),
    renderMs,
  };
}

const openers = ["<think>", "[THINK]"];
const closers = ["</think>", "[/THINK]"];

function lastOf(text: string, markers: readonly string[]): number {
  return Math.max(...markers.map((marker) => text.lastIndexOf(marker)));
}

/** Whether the prompt ends inside reasoning, read from the template's own text after the last user data. */
function opensReasoning(rendered: RenderedChat): boolean | undefined {
  const last = rendered.segments.at(-1);
  if (last === undefined || !last.trusted) return undefined;
  const opened = lastOf(last.text, openers);
  const closed = lastOf(last.text, closers);
  return opened < 0 && closed < 0 ? undefined : opened > closed;
}

export interface TemplateParserOptions {
  readonly conversation: Conversation;
  readonly inReasoning: boolean | undefined;
  readonly separateReasoning: boolean;
  /** What the engine can hold: it decides the form of a call that is demanded. */
  readonly limits?: EngineLimits | undefined;
}

/** A parser for one answer, by the names in the profile. */
export function createTemplateParser(profile: ModelProfile, options: TemplateParserOptions): OutputParser {
  const { conversation, inReasoning, separateReasoning, limits } = options;
  const { tokenizer, toolParser, reasoningParser } = profile;
  const shared = {
    ...profile.parsing,
    tokenizer,
    tools: conversation.tools.map(({ name, parameters }) => ({
      name,
      ...(parameters && { parameters: toPlain(parameters) }),
    })),
    historyToolCalls: countCalls(conversation),
  };
  // A grammar that allows JSON only leaves no room for reasoning either.
  const forced = limits && forcedCall(profile, limits, conversation)?.json;
  if (forced) return createOutputParser({ ...shared, ...forced, tool: "json_array" });
  const usesTools = conversation.tools.length > 0 && conversation.toolChoice.mode !== "none";
  return createOutputParser({
    ...shared,
    ...(usesTools && toolParser !== undefined && { tool: toolParser }),
    ...(separateReasoning && reasoningParser !== undefined && { reasoning: reasoningParser }),
    ...(inReasoning !== undefined && { inReasoningAtStart: inReasoning }),
  });
}

/** Some formats number calls through the whole conversation. */
function countCalls({ messages }: Conversation): number {
  return messages.reduce((sum, { toolCalls }) => sum + (toolCalls?.length ?? 0), 0);
}
