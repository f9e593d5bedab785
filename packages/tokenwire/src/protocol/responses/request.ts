// `POST /v1/responses`: every field of the request, honoured or refused by name.

import type { JsonObject } from "@tokenwire/core/json";
import { z } from "zod";
import { invalidRequest, quote, unsupportedParameter } from "../api-error.ts";
import type { RequestBody } from "../body.ts";
import { checkTemplateArguments, metadataField, refuseFields } from "../chat/request.ts";
import {
  constraintFieldNames,
  formatConstraint,
  parseGuidedConstraint,
  toSchemaFormat,
} from "../constraint.ts";
import type { FunctionTool, ResponseFormat, ToolChoice } from "../conversation.ts";
import type { OutputConstraint } from "../generation.ts";
import {
  defined,
  parseSampling,
  type RequestedSampling,
  refusedSampling,
  samplingFieldNames,
} from "../sampling.ts";
import { integerFrom, losslessObject, numberWithin, optional, parseBody } from "../validation.ts";
import { toEcho } from "./echo.ts";
import type { HostedTool } from "./hosted-tools.ts";
import { parseChoice, parseTools, toolChoice, toolEntry } from "./request-tools.ts";

export interface ResponsesRequest {
  /** Absent: the served model. */
  readonly model?: string;
  /** Not yet parsed: references in it need what is stored. */
  readonly input: unknown;
  readonly instructions?: string;
  readonly previousResponseId?: string;
  readonly conversationId?: string;
  readonly store: boolean;
  readonly background: boolean;
  readonly stream: boolean;
  readonly tools: readonly FunctionTool[];
  /** Tools of the server's that the request asks for. */
  readonly hosted: readonly HostedTool[];
  /** Calls of the server's tools at most. */
  readonly maxToolCalls?: number;
  readonly toolChoice: ToolChoice;
  readonly parallelToolCalls: boolean;
  readonly responseFormat: ResponseFormat;
  readonly constraint?: OutputConstraint;
  readonly sampling: RequestedSampling;
  /** Alternatives per token; absent: no log-probabilities in the answer. */
  readonly topLogprobs?: number;
  /** Variables for the chat template. */
  readonly templateArguments?: JsonObject;
  readonly reasoningEffort?: string;
  readonly reasoningSummary?: string;
  readonly includeEncryptedReasoning: boolean;
  readonly truncation: "auto" | "disabled";
  /** Pad deltas, so that their length says little. */
  readonly includeObfuscation: boolean;
  /** The fields of the response object that repeat the request. */
  readonly echo: Readonly<Record<string, unknown>>;
}

const includeNames = [
  "file_search_call.results",
  "web_search_call.results",
  "web_search_call.action.sources",
  "message.input_image.image_url",
  "computer_call_output.output.image_url",
  "code_interpreter_call.outputs",
  "reasoning.encrypted_content",
  "message.output_text.logprobs",
] as const;

/** What `include` may name. */
export const includable: readonly string[] = includeNames;

const format = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text") }),
  z.object({ type: z.literal("json_object") }),
  z.object({
    type: z.literal("json_schema"),
    name: z.string(),
    description: optional(z.string()),
    schema: optional(losslessObject),
    strict: optional(z.boolean()),
  }),
]);

const fields = z.object({
  model: optional(z.string().min(1)),
  input: z.unknown().optional(),
  instructions: optional(z.string()),
  previous_response_id: optional(z.string().min(1)),
  conversation: optional(z.union([z.string(), z.object({ id: z.string() })])),
  store: optional(z.boolean()),
  background: optional(z.boolean()),
  stream: optional(z.boolean()),
  stream_options: optional(z.object({ include_obfuscation: optional(z.boolean()) })),
  tools: optional(z.array(toolEntry)),
  tool_choice: optional(toolChoice),
  parallel_tool_calls: optional(z.boolean()),
  max_tool_calls: optional(integerFrom(1)),
  max_output_tokens: optional(integerFrom(1)),
  top_logprobs: optional(integerFrom(0, 20)),
  temperature: optional(numberWithin(0, 2)),
  top_p: optional(numberWithin(0, 1)),
  presence_penalty: optional(numberWithin(-2, 2)),
  frequency_penalty: optional(numberWithin(-2, 2)),
  reasoning: optional(
    z.looseObject({
      effort: optional(z.enum(["none", "minimal", "low", "medium", "high", "xhigh", "max"])),
      summary: optional(z.enum(["auto", "concise", "detailed"])),
      generate_summary: optional(z.enum(["auto", "concise", "detailed"])),
    }),
  ),
  text: optional(
    z.object({ format: optional(format), verbosity: optional(z.enum(["low", "medium", "high"])) }),
  ),
  truncation: optional(z.enum(["auto", "disabled"])),
  include: optional(z.array(z.enum(includeNames))),
  metadata: metadataField,
  user: optional(z.string()),
  service_tier: optional(z.enum(["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"])),
  safety_identifier: optional(z.string().max(64)),
  prompt_cache_key: optional(z.string()),
  prompt_cache_retention: optional(z.string()),
  prompt_cache_options: optional(z.looseObject({})),
  chat_template_kwargs: optional(losslessObject),
});

/** What a body may hold, for the description of the API. */
export const responsesBodySchema: z.ZodObject = fields;

/** Known, and not possible here. */
const refused: Readonly<Record<string, string>> = {
  prompt: "Stored prompts are not available.",
  context_management: "Context management is not available; use truncation.",
  moderation: "Moderation is not available on this server.",
  max_tokens: "Use max_output_tokens.",
  max_completion_tokens: "Use max_output_tokens.",
  messages: "Use input.",
  response_format: "Use text.format.",
  n: "A response has one answer.",
  ...refusedSampling,
};

const known = new Set([
  ...Object.keys(fields.shape),
  ...Object.keys(refused),
  ...samplingFieldNames,
  ...constraintFieldNames,
]);

/** Top-level fields that no part of this server knows. */
export function unknownResponsesFields(body: RequestBody): string[] {
  return Object.keys(body).filter((key) => !known.has(key));
}

type Fields = z.output<typeof fields>;

const maxInputLength = 10 * 1024 * 1024;
const reasoningFields = new Set(["effort", "summary", "generate_summary"]);

function checkValues({ input, reasoning }: Fields): void {
  if (input === "") throw invalidRequest("input", "Input text cannot be empty");
  if (typeof input === "string" && input.length > maxInputLength) {
    throw invalidRequest("input", `input: at most ${maxInputLength} characters are allowed.`);
  }
  for (const [name, value] of Object.entries(reasoning ?? {})) {
    if (reasoningFields.has(name) || value === null || value === undefined) continue;
    const path = `reasoning.${name.slice(0, 80)}`;
    throw unsupportedParameter(path, `${path}: is not supported; use effort and summary.`);
  }
}

function checkCombinations(wire: Fields): void {
  if (wire.previous_response_id !== undefined && wire.conversation !== undefined) {
    throw invalidRequest(
      "previous_response_id",
      "Mutually exclusive parameters. Ensure you are only providing one of: 'previous_response_id' or 'conversation'.",
    );
  }
  if (wire.background === true && wire.store === false) {
    throw invalidRequest("background", "background: needs store to be true.");
  }
  if ((wire.top_logprobs ?? 0) > 0 && !wire.include?.includes("message.output_text.logprobs")) {
    throw invalidRequest(
      "top_logprobs",
      "top_logprobs requires include field with 'message.output_text.logprobs'",
    );
  }
  if (wire.stream_options !== undefined && wire.stream !== true) {
    throw invalidRequest(
      "stream_options",
      "The 'stream_options' parameter is only allowed when 'stream' is enabled",
    );
  }
}

function conversationId(wire: Fields): string | undefined {
  const id = typeof wire.conversation === "object" ? wire.conversation.id : wire.conversation;
  if (id !== undefined && !/^conv_[A-Za-z0-9_-]+$/.test(id)) {
    throw invalidRequest(
      "conversation",
      `conversation: expected an id that begins with "conv_", got ${quote(id)}.`,
    );
  }
  return id;
}

/**
 * Validates the body of a create call. Raises `ApiError` 400 with the path of the first fault.
 *
 * @param hostedTypes Types of tools, beside functions, that the server runs.
 */
export function parseResponsesRequest(
  body: RequestBody,
  hostedTypes: readonly string[] = [],
): ResponsesRequest {
  const wire = parseBody(fields, body);
  refuseFields(body, refused);
  checkCombinations(wire);
  checkValues(wire);
  const { functions: tools, hosted, echo } = parseTools(wire.tools ?? [], hostedTypes);
  const wireFormat = wire.text?.format;
  const responseFormat =
    wireFormat?.type === "json_schema"
      ? toSchemaFormat(wireFormat, "text.format")
      : ((wireFormat ?? { type: "text" }) as ResponseFormat);
  const conversation = conversationId(wire);
  const wantsLogprobs = wire.include?.includes("message.output_text.logprobs") ?? false;
  return defined({
    model: wire.model,
    input: wire.input,
    instructions: wire.instructions === "" ? undefined : wire.instructions,
    previousResponseId: wire.previous_response_id,
    conversationId: conversation,
    store: wire.store ?? true,
    background: wire.background ?? false,
    stream: wire.stream ?? false,
    tools,
    hosted,
    maxToolCalls: wire.max_tool_calls,
    toolChoice: parseChoice(wire.tool_choice ?? "auto", tools, hosted),
    parallelToolCalls: wire.parallel_tool_calls ?? true,
    responseFormat,
    constraint: parseGuidedConstraint(body, responseFormat) ?? formatConstraint(responseFormat),
    // `top_p: 0` is legal here; the smallest positive value means the same.
    sampling: parseSampling({
      ...body,
      max_tokens: wire.max_output_tokens,
      top_p: wire.top_p === 0 ? 1e-9 : wire.top_p,
    }),
    topLogprobs: wantsLogprobs ? (wire.top_logprobs ?? 0) : undefined,
    templateArguments: checkTemplateArguments(wire.chat_template_kwargs),
    reasoningEffort: wire.reasoning?.effort,
    reasoningSummary: wire.reasoning?.summary ?? wire.reasoning?.generate_summary,
    includeEncryptedReasoning: wire.include?.includes("reasoning.encrypted_content") ?? false,
    truncation: wire.truncation ?? "disabled",
    includeObfuscation: wire.stream_options?.include_obfuscation ?? false,
    echo: toEcho(wire, echo, responseFormat, conversation),
  });
}
