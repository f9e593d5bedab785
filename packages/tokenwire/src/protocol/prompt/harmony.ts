// Conversations in the harmony format: one system message of ours, the client's system and developer messages as
// developer messages, reasoning on `analysis`, calls on `commentary`, answers on `final`.

import {
  DeveloperContent,
  Message,
  type ReasoningEffort,
  SystemContent,
  ToolDescription,
} from "@tokenwire/core/harmony";
import { stringifyJson } from "@tokenwire/core/json";
import type { OutputParser } from "@tokenwire/core/parsers";
import { invalidRequest, unsupportedParameter } from "../api-error.ts";
import {
  type Conversation,
  type ConversationMessage,
  type FunctionTool,
  type ResponseFormat,
  type ToolCall,
  textOf,
} from "../conversation.ts";
import type { HarmonyFormat } from "../profile.ts";
import { HarmonyOutputParser } from "./harmony-output.ts";
import type { Prompt, PromptSettings } from "./prompt.ts";

/** Efforts the format knows; the wire's other names mean the nearest. */
const efforts: Readonly<Record<string, ReasoningEffort>> = {
  none: "Low",
  minimal: "Low",
  low: "Low",
  medium: "Medium",
  high: "High",
  xhigh: "High",
  max: "High",
};

function systemMessage(conversation: Conversation, settings: PromptSettings): Message {
  const { reasoningEffort } = conversation;
  let content = SystemContent.new();
  if (settings.modelIdentity !== undefined) content = content.withModelIdentity(settings.modelIdentity);
  if (settings.currentDate !== undefined) content = content.withConversationStartDate(settings.currentDate);
  if (typeof reasoningEffort === "string") {
    const effort = efforts[reasoningEffort];
    if (effort === undefined) {
      const known = Object.keys(efforts).join(", ");
      throw invalidRequest(
        "reasoning_effort",
        `reasoning_effort: expected ${known}, got ${JSON.stringify(reasoningEffort)}.`,
      );
    }
    content = content.withReasoningEffort(effort);
  } else if (reasoningEffort !== undefined) {
    throw invalidRequest(
      "reasoning_effort",
      "reasoning_effort: this model takes low, medium or high, no number.",
    );
  }
  for (const namespace of conversation.toolNamespaces ?? []) content = content.withTools(namespace);
  return Message.fromRoleAndContent("system", content);
}

/** Whether a call's name is that of a tool with a namespace of its own, such as `browser.search` or `python`. */
function isNamespaced(name: string, { toolNamespaces = [] }: Conversation): boolean {
  return toolNamespaces.some((namespace) => name === namespace.name || name.startsWith(`${namespace.name}.`));
}

/** Where a call goes and what its text is; the model thinks with its own tools and speaks with functions. */
function addressed(call: Message, { name, header }: ToolCall, conversation: Conversation): Message {
  if (header !== undefined) {
    const { recipient, channel, contentType } = header;
    const message = call.withChannel(channel).withRecipient(recipient);
    return contentType === undefined ? message : message.withContentType(contentType);
  }
  if (isNamespaced(name, conversation)) {
    return call.withChannel("analysis").withRecipient(name).withContentType("code");
  }
  return call
    .withChannel("commentary")
    .withRecipient(`functions.${name}`)
    .withContentType("<|constrain|>json");
}

function toolDescription(tool: FunctionTool): ToolDescription {
  return new ToolDescription(tool.name, tool.description ?? "", tool.parameters);
}

/** The section that announces the wanted format of the answer, as the format's guide lays it out. */
function responseFormatSection(format: ResponseFormat): string | undefined {
  if (format.type === "text") return undefined;
  if (format.type === "json_object")
    return "# Response Formats\n\n## json\n\n// The answer is one JSON object.\n{}";
  const description =
    format.description === undefined ? "" : `// ${format.description.replaceAll("\n", "\n// ")}\n`;
  const schema = stringifyJson(format.schema ?? new Map());
  return `# Response Formats\n\n## ${format.name}\n\n${description}${schema}`;
}

function developerMessage(conversation: Conversation, instructions: string | undefined): Message | undefined {
  const tools = conversation.toolChoice.mode === "none" ? [] : conversation.tools;
  const section = responseFormatSection(conversation.responseFormat);
  const text = [instructions, section].filter((part) => part !== undefined && part !== "").join("\n\n");
  if (text === "" && tools.length === 0) return undefined;
  let content = DeveloperContent.new();
  if (text !== "") content = content.withInstructions(text);
  if (tools.length > 0) content = content.withFunctionTools(tools.map(toolDescription));
  return Message.fromRoleAndContent("developer", content);
}

/** The calls in the history by their id, for the results that only repeat the id. */
function callsById(messages: readonly ConversationMessage[]): Map<string, ToolCall> {
  const calls = new Map<string, ToolCall>();
  for (const { toolCalls = [] } of messages) for (const call of toolCalls) calls.set(call.id, call);
  return calls;
}

function assistantMessages(message: ConversationMessage, conversation: Conversation): Message[] {
  const parts: Message[] = [];
  const calls = message.toolCalls ?? [];
  if (message.reasoning !== undefined) {
    parts.push(Message.fromRoleAndContent("assistant", message.reasoning).withChannel("analysis"));
  }
  const text = textOf(message.content);
  // Text before a call is a preamble; a turn that ends with text is an answer.
  if (text !== "") {
    parts.push(
      Message.fromRoleAndContent("assistant", text).withChannel(calls.length > 0 ? "commentary" : "final"),
    );
  }
  for (const call of calls) {
    parts.push(addressed(Message.fromRoleAndContent("assistant", call.arguments), call, conversation));
  }
  return parts;
}

function toMessages(
  message: ConversationMessage,
  path: string,
  calls: ReadonlyMap<string, ToolCall>,
  conversation: Conversation,
): Message[] {
  switch (message.role) {
    case "assistant":
      return assistantMessages(message, conversation);
    case "tool": {
      const call = calls.get(message.toolCallId ?? "");
      const name = message.name ?? call?.name;
      if (name === undefined) {
        throw invalidRequest(
          `${path}.tool_call_id`,
          `${path}.tool_call_id: no earlier tool call has the id ${JSON.stringify(message.toolCallId)}.`,
        );
      }
      const isOwn = isNamespaced(name, conversation);
      const recipient = call?.header?.recipient ?? (isOwn ? name : `functions.${name}`);
      const author = { role: "tool", name: recipient } as const;
      return [
        Message.fromAuthorAndContent(author, textOf(message.content))
          .withRecipient("assistant")
          .withChannel(call?.header?.channel ?? (isOwn ? "analysis" : "commentary")),
      ];
    }
    case "user":
      return [Message.fromRoleAndContent("user", textOf(message.content))];
    default:
      return [
        Message.fromRoleAndContent(
          "developer",
          DeveloperContent.new().withInstructions(textOf(message.content)),
        ),
      ];
  }
}

/** All messages of the prompt: system, developer, then the conversation. */
export function toHarmonyMessages(conversation: Conversation, settings: PromptSettings): Message[] {
  const messages = keepToolCalls(conversation.messages);
  const calls = callsById(messages);
  const firstTurn = messages.findIndex(
    (message) => message.role !== "system" && message.role !== "developer",
  );
  const leading = firstTurn < 0 ? messages.length : firstTurn;
  const instructions = messages.slice(0, leading).map((message) => textOf(message.content));
  const developer = developerMessage(
    conversation,
    instructions.length > 0 ? instructions.join("\n\n") : undefined,
  );
  return [
    systemMessage(conversation, settings),
    ...(developer === undefined ? [] : [developer]),
    ...messages
      .slice(leading)
      .flatMap((message, index) =>
        toMessages(message, `${conversation.field}[${leading + index}]`, calls, conversation),
      ),
  ];
}

/** Tools of the model's reasoning: their calls on `analysis` go with it once there is an answer. */
const reasoningTools = /^(?:python|browser)(?:\.|$)/;

/** Earlier turns keep the calls whose results are known here: on `commentary`, where calls are no reasoning. */
function keepToolCalls(messages: readonly ConversationMessage[]): readonly ConversationMessage[] {
  const answer = messages.findLastIndex(
    ({ role, content, toolCalls }) =>
      role === "assistant" && toolCalls === undefined && textOf(content) !== "",
  );
  const kept = (call: ToolCall): ToolCall =>
    call.header !== undefined && reasoningTools.test(call.header.recipient)
      ? { ...call, header: { ...call.header, channel: "commentary" } }
      : call;
  return messages.map((message, index) =>
    index < answer && message.toolCalls ? { ...message, toolCalls: message.toolCalls.map(kept) } : message,
  );
}

/** How the answer is made to begin, so that a required call is a call. */
function forcedHeader(conversation: Conversation): string | undefined {
  const { toolChoice, tools } = conversation;
  if (toolChoice.mode !== "required") return undefined;
  const names = toolChoice.allowed ?? tools.map((tool) => tool.name);
  return names.length === 1
    ? `<|channel|>commentary to=functions.${names[0]} <|constrain|>json<|message|>`
    : "<|channel|>commentary to=functions.";
}

/** Renders a conversation up to the point where the assistant's turn begins. */
export function renderHarmonyPrompt(
  format: HarmonyFormat,
  conversation: Conversation,
  settings: PromptSettings,
): Prompt {
  if (conversation.continueFinalMessage === true || conversation.addGenerationPrompt === false) {
    const field =
      conversation.continueFinalMessage === true ? "continue_final_message" : "add_generation_prompt";
    throw unsupportedParameter(
      field,
      `${field}: prompts of models with the harmony format end where the assistant's next message begins.`,
    );
  }
  const rendered = format.encoding.renderConversationForCompletion(
    toHarmonyMessages(conversation, settings),
    "assistant",
    { analysis: "spec", ...(format.renderProfile && { profile: format.renderProfile }) },
  );
  const header = forcedHeader(conversation);
  if (header === undefined) return { tokenIds: rendered, answerPrefix: [], inReasoning: false };
  const answerPrefix = [...format.encoding.encode(header, { allowedSpecial: "all" })];
  const tokenIds = new Uint32Array(rendered.length + answerPrefix.length);
  tokenIds.set(rendered);
  tokenIds.set(answerPrefix, rendered.length);
  return { tokenIds, answerPrefix, inReasoning: false };
}

/** A parser for one answer. Recovers from malformed output; never throws. */
export function createHarmonyParser(
  format: HarmonyFormat,
  prompt: Prompt,
  conversation: Conversation,
  separateReasoning: boolean,
): OutputParser {
  const toolNames = conversation.tools.map((tool) => tool.name);
  const parser = new HarmonyOutputParser(format.encoding, { separateReasoning, toolNames });
  parser.prime(prompt.answerPrefix);
  return parser;
}
