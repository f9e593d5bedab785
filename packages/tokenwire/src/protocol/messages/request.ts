// `POST /v1/messages`, Anthropic's dialect: blocks in, the canonical conversation out.

import { type JsonObject, stringifyJson } from "@tokenwire/core/json";
import { z } from "zod";
import { ApiError, invalidRequest, quote, unsupportedParameter } from "../api-error.ts";
import type { RequestBody } from "../body.ts";
import { unsupportedContent } from "../chat/messages.ts";
import { refuseFields } from "../chat/request.ts";
import { formatConstraint } from "../constraint.ts";
import type {
  Conversation,
  ConversationMessage,
  FunctionTool,
  ResponseFormat,
  ToolCall,
  ToolChoice,
} from "../conversation.ts";
import type { OutputConstraint } from "../generation.ts";
import { parseSampling, type RequestedSampling } from "../sampling.ts";
import { checkSchema, checkToolCount, modeChoice, namedTool, toFunctionTool } from "../tools.ts";
import { integerFrom, losslessObject, numberWithin, optional, parseBody } from "../validation.ts";

export interface MessagesRequest {
  readonly model: string;
  readonly conversation: Conversation;
  readonly constraint?: OutputConstraint;
  readonly sampling: RequestedSampling;
  readonly stream: boolean;
  /** Thinking blocks are part of the answer. */
  readonly showThinking: boolean;
}

const textBlock = z.looseObject({ type: z.literal("text"), text: z.string() });
const block = z.discriminatedUnion("type", [
  textBlock,
  z.looseObject({ type: z.literal("thinking"), thinking: z.string() }),
  z.looseObject({ type: z.literal("redacted_thinking") }),
  z.looseObject({
    type: z.literal("tool_use"),
    id: z.string().min(1),
    name: z.string().min(1),
    input: losslessObject,
  }),
  z.looseObject({
    type: z.literal("tool_result"),
    tool_use_id: z.string().min(1),
    content: optional(
      z.union([z.string(), z.array(z.looseObject({ type: z.string(), text: optional(z.string()) }))]),
    ),
    is_error: optional(z.boolean()),
  }),
  z.looseObject({ type: z.literal("image") }),
  z.looseObject({ type: z.literal("document") }),
  z.looseObject({ type: z.literal("search_result") }),
]);
const message = z.object({
  role: z.enum(["user", "assistant", "system"]),
  content: z.union([z.string(), z.array(block)]),
});

const format = z.object({ type: z.literal("json_schema"), schema: losslessObject });

const base = {
  model: z.string().min(1),
  messages: z.array(message).min(1, { error: "messages cannot be empty" }).max(10_000),
  system: optional(z.union([z.string(), z.array(textBlock)])),
  temperature: optional(numberWithin(0, 2)),
  top_p: optional(z.number()),
  top_k: optional(z.number()),
  stop_sequences: optional(z.array(z.string())),
  stream: optional(z.boolean()),
  tools: optional(z.array(z.looseObject({ type: optional(z.string()), name: z.string() }))),
  tool_choice: optional(
    z.discriminatedUnion("type", [
      z.object({ type: z.enum(["auto", "any", "none"]), disable_parallel_tool_use: optional(z.boolean()) }),
      z.object({
        type: z.literal("tool"),
        name: z.string(),
        disable_parallel_tool_use: optional(z.boolean()),
      }),
    ]),
  ),
  thinking: optional(
    z.looseObject({
      type: z.enum(["enabled", "disabled", "adaptive"]),
      budget_tokens: optional(integerFrom(1)),
      display: optional(z.string()),
    }),
  ),
  output_config: optional(
    z.looseObject({
      format: optional(format),
      effort: optional(z.enum(["low", "medium", "high", "xhigh", "max"])),
    }),
  ),
  output_format: optional(format),
  cache_control: optional(z.looseObject({})),
  metadata: optional(z.looseObject({ user_id: optional(z.string()) })),
  service_tier: optional(z.enum(["auto", "standard_only"])),
};
const fields = z.object({ ...base, max_tokens: integerFrom(1) });
const countFields = z.object({ ...base, max_tokens: optional(integerFrom(1)) });
const toolFields = z.object({
  name: z.string(),
  description: optional(z.string()),
  input_schema: optional(losslessObject),
});

/** What a body may hold, for the description of the API. */
export const messagesBodySchema: z.ZodObject = fields;

const refused: Readonly<Record<string, string>> = {
  mcp_servers: "MCP servers are not enabled on this server.",
  container: "Containers are not available.",
  context_management: "Context management is not available.",
  compaction: "Compaction is not available.",
  fallbacks: "Fallback models are not available.",
  inference_geo: "This server does not choose where it runs.",
};

/** Fields of Anthropic's API that change nothing here. */
const inert = ["diagnostics", "speed", "betas", "user_profile_id", "workspace_id", "billing_policy"];

const known = new Set([...Object.keys(fields.shape), ...Object.keys(refused), ...inert, "thread"]);

/** Top-level fields that no part of this server knows. */
export function unknownMessagesFields(body: RequestBody): string[] {
  return Object.keys(body).filter((key) => !known.has(key));
}

/** Threads are kept by Anthropic's server; its client sends the whole conversation instead once it reads this. */
function refuseThread(body: RequestBody): void {
  if ((body["thread"] ?? null) === null) return;
  throw new ApiError(400, "thread: conversations are not kept here; send all messages.", {
    param: "thread",
    wireCode: "unsupported_parameter",
    details: { error_code: "thread_unsupported_request", unsupported: ["thread"] },
  });
}

type Fields = z.output<typeof countFields>;
type Block = z.output<typeof block>;

function resultText(value: unknown, path: string, model: string): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  const parts = value as { type: string; text?: string }[];
  return parts
    .map((part, index) => {
      if (part.type !== "text" || part.text === undefined) {
        throw unsupportedContent(`${path}.content[${index}]`, part.type, model);
      }
      return part.text;
    })
    .join("\n");
}

/** A user's blocks: results answer the calls before them, then comes the text. */
function userMessages(
  blocks: readonly Block[],
  path: string,
  model: string,
  called: ReadonlySet<string>,
): ConversationMessage[] {
  const messages: ConversationMessage[] = [];
  const texts: string[] = [];
  blocks.forEach((entry, index) => {
    const at = `${path}.content[${index}]`;
    if (entry.type === "text") texts.push(entry.text as string);
    else if (entry.type === "tool_result") {
      const content = resultText(entry.content, at, model);
      const id = entry.tool_use_id as string;
      if (!called.has(id)) {
        throw invalidRequest(
          `${at}.tool_use_id`,
          `${at}.tool_use_id: no earlier tool_use has the id ${quote(id)}.`,
        );
      }
      messages.push({ role: "tool", toolCallId: id, content });
    } else throw unsupportedContent(at, entry.type, model);
  });
  if (texts.length > 0) messages.push({ role: "user", content: texts.length === 1 ? texts[0]! : texts });
  return messages;
}

function assistantMessage(blocks: readonly Block[], path: string, model: string): ConversationMessage {
  const texts: string[] = [];
  const thoughts: string[] = [];
  const calls: ToolCall[] = [];
  blocks.forEach((entry, index) => {
    if (entry.type === "text") texts.push(entry.text as string);
    else if (entry.type === "thinking") thoughts.push(entry.thinking as string);
    else if (entry.type === "tool_use") {
      const input = stringifyJson(entry.input as JsonObject);
      calls.push({ id: entry.id as string, name: entry.name as string, arguments: input });
    } else if (entry.type !== "redacted_thinking") {
      throw unsupportedContent(`${path}.content[${index}]`, entry.type, model);
    }
  });
  return {
    role: "assistant",
    content: texts.length === 0 ? null : texts.join(""),
    ...(thoughts.length > 0 && { reasoning: thoughts.join("\n") }),
    ...(calls.length > 0 && { toolCalls: calls }),
  };
}

function toMessages(wire: Fields): ConversationMessage[] {
  const system =
    wire.system === undefined || typeof wire.system === "string"
      ? wire.system
      : wire.system.map((part) => part.text).join("\n");
  const messages: ConversationMessage[] =
    system === undefined || system === "" ? [] : [{ role: "system", content: system }];
  const called = new Set<string>();
  wire.messages.forEach(({ role, content }, index) => {
    const path = `messages[${index}]`;
    if (typeof content === "string") messages.push({ role, content });
    else if (role === "assistant") {
      const message = assistantMessage(content, path, wire.model);
      for (const { id } of message.toolCalls ?? []) called.add(id);
      messages.push(message);
    } else messages.push(...userMessages(content, path, wire.model, called));
  });
  return messages;
}

function parseTools(wire: Fields): FunctionTool[] {
  const tools = wire.tools ?? [];
  checkToolCount(tools.length, "tools");
  return tools.map((tool, index) => {
    const path = `tools[${index}]`;
    if (tool.type !== undefined && tool.type !== "custom") {
      throw unsupportedParameter(
        `${path}.type`,
        `${path}.type: server tools such as ${quote(tool.type)} are not enabled. Supported types: "custom".`,
      );
    }
    const { name, description, input_schema } = parseBody(toolFields, tool, ["tools", index]);
    return toFunctionTool({ name, description, parameters: input_schema }, path);
  });
}

function parseChoice(wire: Fields, tools: readonly FunctionTool[]): ToolChoice {
  const choice = wire.tool_choice;
  if (choice === undefined) return modeChoice("auto", tools);
  if (choice.type === "tool") {
    if (!tools.some((tool) => tool.name === choice.name)) {
      throw invalidRequest(
        "tool_choice",
        `Invalid value for 'tool_choice': tool '${choice.name.slice(0, 80)}' not found in 'tools'.`,
      );
    }
    return namedTool("function", choice.name, tools);
  }
  return modeChoice(choice.type === "any" ? "required" : choice.type, tools);
}

function responseFormat(wire: Fields): ResponseFormat {
  const [path, given] =
    wire.output_config?.format === undefined
      ? (["output_format", wire.output_format] as const)
      : (["output_config.format", wire.output_config.format] as const);
  if (given === undefined) return { type: "text" };
  checkSchema(given.schema, `${path}.schema`);
  return { type: "json_schema", name: "answer", schema: given.schema, strict: true };
}

/** How hard the model is to think; a budget of tokens counts as an effort, as the models here know efforts only. */
function effortOf({ thinking, output_config }: Fields): string | undefined {
  if (thinking?.type === "disabled") return "none";
  if (output_config?.effort !== undefined) return output_config.effort;
  if (thinking === undefined || thinking.type === "adaptive") return undefined;
  const budget = thinking.budget_tokens ?? 4_096;
  return budget < 2_048 ? "low" : budget < 8_192 ? "medium" : "high";
}

/** Validates the body of a create call, or of a token count, which needs no `max_tokens`. */
export function parseMessagesRequest(
  body: RequestBody,
  purpose: "create" | "count" = "create",
): MessagesRequest {
  const wire: Fields = parseBody(purpose === "create" ? fields : countFields, body);
  refuseFields(body, refused);
  refuseThread(body);
  const tools = parseTools(wire);
  const effort = effortOf(wire);
  const format = responseFormat(wire);
  const constraint = formatConstraint(format);
  const { thinking } = wire;
  return {
    model: wire.model,
    conversation: {
      messages: toMessages(wire),
      tools,
      toolChoice: parseChoice(wire, tools),
      parallelToolCalls: wire.tool_choice?.disable_parallel_tool_use !== true,
      responseFormat: format,
      field: "messages",
      ...(effort !== undefined && { reasoningEffort: effort }),
    },
    ...(constraint && { constraint }),
    sampling: parseSampling({
      temperature: wire.temperature,
      top_p: wire.top_p,
      top_k: wire.top_k,
      max_tokens: wire.max_tokens,
      stop: wire.stop_sequences,
      user: wire.metadata?.user_id,
    }),
    stream: wire.stream ?? false,
    showThinking: thinking !== undefined && thinking.type !== "disabled" && thinking.display !== "omitted",
  };
}
