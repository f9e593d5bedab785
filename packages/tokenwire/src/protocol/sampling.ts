// The sampling fields that chat, completions and responses share, OpenAI's and the extensions of vLLM and SGLang.
// Each is honoured or refused by name.

import { z } from "zod";
import { invalidRequest } from "./api-error.ts";
import type { RequestBody } from "./body.ts";
import { integerFrom, numberWithin, optional, parseBody } from "./validation.ts";

/** What a request asks of sampling; absent fields take the model's default. */
export interface RequestedSampling {
  readonly maxTokens?: number;
  readonly minTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly minP?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly repetitionPenalty?: number;
  readonly seed?: number;
  readonly ignoreEos: boolean;
  readonly logitBias?: ReadonlyMap<number, number>;
  readonly stop: readonly string[];
  readonly stopTokenIds: readonly number[];
  /** The stop string or token stays in the text. */
  readonly includeStop: boolean;
  readonly skipSpecialTokens: boolean;
  readonly priority?: number;
  readonly cacheSalt?: string;
  readonly lora?: string;
  /** Whom or what the request belongs to, in the client's own words; may decide which engine it goes to. */
  readonly userId?: string;
}

const maxStops = 4;
const maxStopLength = 1024;
/** Characters of it that count. */
const maxUserId = 512;

const stop = optional(
  z.union([z.string(), z.array(z.string())]).superRefine((value, context) => {
    const stops = typeof value === "string" ? [value] : value;
    const fault = stops.some((text) => text === "")
      ? "stop sequences cannot be empty"
      : stops.length > maxStops
        ? "maximum 4 stop sequences allowed"
        : stops.some((text) => text.length > maxStopLength)
          ? `stop sequences may have at most ${maxStopLength} characters`
          : undefined;
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  }),
);

const fields = z.object({
  max_tokens: optional(integerFrom(0)),
  max_completion_tokens: optional(integerFrom(1)),
  min_tokens: optional(integerFrom(0)),
  temperature: optional(numberWithin(0, 2)),
  top_p: optional(
    z.number().refine((value) => value > 0 && value <= 1, {
      error: "top_p must be in (0, 1] - greater than 0.0 and at most 1.0",
    }),
  ),
  top_k: optional(
    z.number().refine((value) => value === -1 || (Number.isInteger(value) && value >= 1), {
      error: "top_k must be -1 (disabled) or at least 1",
    }),
  ),
  min_p: optional(numberWithin(0, 1)),
  frequency_penalty: optional(numberWithin(-2, 2)),
  presence_penalty: optional(numberWithin(-2, 2)),
  repetition_penalty: optional(
    z.number().refine((value) => value > 0 && value <= 2, { error: "must be greater than 0 and at most 2" }),
  ),
  seed: optional(z.union([z.number().refine(Number.isInteger, { error: "must be an integer" }), z.bigint()])),
  sampling_seed: optional(z.number().refine(Number.isInteger, { error: "must be an integer" })),
  ignore_eos: optional(z.boolean()),
  stop,
  stop_token_ids: optional(z.array(integerFrom(0)).max(64)),
  include_stop_str_in_output: optional(z.boolean()),
  no_stop_trim: optional(z.boolean()),
  skip_special_tokens: optional(z.boolean()),
  logit_bias: optional(z.record(z.string(), numberWithin(-100, 100))),
  priority: optional(integerFrom(Number.MIN_SAFE_INTEGER)),
  cache_salt: optional(z.string().min(1).max(512)),
  lora_path: optional(z.string().min(1).max(512)),
  prompt_cache_key: optional(z.string()),
  user: optional(z.string()),
  safety_identifier: optional(z.string()),
});

/** The fields this file reads, for the description of the API. */
export const samplingSchema: z.ZodObject = fields;

/** The names this file reads, for the list of known fields. */
export const samplingFieldNames: readonly string[] = Object.keys(fields.shape);

function toLogitBias(bias: Readonly<Record<string, number>> | undefined): Map<number, number> | undefined {
  if (bias === undefined) return undefined;
  const entries = Object.entries(bias);
  if (entries.length > 1_024)
    throw invalidRequest("logit_bias", "logit_bias: at most 1024 tokens are allowed.");
  return new Map(
    entries.map(([key, value]) => {
      if (!/^\d{1,10}$/.test(key)) {
        throw invalidRequest(
          "logit_bias",
          `logit_bias: keys must be token ids, got ${JSON.stringify(key.slice(0, 40))}.`,
        );
      }
      return [Number(key), value];
    }),
  );
}

/** Drops members that are undefined, as `exactOptionalPropertyTypes` wants it. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const result: Partial<T> = {};
  for (const key of Object.keys(value) as (keyof T)[]) {
    if (value[key] !== undefined) result[key] = value[key];
  }
  return result as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** Reads and checks the sampling fields of a body. */
export function parseSampling(body: RequestBody): RequestedSampling {
  const wire = parseBody(fields, body);
  const maxTokens = wire.max_completion_tokens ?? wire.max_tokens;
  if (wire.min_tokens !== undefined && maxTokens !== undefined && wire.min_tokens > maxTokens) {
    throw invalidRequest("min_tokens", "min_tokens cannot exceed max_tokens/max_completion_tokens");
  }
  const seed = wire.seed ?? wire.sampling_seed;
  return defined({
    maxTokens,
    minTokens: wire.min_tokens,
    temperature: wire.temperature,
    topP: wire.top_p,
    topK: wire.top_k === -1 ? undefined : wire.top_k,
    minP: wire.min_p,
    frequencyPenalty: wire.frequency_penalty,
    presencePenalty: wire.presence_penalty,
    repetitionPenalty: wire.repetition_penalty,
    seed: seed === undefined ? undefined : Number(seed),
    ignoreEos: wire.ignore_eos ?? false,
    logitBias: toLogitBias(wire.logit_bias),
    stop: wire.stop === undefined ? [] : typeof wire.stop === "string" ? [wire.stop] : wire.stop,
    stopTokenIds: wire.stop_token_ids ?? [],
    includeStop: wire.include_stop_str_in_output ?? wire.no_stop_trim ?? false,
    skipSpecialTokens: wire.skip_special_tokens ?? true,
    priority: wire.priority,
    cacheSalt: wire.cache_salt,
    lora: wire.lora_path,
    userId: (wire.prompt_cache_key ?? wire.user ?? wire.safety_identifier)?.slice(0, maxUserId),
  }) as RequestedSampling;
}

/** What other servers offer on every route and this one does not: it would change the answer, so nobody may miss it. */
export const refusedSampling: Readonly<Record<string, string>> = {
  allowed_token_ids: "A list of allowed tokens is not supported; use logit_bias or a structured output.",
  bad_words: "Forbidden words are not supported; use logit_bias.",
  custom_logit_processor: "Code in requests is not run.",
  logits_processors: "Code in requests is not run.",
  prompt_logprobs: "Log-probabilities of prompts are given by /v1/completions with echo and logprobs.",
  return_hidden_states: "Hidden states are not available.",
  session_params: "Engine sessions are not available.",
  truncate_prompt_tokens: "Prompts are not cut; send a shorter one.",
  use_beam_search: "Beam search is not supported.",
};
