// What the answers hold, for `/openapi.json`. The objects are open: clients must bear with fields that are new to them.
// A test validates a real answer of every route against these.

import { z } from "zod";

const count = z.int().min(0);
const text = z.string();
const item = z.looseObject({ id: text, type: text });
const seconds = z.int().describe("Unix time in seconds");
const ids = z.array(count).describe("Token ids");

const listOf = (data: z.ZodType): z.ZodType =>
  z.looseObject({
    object: z.literal("list"),
    data: z.array(data),
    first_id: text.nullable(),
    last_id: text.nullable(),
    has_more: z.boolean(),
  });
const deleted = (object: string): z.ZodType =>
  z.looseObject({ id: text, object: z.literal(object), deleted: z.literal(true) });

const chatUsage = z.looseObject({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: z.looseObject({ cached_tokens: count }),
  completion_tokens_details: z.looseObject({ reasoning_tokens: count }),
});
const logprob = z.looseObject({ token: text, logprob: z.number(), bytes: z.array(count).nullable() });
const chatLogprobs = z
  .looseObject({ content: z.array(logprob.extend({ top_logprobs: z.array(logprob) })).nullable() })
  .nullable();
const toolCall = z.looseObject({
  id: text,
  type: z.literal("function"),
  function: z.looseObject({ name: text, arguments: text }),
});
const finishReason = z.enum(["stop", "length", "tool_calls", "content_filter", "function_call"]);
const reasoning = { reasoning: text.optional(), reasoning_content: text.optional() };
const chatIdentity = { id: text, created: seconds, model: text, system_fingerprint: text };

const chatCompletion = z.looseObject({
  ...chatIdentity,
  object: z.literal("chat.completion"),
  choices: z.array(
    z.looseObject({
      index: count,
      message: z.looseObject({
        role: z.literal("assistant"),
        content: text.nullable(),
        refusal: text.nullable(),
        ...reasoning,
        tool_calls: z.array(toolCall).optional(),
      }),
      logprobs: chatLogprobs,
      finish_reason: finishReason,
    }),
  ),
  usage: chatUsage,
});
const chatChunk = z.looseObject({
  ...chatIdentity,
  object: z.literal("chat.completion.chunk"),
  choices: z.array(
    z.looseObject({
      index: count,
      delta: z.looseObject({
        role: z.literal("assistant").optional(),
        content: text.nullable().optional(),
        ...reasoning,
        tool_calls: z.array(z.looseObject({ index: count, id: text.optional() })).optional(),
      }),
      logprobs: chatLogprobs.optional(),
      finish_reason: finishReason.nullable(),
    }),
  ),
  usage: chatUsage.nullable().optional(),
});

const textCompletion = z.looseObject({
  ...chatIdentity,
  object: z.literal("text_completion"),
  choices: z.array(
    z.looseObject({
      text,
      index: count,
      logprobs: z
        .looseObject({ tokens: z.array(text), token_logprobs: z.array(z.number().nullable()) })
        .nullable(),
      finish_reason: z.enum(["stop", "length", "content_filter"]).nullable(),
    }),
  ),
  usage: chatUsage.nullable().optional(),
});

const responseUsage = z.looseObject({
  input_tokens: count,
  output_tokens: count,
  total_tokens: count,
  input_tokens_details: z.looseObject({ cached_tokens: count }),
  output_tokens_details: z.looseObject({ reasoning_tokens: count }),
});
const response = z.looseObject({
  id: text,
  object: z.literal("response"),
  created_at: seconds,
  status: z.enum(["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]),
  model: text,
  output: z.array(item),
  error: z.looseObject({ code: text, message: text }).nullable(),
  incomplete_details: z.looseObject({ reason: text }).nullable(),
  instructions: text.nullable(),
  metadata: z.record(text, text),
  previous_response_id: text.nullable(),
  tools: z.array(z.looseObject({ type: text })),
  usage: responseUsage.nullable(),
});
const conversation = z.looseObject({
  id: text,
  object: z.literal("conversation"),
  created_at: seconds,
  metadata: z.record(text, text),
});

const message = z.looseObject({
  id: text,
  type: z.literal("message"),
  role: z.literal("assistant"),
  model: text,
  content: z.array(z.looseObject({ type: z.enum(["text", "thinking", "tool_use"]) })),
  stop_reason: text.nullable(),
  stop_sequence: text.nullable(),
  usage: z.looseObject({ input_tokens: count, output_tokens: count }),
});

const model = z.looseObject({ id: text, object: z.literal("model"), created: seconds, owned_by: text });
const anthropicModel = z.looseObject({
  type: z.literal("model"),
  id: text,
  display_name: text,
  created_at: text,
});

const rendered = z.looseObject({
  request_id: text,
  token_ids: ids,
  sampling_params: z.looseObject({}),
  model: text,
  stream: z.boolean(),
});
const tokenAnswer = z.looseObject({
  request_id: text,
  choices: z.array(
    z.looseObject({ index: count, token_ids: ids.nullable(), finish_reason: text.nullable() }),
  ),
});

/** Schemas by the name they have in the document. */
export const schemas: Readonly<Record<string, z.ZodType>> = {
  ChatCompletion: chatCompletion,
  ChatCompletionChunk: chatChunk,
  ChatCompletionList: listOf(chatCompletion),
  ChatMessageList: listOf(z.looseObject({ id: text, role: text, content: text.nullable() })),
  ChatCompletionDeleted: deleted("chat.completion.deleted"),
  Completion: textCompletion,
  Response: response,
  ResponseEvent: z.looseObject({ type: text, sequence_number: count }),
  ResponseDeleted: deleted("response"),
  InputTokens: z.looseObject({ object: z.literal("response.input_tokens"), input_tokens: count }),
  Compaction: z.looseObject({
    id: text,
    object: z.literal("response.compaction"),
    created_at: seconds,
    output: z.array(item),
    usage: responseUsage,
  }),
  Item: item,
  ItemList: listOf(item),
  Conversation: conversation,
  ConversationDeleted: deleted("conversation.deleted"),
  Message: message,
  MessageEvent: z.looseObject({ type: text }),
  MessageTokens: z.looseObject({ input_tokens: count }),
  Rendered: rendered,
  RenderedList: z.array(rendered),
  DerenderedChat: z.union([chatCompletion, z.looseObject({ chunk: chatChunk })]),
  DerenderedCompletion: z.union([textCompletion, z.looseObject({ chunk: textCompletion })]),
  TokenAnswer: tokenAnswer,
  Embeddings: z.looseObject({
    object: z.literal("list"),
    data: z.array(
      z.looseObject({
        object: z.literal("embedding"),
        index: count,
        embedding: z.union([z.array(z.number()), text.describe("base64 of little-endian 32-bit floats")]),
      }),
    ),
    model: text,
    usage: z.looseObject({ prompt_tokens: count, total_tokens: count }),
  }),
  Tokens: z.looseObject({
    count: z.union([count, z.array(count)]),
    tokens: z.array(z.union([count, ids, z.looseObject({ id: count, piece: text })])),
    max_model_len: count,
  }),
  Detokenized: z.looseObject({
    prompt: z.union([text, z.array(text)]),
    text: z.union([text, z.array(text)]),
  }),
  AppliedTemplate: z.looseObject({ prompt: text }),
  ParsedCalls: z.looseObject({ remaining_text: text, tool_calls: z.array(toolCall), success: z.boolean() }),
  ParsedReasoning: z.looseObject({ normal_text: text, reasoning_text: text, success: z.boolean() }),
  ModelList: z.union([
    z.looseObject({ object: z.literal("list"), data: z.array(model) }),
    z.looseObject({ data: z.array(anthropicModel), has_more: z.boolean() }),
  ]),
  Model: z.union([model, anthropicModel]),
  Version: z.looseObject({ version: text }),
  Load: z.looseObject({ running: count, waiting: count, in_flight: count }),
  ServerInfo: z.looseObject({ version: text, models: z.array(z.looseObject({ id: text })) }),
  Health: z.looseObject({ status: text }),
  CodecVersion: z.looseObject({ version: text, stream_formats: z.array(text), delta_varint: z.boolean() }),
  CodecDocument: z.looseObject({}),
  OpenApi: z.looseObject({ openapi: text, paths: z.looseObject({}) }),
};
