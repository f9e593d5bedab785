// Answers of vLLM's token endpoint, as a client brings them back to be turned into text. All bounds are checked
// before a token is decoded.

import { z } from "zod";
import { invalidRequest } from "../api-error.ts";
import type { EngineFinishReason, SampledLogprob } from "../generation.ts";
import { integerFrom, optional, parseBody } from "../validation.ts";

/** What may be brought. */
export interface TokenBounds {
  readonly choices: number;
  /** Of one choice; the model's context. */
  readonly tokens: number;
  readonly vocabSize: number;
}

/** The tokens of one choice, and how it ended. */
export interface GeneratedChoice {
  readonly index: number;
  readonly ids: readonly number[];
  readonly logprobs?: readonly SampledLogprob[];
  /** Absent: not at its end yet. */
  readonly reason?: EngineFinishReason;
  readonly matched?: string | number;
}

export interface GeneratedTokens {
  readonly requestId: string | undefined;
  readonly choices: readonly GeneratedChoice[];
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
  readonly cachedTokens: number;
  readonly promptLogprobs: unknown;
  readonly transfer: unknown;
}

const maxTop = 20;
const reasons = ["stop", "length", "abort", "error", "repetition"] as const;
const probability = { token: optional(z.string()), token_id: optional(integerFrom(0)), logprob: z.number() };
const entry = z.object({
  ...probability,
  top_logprobs: optional(z.array(z.object(probability)).max(maxTop)),
});
const choice = z.object({
  index: integerFrom(0),
  token_ids: z.array(integerFrom(0)),
  logprobs: optional(z.object({ content: optional(z.array(entry)) })),
  finish_reason: optional(z.enum([...reasons, "tool_calls"])),
  stop_reason: optional(z.union([z.string(), z.number()])),
});
const fields = z.object({
  request_id: optional(z.string().max(256)),
  choices: z.array(choice),
  prompt_logprobs: z.unknown().optional(),
  prompt_token_ids: optional(z.array(integerFrom(0))),
  kv_transfer_params: z.unknown().optional(),
  output_mode: optional(z.literal("tokens")),
  usage: optional(
    z.object({
      prompt_tokens: optional(integerFrom(0)),
      completion_tokens: optional(integerFrom(0)),
      prompt_tokens_details: optional(z.object({ cached_tokens: optional(integerFrom(0)) })),
    }),
  ),
});

type WireChoice = z.output<typeof choice>;
type WireEntry = z.output<typeof entry>;

/** Reads a response, or with `isChunk` one event of a streamed response, that sits at `path` in the request. */
export function parseTokenResponse(
  value: unknown,
  path: string,
  bounds: TokenBounds,
  isChunk = false,
): GeneratedTokens {
  const wire = parseBody(fields, value, [path]);
  const fewest = isChunk ? 0 : 1;
  const most = isChunk ? 1 : bounds.choices;
  if (wire.choices.length < fewest || wire.choices.length > most) {
    const found = wire.choices.length;
    throw invalidRequest(
      `${path}.choices`,
      `${path}.choices: expected ${fewest} to ${most} choices, got ${found}.`,
    );
  }
  checkLength(wire.prompt_logprobs, `${path}.prompt_logprobs`, bounds.tokens);
  wire.choices.forEach((each, index) => {
    checkChoice(each, `${path}.choices[${index}]`, bounds, isChunk);
  });
  return {
    requestId: wire.request_id,
    choices: wire.choices.map((each, index) => toChoice(each, `${path}.choices[${index}]`, bounds)),
    promptTokens: wire.usage?.prompt_tokens ?? wire.prompt_token_ids?.length,
    completionTokens: wire.usage?.completion_tokens,
    cachedTokens: wire.usage?.prompt_tokens_details?.cached_tokens ?? 0,
    promptLogprobs: wire.prompt_logprobs ?? undefined,
    transfer: wire.kv_transfer_params ?? undefined,
  };
}

function checkLength(value: unknown, path: string, limit: number): void {
  if (!Array.isArray(value) || value.length <= limit) return;
  throw invalidRequest(path, `${path}: at most ${limit} entries are allowed, got ${value.length}.`);
}

function checkChoice(wire: WireChoice, path: string, bounds: TokenBounds, isChunk: boolean): void {
  const ids = wire.token_ids;
  const idPath = `${path}.token_ids`;
  if (ids.length === 0 && !isChunk) throw invalidRequest(idPath, `${idPath}: cannot be empty.`);
  if (wire.index >= bounds.choices) {
    throw invalidRequest(
      `${path}.index`,
      `${path}.index: must be below ${bounds.choices}, got ${wire.index}.`,
    );
  }
  checkLength(ids, idPath, bounds.tokens);
  checkVocabulary(ids, idPath, bounds.vocabSize);
  const content = wire.logprobs?.content;
  if (content !== undefined && content.length !== ids.length) {
    throw invalidRequest(
      `${path}.logprobs.content`,
      `${path}.logprobs.content: expected one entry per token (${ids.length}), got ${content.length}.`,
    );
  }
}

/** Raises 400 for the first id outside the vocabulary. */
export function checkVocabulary(ids: readonly number[], path: string, vocabSize: number): void {
  const wrong = ids.findIndex((id) => id >= vocabSize);
  if (wrong < 0) return;
  const at = `${path}[${wrong}]`;
  throw invalidRequest(at, `${at}: token id ${ids[wrong]} is not in the vocabulary of ${vocabSize} tokens.`);
}

function toChoice(wire: WireChoice, path: string, { vocabSize }: TokenBounds): GeneratedChoice {
  const content = wire.logprobs?.content;
  const reason = wire.finish_reason === "tool_calls" ? "stop" : wire.finish_reason;
  return {
    index: wire.index,
    ids: wire.token_ids,
    ...(content && {
      logprobs: content.map((each, position) => {
        const at = `${path}.logprobs.content[${position}]`;
        return toSampled(each, wire.token_ids[position]!, at, vocabSize);
      }),
    }),
    ...(reason !== undefined && { reason }),
    ...(wire.stop_reason !== undefined && { matched: wire.stop_reason }),
  };
}

/** Newer servers give ids, older ones spell them `token_id:123`. */
function toSampled(wire: WireEntry, id: number, path: string, vocabSize: number): SampledLogprob {
  const top = wire.top_logprobs?.map((other, index) => {
    const at = `${path}.top_logprobs[${index}]`;
    const spelled = /^token_id:(\d{1,10})$/.exec(other.token ?? "")?.[1];
    const alternative = other.token_id ?? (spelled === undefined ? undefined : Number(spelled));
    if (alternative === undefined) {
      throw invalidRequest(at, `${at}: expected a token_id, or a token of the form "token_id:123".`);
    }
    checkVocabulary([alternative], `${at}.token_id`, vocabSize);
    return { id: alternative, logprob: other.logprob };
  });
  return { id, logprob: wire.logprob, ...(top && { top }) };
}
