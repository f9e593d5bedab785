// The fields of a response object that repeat the request, with the defaults that apply.

import type { ResponseFormat } from "../conversation.ts";
import { toWireJson } from "../wire-json.ts";

/** The fields that are repeated as they came. */
export interface EchoedFields {
  readonly instructions?: string | undefined;
  readonly previous_response_id?: string | undefined;
  readonly tool_choice?: unknown;
  readonly truncation?: string | undefined;
  readonly parallel_tool_calls?: boolean | undefined;
  readonly text?: { readonly verbosity?: string | undefined } | undefined;
  readonly top_p?: number | undefined;
  readonly temperature?: number | undefined;
  readonly presence_penalty?: number | undefined;
  readonly frequency_penalty?: number | undefined;
  readonly top_logprobs?: number | undefined;
  readonly max_output_tokens?: number | undefined;
  readonly max_tool_calls?: number | undefined;
  readonly reasoning?: Readonly<Record<string, unknown>> | undefined;
  readonly store?: boolean | undefined;
  readonly background?: boolean | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly safety_identifier?: string | undefined;
  readonly prompt_cache_key?: string | undefined;
  readonly user?: string | undefined;
}

function echoFormat(responseFormat: ResponseFormat): object {
  if (responseFormat.type !== "json_schema") return { type: responseFormat.type };
  const { name, description, schema, strict } = responseFormat;
  return {
    type: "json_schema",
    name,
    // A string for OpenAI, and always there for Open Responses.
    description: description ?? "",
    schema: schema === undefined ? {} : toWireJson(schema),
    strict: strict ?? false,
  };
}

function echoSampling(wire: EchoedFields): Record<string, unknown> {
  return {
    top_p: wire.top_p ?? 1,
    temperature: wire.temperature ?? 1,
    presence_penalty: wire.presence_penalty ?? 0,
    frequency_penalty: wire.frequency_penalty ?? 0,
    top_logprobs: wire.top_logprobs ?? 0,
    max_output_tokens: wire.max_output_tokens ?? null,
    max_tool_calls: wire.max_tool_calls ?? null,
  };
}

/** What the response says of its request. */
export function toEcho(
  wire: EchoedFields,
  tools: readonly object[],
  responseFormat: ResponseFormat,
  conversation: string | undefined,
): Record<string, unknown> {
  return {
    instructions: wire.instructions ?? null,
    previous_response_id: wire.previous_response_id ?? null,
    ...(conversation !== undefined && { conversation: { id: conversation } }),
    tools,
    tool_choice: wire.tool_choice ?? "auto",
    truncation: wire.truncation ?? "disabled",
    parallel_tool_calls: wire.parallel_tool_calls ?? true,
    text: { format: echoFormat(responseFormat), verbosity: wire.text?.verbosity ?? "medium" },
    ...echoSampling(wire),
    reasoning: {
      effort: wire.reasoning?.["effort"] ?? null,
      summary: wire.reasoning?.["summary"] ?? wire.reasoning?.["generate_summary"] ?? null,
    },
    store: wire.store ?? true,
    background: wire.background ?? false,
    service_tier: "default",
    metadata: wire.metadata ?? {},
    safety_identifier: wire.safety_identifier ?? null,
    prompt_cache_key: wire.prompt_cache_key ?? null,
    ...(wire.user !== undefined && { user: wire.user }),
  };
}
