// What the server may send, field by field, after OpenAI's and Anthropic's published descriptions of their APIs. The
// objects are closed: a field that is not listed here is a fault, and every extension of ours is marked as one.

import { z } from "zod";

const count = z.int().min(0);
const text = z.string();
const id = (...prefixes: string[]) => z.string().regex(new RegExp(`^(?:${prefixes.join("|")})[0-9a-f]{32}$`));
const seconds = z.int().min(1);
const list = <T extends z.ZodType>(item: T) =>
  z.strictObject({
    object: z.literal("list"),
    data: z.array(item),
    first_id: text.nullable(),
    last_id: text.nullable(),
    has_more: z.boolean(),
  });
const metadata = z.record(z.string().max(64), z.string().max(512));

export const error = z.strictObject({
  error: z.strictObject({
    message: text.min(1),
    type: z.enum([
      "invalid_request_error",
      "authentication_error",
      "permission_error",
      "not_found_error",
      "rate_limit_error",
      "server_error",
    ]),
    param: text.nullable(),
    code: text.nullable(),
  }),
});

// ── Chat ──

const tokenLogprob = { token: text, logprob: z.number(), bytes: z.array(z.int().min(0).max(255)).nullable() };
const wireLogprob = z.strictObject({ ...tokenLogprob, top_logprobs: z.array(z.strictObject(tokenLogprob)) });
const chatLogprobs = z
  .strictObject({ content: z.array(wireLogprob).nullable(), refusal: z.null() })
  .nullable();
export const chatUsage = z.strictObject({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: z.strictObject({ cached_tokens: count, audio_tokens: count }),
  completion_tokens_details: z.strictObject({
    reasoning_tokens: count,
    audio_tokens: count,
    accepted_prediction_tokens: count,
    rejected_prediction_tokens: count,
  }),
});
const finish = z.enum(["stop", "length", "tool_calls", "content_filter", "function_call"]);
const stopExtensions = {
  stop_reason: z.union([text, z.int()]).nullable().optional(),
  matched_stop: z.union([text, z.int()]).optional(),
  token_ids: z.array(count).optional(),
};
const identity = {
  created: seconds,
  model: text,
  service_tier: z.literal("default").optional(),
  system_fingerprint: text.regex(/^fp_/),
};
/** Our own: the server's calls and their results. */
const innerMessages = {
  "tokenwire:messages": z
    .array(
      z.discriminatedUnion("role", [
        z.strictObject({
          role: z.literal("assistant"),
          content: text.nullable(),
          reasoning: text.min(1).optional(),
          tool_calls: z
            .array(
              z.strictObject({
                id: text.min(1),
                type: z.literal("function"),
                function: z.strictObject({ name: text.min(1), arguments: text }),
              }),
            )
            .min(1),
        }),
        z.strictObject({ role: z.literal("tool"), tool_call_id: text.min(1), content: text }),
      ]),
    )
    .min(2),
};
const chatChoice = z.strictObject({
  index: count,
  message: z.strictObject({
    role: z.literal("assistant"),
    content: text.nullable(),
    refusal: z.null(),
    annotations: z.tuple([]),
    reasoning: text.min(1).optional(),
    reasoning_content: text.min(1).optional(),
    tool_calls: z
      .array(
        z.discriminatedUnion("type", [
          z.strictObject({
            id: text.min(1),
            type: z.literal("function"),
            function: z.strictObject({ name: text.min(1), arguments: text }),
          }),
          z.strictObject({
            id: text.min(1),
            type: z.literal("custom"),
            custom: z.strictObject({ name: text.min(1), input: text }),
          }),
        ]),
      )
      .min(1)
      .optional(),
    "tokenwire:messages": innerMessages["tokenwire:messages"].optional(),
  }),
  logprobs: chatLogprobs,
  finish_reason: finish,
  ...stopExtensions,
});
const chatFields = {
  id: id("chatcmpl-"),
  object: z.literal("chat.completion"),
  ...identity,
  choices: z.array(chatChoice).min(1),
  usage: chatUsage,
  prompt_token_ids: z.array(count).optional(),
};
export const chatCompletion = z.strictObject(chatFields);

const toolDelta = z.union([
  z.strictObject({
    index: count,
    id: text.min(1),
    type: z.literal("function"),
    function: z.strictObject({ name: text.min(1), arguments: z.literal("") }),
  }),
  z.strictObject({ index: count, function: z.strictObject({ arguments: text.min(1) }) }),
  z.strictObject({
    index: count,
    id: text.min(1),
    type: z.literal("custom"),
    custom: z.strictObject({ name: text.min(1), input: z.literal("") }),
  }),
  z.strictObject({ index: count, custom: z.strictObject({ input: text.min(1) }) }),
]);
const chatDelta = z.union([
  z.strictObject({ role: z.literal("assistant"), content: z.literal("").nullable(), refusal: z.null() }),
  z.strictObject({ content: text.min(1) }),
  z.strictObject({ reasoning: text.min(1).optional(), reasoning_content: text.min(1).optional() }),
  z.strictObject({ tool_calls: z.tuple([toolDelta]) }),
  z.strictObject(innerMessages),
]);
export const chatChunk = z.strictObject({
  id: id("chatcmpl-"),
  object: z.literal("chat.completion.chunk"),
  ...identity,
  choices: z
    .array(
      z.strictObject({
        index: count,
        delta: chatDelta,
        logprobs: chatLogprobs,
        finish_reason: finish.nullable(),
        ...stopExtensions,
      }),
    )
    .max(1),
  usage: chatUsage.nullable().optional(),
  obfuscation: text.optional(),
  prompt_token_ids: z.array(count).optional(),
});

const setting = z.unknown().refine((value) => value !== undefined);
export const storedChat = z.strictObject({
  ...chatFields,
  metadata,
  request_id: text,
  input_user: text.nullable(),
  tool_choice: setting,
  tools: setting,
  seed: setting,
  top_p: setting,
  temperature: setting,
  presence_penalty: setting,
  frequency_penalty: setting,
  response_format: setting,
});
export const storedChatList = list(storedChat);

// ── Completions ──

export const textCompletion = z.strictObject({
  id: id("cmpl-"),
  object: z.literal("text_completion"),
  created: seconds,
  model: text,
  system_fingerprint: text,
  choices: z.array(
    z.strictObject({
      text,
      index: count,
      logprobs: z
        .strictObject({
          tokens: z.array(text),
          token_logprobs: z.array(z.number().nullable()),
          top_logprobs: z.array(z.record(text, z.number()).nullable()).nullable(),
          text_offset: z.array(count),
        })
        .nullable(),
      finish_reason: z.enum(["stop", "length", "content_filter"]).nullable(),
      ...stopExtensions,
      prompt_token_ids: z.array(count).optional(),
    }),
  ),
  usage: chatUsage.nullable().optional(),
});

// ── Responses ──

const itemStatus = z.enum(["in_progress", "completed", "incomplete"]);
const outputText = z.strictObject({
  type: z.literal("output_text"),
  text,
  annotations: z.array(z.looseObject({ type: text })),
  logprobs: z.array(wireLogprob),
});
const reasoningText = z.strictObject({ type: z.literal("reasoning_text"), text });
const summaryText = z.strictObject({ type: z.literal("summary_text"), text });
const toolItem = { id: text, status: text.optional(), "tokenwire:call": z.looseObject({}).optional() };
export const outputItem = z.discriminatedUnion("type", [
  z.strictObject({
    id: id("msg_"),
    type: z.literal("message"),
    status: itemStatus,
    role: z.literal("assistant"),
    content: z.array(outputText),
  }),
  z.strictObject({
    id: id("rs_"),
    type: z.literal("reasoning"),
    status: itemStatus,
    summary: z.array(summaryText),
    content: z.array(reasoningText),
    encrypted_content: text.min(1).optional(),
  }),
  z.strictObject({
    id: id("fc_"),
    type: z.literal("function_call"),
    status: itemStatus,
    call_id: text.min(1),
    name: text.min(1),
    arguments: text,
  }),
  z.strictObject({
    id: id("ctc_"),
    type: z.literal("custom_tool_call"),
    status: itemStatus,
    call_id: text.min(1),
    name: text.min(1),
    input: text,
  }),
  z.strictObject({ ...toolItem, type: z.literal("web_search_call"), action: z.looseObject({ type: text }) }),
  z.strictObject({
    ...toolItem,
    type: z.literal("code_interpreter_call"),
    container_id: text,
    code: text,
    outputs: z.array(z.strictObject({ type: z.literal("logs"), logs: text })).nullable(),
  }),
  z.strictObject({
    ...toolItem,
    type: z.literal("mcp_call"),
    server_label: text,
    name: text,
    arguments: text,
    output: text.nullable(),
    error: text.nullable(),
    approval_request_id: text.nullable(),
  }),
  z.strictObject({
    ...toolItem,
    type: z.literal("mcp_list_tools"),
    server_label: text,
    tools: z.array(
      z.strictObject({
        name: text,
        description: text,
        input_schema: z.looseObject({}),
        annotations: z.unknown(),
      }),
    ),
    error: text.optional(),
  }),
  z.strictObject({
    ...toolItem,
    type: z.literal("mcp_approval_request"),
    server_label: text,
    name: text,
    arguments: text,
  }),
]);
export const responseUsage = z.strictObject({
  input_tokens: count,
  input_tokens_details: z.strictObject({ cached_tokens: count, cache_write_tokens: count }),
  output_tokens: count,
  output_tokens_details: z.strictObject({ reasoning_tokens: count }),
  total_tokens: count,
});
export const response = z.strictObject({
  id: id("resp_"),
  object: z.literal("response"),
  created_at: seconds,
  completed_at: seconds.nullable(),
  status: z.enum(["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]),
  incomplete_details: z
    .strictObject({ reason: z.enum(["max_output_tokens", "content_filter", "max_tool_calls"]) })
    .nullable(),
  model: text,
  previous_response_id: text.nullable(),
  conversation: z.strictObject({ id: text.regex(/^conv_/) }).optional(),
  instructions: text.nullable(),
  output: z.array(outputItem),
  error: z
    .strictObject({ code: z.enum(["server_error", "rate_limit_exceeded", "invalid_prompt"]), message: text })
    .nullable(),
  tools: z.array(z.looseObject({ type: text })),
  tool_choice: z.union([z.enum(["none", "auto", "required"]), z.looseObject({ type: text })]),
  truncation: z.enum(["auto", "disabled"]),
  parallel_tool_calls: z.boolean(),
  text: z.strictObject({
    format: z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("text") }),
      z.strictObject({ type: z.literal("json_object") }),
      z.strictObject({
        type: z.literal("json_schema"),
        name: text,
        description: text,
        schema: z.looseObject({}),
        strict: z.boolean(),
      }),
    ]),
    verbosity: z.enum(["low", "medium", "high"]),
  }),
  top_p: z.number().min(0).max(1),
  presence_penalty: z.number(),
  frequency_penalty: z.number(),
  top_logprobs: z.int().min(0).max(20),
  temperature: z.number().min(0).max(2),
  reasoning: z.strictObject({ effort: text.nullable(), summary: text.nullable() }),
  usage: responseUsage.nullable(),
  max_output_tokens: count.nullable(),
  max_tool_calls: count.nullable(),
  store: z.boolean(),
  background: z.boolean(),
  service_tier: z.literal("default"),
  metadata,
  safety_identifier: text.nullable(),
  prompt_cache_key: text.nullable(),
  user: text.optional(),
});

const event = <T extends string, F extends z.ZodRawShape>(type: T, fields: F) =>
  z.strictObject({ type: z.literal(type), sequence_number: count, ...fields });
const place = { item_id: text, output_index: count };
const at = { ...place, content_index: count };
const delta = { delta: text.min(1), obfuscation: text.optional() };
const summaryAt = { ...place, summary_index: count };
const lifecycle = [
  "created",
  "queued",
  "in_progress",
  "completed",
  "incomplete",
  "failed",
  "cancelled",
] as const;
const placed = [
  ...["in_progress", "searching", "completed"].map((name) => `web_search_call.${name}`),
  ...["in_progress", "interpreting", "completed"].map((name) => `code_interpreter_call.${name}`),
  ...["in_progress", "completed", "failed"].flatMap((name) => [`mcp_call.${name}`, `mcp_list_tools.${name}`]),
];
export const responseEvent: z.ZodType = z.discriminatedUnion("type", [
  ...lifecycle.map((name) => event(`response.${name}`, { response })),
  event("response.output_item.added", { output_index: count, item: outputItem }),
  event("response.output_item.done", { output_index: count, item: outputItem }),
  event("response.content_part.added", { ...at, part: z.union([outputText, reasoningText]) }),
  event("response.content_part.done", { ...at, part: z.union([outputText, reasoningText]) }),
  event("response.output_text.delta", { ...at, ...delta, delta: text, logprobs: z.array(wireLogprob) }),
  event("response.output_text.done", { ...at, text, logprobs: z.array(wireLogprob) }),
  event("response.output_text.annotation.added", {
    ...at,
    annotation_index: count,
    annotation: z.looseObject({ type: text }),
  }),
  event("response.reasoning_text.delta", { ...at, ...delta }),
  event("response.reasoning_text.done", { ...at, text }),
  event("response.reasoning_summary_part.added", { ...summaryAt, part: summaryText }),
  event("response.reasoning_summary_part.done", { ...summaryAt, part: summaryText }),
  event("response.reasoning_summary_text.delta", { ...summaryAt, ...delta }),
  event("response.reasoning_summary_text.done", { ...summaryAt, text }),
  event("response.function_call_arguments.delta", { ...place, ...delta }),
  event("response.function_call_arguments.done", { ...place, name: text, arguments: text }),
  event("response.custom_tool_call_input.delta", { ...place, ...delta }),
  event("response.custom_tool_call_input.done", { ...place, input: text }),
  event("response.mcp_call_arguments.delta", { ...place, ...delta }),
  event("response.mcp_call_arguments.done", { ...place, arguments: text }),
  event("response.code_interpreter_call_code.delta", { ...place, ...delta }),
  event("response.code_interpreter_call_code.done", { ...place, code: text }),
  ...placed.map((name) => event(`response.${name}`, place)),
  event("error", { code: text, message: text, param: text.nullable(), error: error.shape.error }),
] as unknown as [z.ZodObject, ...z.ZodObject[]]);

const listedMessage = z.looseObject({
  id: text,
  type: z.literal("message"),
  status: itemStatus,
  role: z.enum(["user", "assistant", "system", "developer"]),
  content: z.array(z.looseObject({ type: text })).min(1),
});
const listedItem = z.union([listedMessage, z.looseObject({ id: text, type: text.regex(/^(?!message$)/) })]);
export const itemList = list(listedItem);
export const storedMessageList = list(
  z.looseObject({
    id: text,
    role: text,
    content: text.nullable(),
    content_parts: z.array(z.unknown()).nullable(),
  }),
);
export const deletedResponse = z.strictObject({
  id: text,
  object: z.literal("response"),
  deleted: z.literal(true),
});
export const inputTokens = z.strictObject({
  object: z.literal("response.input_tokens"),
  input_tokens: count,
});
export const compacted = z.strictObject({
  id: id("resp_"),
  object: z.literal("response.compaction"),
  created_at: seconds,
  output: z.array(listedItem).min(1),
  usage: responseUsage,
});
export const conversation = z.strictObject({
  id: id("conv_"),
  object: z.literal("conversation"),
  created_at: seconds,
  metadata,
});

// ── Embeddings, models ──

export const embeddings = z.strictObject({
  object: z.literal("list"),
  data: z.array(
    z.strictObject({
      object: z.literal("embedding"),
      index: count,
      embedding: z.union([z.array(z.number()).min(1), z.base64()]),
    }),
  ),
  model: text,
  usage: z.strictObject({ prompt_tokens: count, total_tokens: count }),
});

export const modelList = z.strictObject({
  object: z.literal("list"),
  data: z.array(
    z.looseObject({ id: text.min(1), object: z.literal("model"), created: count, owned_by: text.min(1) }),
  ),
});

/** The same for Anthropic's clients. */
export const anthropicModelList = z.strictObject({
  data: z.array(
    z.strictObject({
      type: z.literal("model"),
      id: text.min(1),
      display_name: text.min(1),
      created_at: text,
    }),
  ),
  has_more: z.boolean(),
  first_id: text.nullable(),
  last_id: text.nullable(),
});

// ── Messages ──

const messageUsage = z.strictObject({
  input_tokens: count,
  output_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
});
const stopReason = z.enum(["end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal"]);
const messageBlock = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text }),
  z.strictObject({ type: z.literal("thinking"), thinking: text, signature: text }),
  z.strictObject({
    type: z.literal("tool_use"),
    id: id("toolu_"),
    name: text.min(1),
    input: z.looseObject({}),
  }),
]);
export const message = z.strictObject({
  id: id("msg_"),
  type: z.literal("message"),
  role: z.literal("assistant"),
  model: text,
  content: z.array(messageBlock),
  stop_reason: stopReason.nullable(),
  stop_sequence: text.nullable(),
  usage: messageUsage,
});
export const messageError = z.strictObject({
  type: z.literal("error"),
  error: z.strictObject({
    type: text.regex(/_error$|^request_too_large$/),
    message: text,
    details: z.looseObject({}).optional(),
  }),
  request_id: text,
});
const blockAt = { index: count };
export const messageEvent = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("message_start"), message }),
  z.strictObject({ type: z.literal("ping") }),
  z.strictObject({ type: z.literal("content_block_start"), ...blockAt, content_block: messageBlock }),
  z.strictObject({
    type: z.literal("content_block_delta"),
    ...blockAt,
    delta: z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("text_delta"), text: text.min(1) }),
      z.strictObject({ type: z.literal("thinking_delta"), thinking: text.min(1) }),
      z.strictObject({ type: z.literal("signature_delta"), signature: text.min(1) }),
      z.strictObject({ type: z.literal("input_json_delta"), partial_json: text }),
    ]),
  }),
  z.strictObject({ type: z.literal("content_block_stop"), ...blockAt }),
  z.strictObject({
    type: z.literal("message_delta"),
    delta: z.strictObject({ stop_reason: stopReason, stop_sequence: text.nullable() }),
    usage: messageUsage,
  }),
  z.strictObject({ type: z.literal("message_stop") }),
  messageError,
]);
export const messageTokens = z.strictObject({ input_tokens: count });

/** Raises when a value is not what it must be, with the value. */
export function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Error(`${z.prettifyError(result.error)}\nin ${JSON.stringify(value)}`);
}
