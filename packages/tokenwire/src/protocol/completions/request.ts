// `POST /v1/completions`: text or tokens in, text out, no chat format.

import type { Tokenizer } from "@tokenwire/core/tokenizer";
import { z } from "zod";
import { invalidRequest } from "../api-error.ts";
import type { RequestBody } from "../body.ts";
import { refuseFields } from "../chat/request.ts";
import { codecFieldNames } from "../codec/stream-format.ts";
import {
  constraintFieldNames,
  constraintSchema,
  formatConstraint,
  parseGuidedConstraint,
  parseResponseFormat,
} from "../constraint.ts";
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
import { integerFrom, optional, parseBody } from "../validation.ts";

export interface CompletionRequest {
  readonly model: string;
  readonly prompts: readonly (string | readonly number[])[];
  readonly sampling: RequestedSampling;
  readonly constraint?: OutputConstraint;
  readonly n: number;
  readonly bestOf: number;
  readonly topLogprobs?: number;
  readonly echo: boolean;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly continuousUsage: boolean;
  /** Milliseconds that text may wait for more of its kind; absent: as the server decides. */
  readonly coalesceMs?: number;
  readonly returnTokenIds: boolean;
  /** How log-probabilities spell tokens. */
  readonly spelling: TokenSpelling;
  /** False: no BOS before text prompts. */
  readonly addSpecialTokens: boolean;
}

const maxPrompts = 2_048;
const ids = z.array(integerFrom(0)).min(1);
const fields = z.object({
  model: z.string().min(1),
  prompt: z.union([
    z.string(),
    z.array(z.string()).min(1, { error: "prompt cannot be an empty array" }),
    ids,
    z.array(ids).min(1),
  ]),
  n: optional(integerFrom(1, 128)),
  best_of: optional(integerFrom(0, 20)),
  logprobs: optional(integerFrom(0, 5)),
  echo: optional(z.boolean()),
  stream: optional(z.boolean()),
  stream_options: optional(
    z.object({
      include_usage: optional(z.boolean()),
      include_obfuscation: optional(z.boolean()),
      continuous_usage_stats: optional(z.boolean()),
      coalesce_ms: optional(integerFrom(0, 10_000)),
    }),
  ),
  return_token_ids: optional(z.boolean()),
  return_tokens_as_token_ids: optional(z.boolean()),
  add_special_tokens: optional(z.boolean()),
  user: optional(z.string()),
  request_id: optional(z.string()),
  rid: optional(z.string()),
  json_schema: optional(z.string()),
});

/** What a body may hold, for the description of the API. */
export const completionBodySchema: z.ZodObject = z.object({
  ...fields.shape,
  ...constraintSchema.shape,
  ...samplingSchema.shape,
});

const refused: Readonly<Record<string, string>> = {
  ...refusedSampling,
  suffix: "This model has no fill-in-the-middle tokens, so a suffix cannot be honoured.",
};

const known = new Set([
  ...Object.keys(fields.shape),
  ...Object.keys(refused),
  ...samplingFieldNames,
  ...constraintFieldNames,
  ...codecFieldNames,
]);

export function unknownCompletionFields(body: RequestBody): string[] {
  return Object.keys(body).filter((key) => !known.has(key));
}

/** The prompts, each as text or as token ids. */
function toPrompts(prompt: z.output<typeof fields>["prompt"]): (string | readonly number[])[] {
  if (typeof prompt === "string") return [prompt];
  return typeof prompt[0] === "number" ? [prompt as number[]] : (prompt as (string | number[])[]);
}

/** The constraint fields; `json_schema` is SMG's name for `guided_json`. */
function guidedFields({ json_schema: schema, ...body }: RequestBody): RequestBody {
  if ((schema ?? null) === null) return body;
  if ((body["guided_json"] ?? null) !== null) {
    throw invalidRequest(
      "json_schema",
      "json_schema: cannot be combined with guided_json, which is the same.",
    );
  }
  return { ...body, guided_json: schema };
}

export function parseCompletionRequest(body: RequestBody): CompletionRequest {
  const wire = parseBody(fields, body);
  refuseFields(body, refused);
  // vLLM spells "no top_k" as 0 on this route, and its clients send it.
  const sampling = parseSampling(body["top_k"] === 0 ? { ...body, top_k: -1 } : body);
  const prompts = toPrompts(wire.prompt);
  if (prompts.length > maxPrompts) {
    throw invalidRequest(
      "prompt",
      `prompt: at most ${maxPrompts} prompts are allowed, got ${prompts.length}.`,
    );
  }
  const n = wire.n ?? 1;
  const bestOf = wire.best_of === undefined || wire.best_of === 0 ? n : wire.best_of;
  const stream = wire.stream ?? false;
  if (bestOf < n) throw invalidRequest("best_of", `best_of: must be at least n (${n}), got ${bestOf}.`);
  if (bestOf > n && stream) {
    throw invalidRequest("best_of", "best_of: results cannot be streamed when best_of is greater than n.");
  }
  if (wire.stream_options !== undefined && !stream) {
    throw invalidRequest(
      "stream_options",
      "The 'stream_options' parameter is only allowed when 'stream' is enabled",
    );
  }
  const format = parseResponseFormat(body);
  return defined({
    model: wire.model,
    prompts,
    sampling,
    constraint: parseGuidedConstraint(guidedFields(body), format) ?? formatConstraint(format),
    n,
    bestOf,
    topLogprobs: wire.logprobs,
    echo: wire.echo ?? false,
    stream,
    includeUsage: wire.stream_options?.include_usage ?? false,
    continuousUsage: wire.stream_options?.continuous_usage_stats ?? false,
    coalesceMs: wire.stream_options?.coalesce_ms,
    returnTokenIds: wire.return_token_ids ?? false,
    spelling: wire.return_tokens_as_token_ids === true ? ("id" as const) : ("text" as const),
    addSpecialTokens: wire.add_special_tokens ?? true,
  });
}

/** The ids of a prompt. Special tokens spelled in text are text; ids pass through once they are in the vocabulary. */
export function promptIds(
  prompt: string | readonly number[],
  tokenizer: Tokenizer,
  bosTokenId: number | undefined,
  field: string,
): Uint32Array {
  if (typeof prompt === "string") {
    const encoded = tokenizer.encodeOrdinary(prompt);
    if (bosTokenId === undefined) return encoded;
    const withBos = new Uint32Array(encoded.length + 1);
    withBos[0] = bosTokenId;
    withBos.set(encoded, 1);
    return withBos;
  }
  const wrong = prompt.findIndex((id) => id >= tokenizer.vocabSize);
  if (wrong >= 0) {
    throw invalidRequest(
      `${field}[${wrong}]`,
      `${field}[${wrong}]: token id ${prompt[wrong]} is not in the vocabulary of ${tokenizer.vocabSize} tokens.`,
    );
  }
  return Uint32Array.from(prompt);
}
