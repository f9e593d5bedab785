// The response object and its output items, as they go over the wire and into the store.

import type { WireLogprob } from "../logprobs.ts";
import type { TokenUsage } from "../usage.ts";

export type ResponseStatus = "queued" | "in_progress" | "completed" | "incomplete" | "failed" | "cancelled";
export type ItemStatus = "in_progress" | "completed" | "incomplete";

/** A remark about a range of the text, such as `url_citation`. */
export type Annotation = Readonly<Record<string, unknown>>;

export interface OutputTextPart {
  readonly type: "output_text";
  text: string;
  readonly annotations: readonly Annotation[];
  readonly logprobs: readonly WireLogprob[];
}

export interface MessageOutput {
  readonly id: string;
  readonly type: "message";
  status: ItemStatus;
  readonly role: "assistant";
  readonly content: readonly OutputTextPart[];
}

export interface ReasoningOutput {
  readonly id: string;
  readonly type: "reasoning";
  status: ItemStatus;
  readonly summary: readonly { readonly type: "summary_text"; readonly text: string }[];
  readonly content: readonly { readonly type: "reasoning_text"; readonly text: string }[];
  readonly encrypted_content?: string;
}

export interface FunctionCallOutput {
  readonly id: string;
  readonly type: "function_call";
  status: ItemStatus;
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
}

/** A call of a custom tool. */
export interface CustomCallOutput {
  readonly id: string;
  readonly type: "custom_tool_call";
  status: ItemStatus;
  readonly call_id: string;
  readonly name: string;
  readonly input: string;
}

/** What became of a tool that runs on the server. */
export interface ToolOutput {
  readonly id: string;
  readonly type:
    | "web_search_call"
    | "code_interpreter_call"
    | "mcp_call"
    | "mcp_list_tools"
    | "mcp_approval_request";
  readonly [field: string]: unknown;
}

/** A call that the client answers. */
export type ClientCallOutput = FunctionCallOutput | CustomCallOutput;

export type OutputItem = MessageOutput | ReasoningOutput | ClientCallOutput | ToolOutput;

export interface ResponseUsage {
  readonly input_tokens: number;
  readonly input_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens: number };
  readonly output_tokens: number;
  readonly output_tokens_details: { readonly reasoning_tokens: number };
  readonly total_tokens: number;
}

/** The fields that change while a response is made, and those that repeat the request. */
export interface ResponseObject {
  readonly id: string;
  readonly object: "response";
  readonly created_at: number;
  readonly completed_at: number | null;
  readonly status: ResponseStatus;
  readonly incomplete_details: { readonly reason: string } | null;
  readonly model: string;
  readonly output: readonly OutputItem[];
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly usage: ResponseUsage | null;
  readonly [echoed: string]: unknown;
}

export function toResponseUsage(usage: TokenUsage): ResponseUsage {
  return {
    input_tokens: usage.promptTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens, cache_write_tokens: 0 },
    output_tokens: usage.completionTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.promptTokens + usage.completionTokens,
  };
}
