// vLLM's token endpoint, `POST /inference/v1/generate`: ids in, ids out.

import { z } from "zod";
import { unsupportedParameter } from "../api-error.ts";
import type { RequestBody } from "../body.ts";
import { checkConstraintSize } from "../constraint-limits.ts";
import type { OutputConstraint, SampledLogprob } from "../generation.ts";
import { defined, parseSampling, type RequestedSampling } from "../sampling.ts";
import { parseStructuredOutputs } from "../structured-outputs.ts";
import { integerFrom, losslessObject, optional, parseBody } from "../validation.ts";
import { parseNested } from "./nested.ts";

export interface TokenRequest {
  readonly requestId?: string;
  /** Absent: the server's first model. */
  readonly model?: string;
  readonly tokenIds: readonly number[];
  readonly sampling: RequestedSampling;
  readonly constraint?: OutputConstraint;
  readonly n: number;
  readonly topLogprobs?: number;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

const fields = z.object({
  request_id: optional(z.string().min(1).max(256)),
  model: optional(z.string()),
  token_ids: z.array(integerFrom(0)).min(1, { error: "token_ids cannot be empty" }),
  sampling_params: optional(z.looseObject({})),
  stream: optional(z.boolean()),
  stream_options: optional(z.object({ include_usage: optional(z.boolean()) })),
  output_mode: optional(z.literal("tokens")),
  features: optional(z.looseObject({})),
});

const samplingFields = z.object({
  n: optional(integerFrom(1)),
  logprobs: optional(integerFrom(0)),
  structured_outputs: optional(losslessObject),
});

/** Sampling fields that would change the answer and have no counterpart here. */
const refused = ["allowed_token_ids", "bad_words", "prompt_logprobs"];

/** Validates the body of a token request. Raises 400 with the path of the first fault. */
export function parseTokenRequest(body: RequestBody): TokenRequest {
  const wire = parseBody(fields, body);
  if (wire.features !== undefined) {
    throw unsupportedParameter("features", "features: only prompts of text are supported.");
  }
  const parameters: RequestBody = wire.sampling_params ?? {};
  const {
    n,
    logprobs,
    structured_outputs: structured,
  } = parseNested("sampling_params", () => {
    const unable = refused.find((field) => (parameters[field] ?? null) !== null);
    if (unable !== undefined) throw unsupportedParameter(unable, `${unable}: not supported here.`);
    return parseBody(samplingFields, parameters);
  });
  const common = { priority: body["priority"], cache_salt: body["cache_salt"] };
  const spelled = { ...common, ...parameters, ...(parameters["top_k"] === 0 && { top_k: -1 }) };
  return defined({
    requestId: wire.request_id,
    model: wire.model,
    tokenIds: wire.token_ids,
    sampling: parseNested("sampling_params", () => parseSampling(spelled)),
    constraint: parseNested("sampling_params", () => {
      const constraint = parseStructuredOutputs(structured);
      if (constraint) checkConstraintSize(constraint, "structured_outputs");
      return constraint;
    }),
    n: n ?? 1,
    topLogprobs: logprobs,
    stream: wire.stream ?? false,
    includeUsage: wire.stream_options?.include_usage ?? false,
  });
}

/** One choice of an answer, or of a chunk of one. */
export interface TokenChoice {
  readonly index: number;
  readonly token_ids: readonly number[];
  readonly logprobs: object | null;
  readonly finish_reason: string | null;
  readonly stop_reason: string | number | null;
}

/** JSON has no infinity. */
const finite = (logprob: number): number => Math.max(-9999, logprob);

/** Log-probabilities by token id. */
export function toTokenLogprobs(entries: readonly SampledLogprob[]): object {
  return {
    content: entries.map(({ id, logprob, top }) => ({
      token_id: id,
      logprob: finite(logprob),
      top_logprobs: (top ?? []).map((other) => ({ token_id: other.id, logprob: finite(other.logprob) })),
    })),
  };
}
