// `POST /v1/chat/completions`: every field of the request, honoured or refused by name.

import type { JsonObject } from "@tokenwire/core/json";
import { z } from "zod";
import { invalidRequest, unsupportedParameter } from "../api-error.ts";
import type { RequestBody } from "../body.ts";
import { codecFieldNames } from "../codec/stream-format.ts";
import {
  constraintFieldNames,
  constraintSchema,
  formatConstraint,
  parseGuidedConstraint,
  parseResponseFormat,
} from "../constraint.ts";
import type { Conversation } from "../conversation.ts";
import type { OutputConstraint } from "../generation.ts";
import type { TokenSpelling } from "../logprobs.ts";
import {
  defined,
  parseSampling,
  type RequestedSampling,
  refusedSampling,
  samplingFieldNames,
  samplingSchema,
} from "../sampling.ts";
import { chatToolsSchema, parseChatToolChoice, parseChatTools } from "../tools.ts";
import { integerFrom, losslessObject, optional, parseBody } from "../validation.ts";
import { chatMessagesSchema, parseChatMessages } from "./messages.ts";

/** A chat request after validation: canonical, with nothing left of the wire's spellings. */
export interface ChatRequest {
  readonly model: string;
  readonly conversation: Conversation;
  readonly sampling: RequestedSampling;
  readonly constraint?: OutputConstraint;
  readonly n: number;
  /** Number of alternatives per token; absent: no log-probabilities. */
  readonly topLogprobs?: number;
  readonly stream: boolean;
  /** Keep the completion, to be retrieved later. */
  readonly store: boolean;
  readonly includeUsage: boolean;
  readonly continuousUsage: boolean;
  /** Milliseconds that text may wait for more of its kind; absent: as the server decides. */
  readonly coalesceMs?: number;
  readonly includeObfuscation: boolean;
  /** `false`: reasoning is part of the content, as the model wrote it. */
  readonly separateReasoning: boolean;
  readonly streamReasoning: boolean;
  readonly includeReasoning: boolean;
  readonly returnTokenIds: boolean;
  /** How log-probabilities spell tokens. */
  readonly spelling: TokenSpelling;
  /** Replaces rendering. */
  readonly promptTokenIds?: readonly number[];
  readonly metadata?: Readonly<Record<string, string>>;
  /** Calls that may run on the server. */
  readonly maxToolCalls?: number;
}

export const metadataField = optional(
  z.record(z.string(), z.string()).superRefine((value, context) => {
    const entries = Object.entries(value);
    if (entries.length > 16) context.addIssue({ code: "custom", message: "cannot have more than 16 pairs" });
    if (entries.some(([key, text]) => key.length > 64 || text.length > 512)) {
      context.addIssue({
        code: "custom",
        message: "cannot have keys longer than 64 or values longer than 512 characters",
      });
    }
  }),
) as z.ZodType<Record<string, string> | undefined>;

const fields = z.object({
  model: z.string().min(1),
  n: optional(integerFrom(1, 128)),
  stream: optional(z.boolean()),
  stream_options: optional(
    z.object({
      include_usage: optional(z.boolean()),
      include_obfuscation: optional(z.boolean()),
      continuous_usage_stats: optional(z.boolean()),
      coalesce_ms: optional(integerFrom(0, 10_000)),
    }),
  ),
  logprobs: optional(z.boolean()),
  top_logprobs: optional(integerFrom(0, 20)),
  parallel_tool_calls: optional(z.boolean()),
  max_tool_calls: optional(integerFrom(1)),
  reasoning_effort: optional(
    z.union([z.enum(["none", "minimal", "low", "medium", "high", "xhigh", "max"]), z.number()]),
  ),
  reasoning: optional(z.object({ effort: optional(z.string()), exclude: optional(z.boolean()) })),
  verbosity: optional(z.union([z.enum(["low", "medium", "high"]), z.number()])),
  store: optional(z.boolean()),
  metadata: metadataField,
  user: optional(z.string()),
  service_tier: optional(z.enum(["auto", "default", "flex", "scale", "priority", "fast"])),
  safety_identifier: optional(z.string().max(64)),
  prompt_cache_key: optional(z.string()),
  prompt_cache_retention: optional(z.enum(["in_memory", "in-memory", "24h"])),
  prompt_cache_options: optional(z.looseObject({})),
  prediction: optional(z.looseObject({ type: z.literal("content") })),
  modalities: optional(z.array(z.string())),
  chat_template_kwargs: optional(losslessObject),
  add_generation_prompt: optional(z.boolean()),
  continue_final_message: optional(z.boolean()),
  separate_reasoning: optional(z.boolean()),
  stream_reasoning: optional(z.boolean()),
  include_reasoning: optional(z.boolean()),
  return_token_ids: optional(z.boolean()),
  return_tokens_as_token_ids: optional(z.boolean()),
  prompt_token_ids: optional(z.array(integerFrom(0)).min(1)),
  request_id: optional(z.string()),
  rid: optional(z.string()),
  documents: optional(z.array(z.unknown())),
});

/** What a body may hold, for the description of the API. */
export const chatBodySchema: z.ZodObject = z.object({
  ...fields.shape,
  ...chatMessagesSchema.shape,
  ...chatToolsSchema.shape,
  ...constraintSchema.shape,
  ...samplingSchema.shape,
});

/** Known, and not possible here. */
const refused: Readonly<Record<string, string>> = {
  audio: "Audio output is not supported; this server generates text only.",
  web_search_options: "Web search is not enabled on this server.",
  moderation: "Moderation is not available on this server.",
  chat_template: "A chat template in the request is not allowed; the server uses the model's own.",
  ...refusedSampling,
  echo: "Messages are not repeated; use /v1/completions for text that is.",
  thinking_token_budget: "A thinking budget is not supported by this engine; use reasoning_effort.",
};

const known = new Set([
  ...Object.keys(fields.shape),
  ...Object.keys(refused),
  ...samplingFieldNames,
  ...constraintFieldNames,
  ...codecFieldNames,
  "messages",
  "tools",
  "tool_choice",
  "functions",
  "function_call",
]);

/** Top-level fields that no part of this server knows. */
export function unknownChatFields(body: RequestBody): string[] {
  return Object.keys(body).filter((key) => !known.has(key));
}

/** Asks for nothing: some clients send every field they know. */
function isInert(value: unknown): boolean {
  return (
    value === undefined || value === null || value === false || (Array.isArray(value) && value.length === 0)
  );
}

/** Raises 400 for a field that is set and cannot be honoured. */
export function refuseFields(body: RequestBody, reasons: Readonly<Record<string, string>>): void {
  for (const [field, reason] of Object.entries(reasons)) {
    if (!isInert(body[field])) throw unsupportedParameter(field, `${field}: ${reason}`);
  }
}

type Fields = z.output<typeof fields>;

function checkCombinations(wire: Fields): void {
  if (wire.stream_options !== undefined && wire.stream !== true) {
    throw invalidRequest(
      "stream_options",
      "The 'stream_options' parameter is only allowed when 'stream' is enabled",
    );
  }
  if ((wire.top_logprobs ?? 0) > 0 && wire.logprobs !== true) {
    throw invalidRequest("top_logprobs", "top_logprobs is only allowed when logprobs is enabled");
  }
  const modality = wire.modalities?.find((entry) => entry !== "text");
  if (modality !== undefined) {
    throw unsupportedParameter(
      "modalities",
      `modalities: only "text" is supported, got ${JSON.stringify(modality)}.`,
    );
  }
  if (wire.continue_final_message === true && wire.add_generation_prompt === true) {
    throw invalidRequest(
      "continue_final_message",
      "continue_final_message and add_generation_prompt cannot both be true.",
    );
  }
}

const reservedVariables = [
  "messages",
  "tools",
  "documents",
  "add_generation_prompt",
  "chat_template",
  "tokenize",
];

/** Variables for the chat template. Raises 400 for those that the request itself decides. */
export function checkTemplateArguments(given: JsonObject | undefined): JsonObject | undefined {
  const key = reservedVariables.find((name) => given?.has(name));
  if (key === undefined) return given;
  throw invalidRequest(
    "chat_template_kwargs",
    `chat_template_kwargs: ${JSON.stringify(key)} cannot be set here.`,
  );
}

function parseConversation(body: RequestBody, wire: Fields): Conversation {
  const tools = parseChatTools(body);
  return defined({
    messages: parseChatMessages(body, wire.model),
    tools,
    toolChoice: parseChatToolChoice(body, tools),
    parallelToolCalls: wire.parallel_tool_calls ?? true,
    responseFormat: parseResponseFormat(body),
    field: "messages" as const,
    reasoningEffort: wire.reasoning_effort ?? wire.reasoning?.effort,
    templateArguments: checkTemplateArguments(wire.chat_template_kwargs),
    documents: wire.documents,
    addGenerationPrompt: wire.continue_final_message === true ? false : wire.add_generation_prompt,
    continueFinalMessage: wire.continue_final_message,
  });
}

/** Validates the body of a chat request. Raises `ApiError` 400 with the path of the first fault. */
export function parseChatRequest(body: RequestBody): ChatRequest {
  const wire = parseBody(fields, body);
  refuseFields(body, refused);
  checkCombinations(wire);
  const sampling = parseSampling(body);
  if (sampling.maxTokens === 0)
    throw invalidRequest("max_tokens", "max_tokens: must be an integer, at least 1.");
  const conversation = parseConversation(body, wire);
  const { responseFormat } = conversation;
  const streamOptions = wire.stream_options;
  return defined({
    model: wire.model,
    conversation,
    sampling,
    constraint: parseGuidedConstraint(body, responseFormat) ?? formatConstraint(responseFormat),
    n: wire.n ?? 1,
    topLogprobs: wire.logprobs === true ? (wire.top_logprobs ?? 0) : undefined,
    stream: wire.stream ?? false,
    store: wire.store ?? false,
    includeUsage: streamOptions?.include_usage ?? false,
    continuousUsage: streamOptions?.continuous_usage_stats ?? false,
    coalesceMs: streamOptions?.coalesce_ms,
    includeObfuscation: streamOptions?.include_obfuscation ?? false,
    separateReasoning: wire.separate_reasoning ?? true,
    streamReasoning: wire.stream_reasoning ?? true,
    includeReasoning: (wire.include_reasoning ?? true) && wire.reasoning?.exclude !== true,
    returnTokenIds: wire.return_token_ids ?? false,
    spelling: wire.return_tokens_as_token_ids === true ? ("id" as const) : ("text" as const),
    promptTokenIds: wire.prompt_token_ids,
    metadata: wire.metadata,
    maxToolCalls: wire.max_tool_calls,
  });
}
