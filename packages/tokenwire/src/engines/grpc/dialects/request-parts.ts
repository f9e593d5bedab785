// Parts of requests that several engines of the family take alike.

import { tokenEngine } from "../../capabilities.ts";
import { type Capabilities, EngineError, type GenerateRequest } from "../../engine.ts";
import { promptIds, samplingFields } from "../../remote/sampling-fields.ts";
import { sglangConstraint } from "../../remote/sglang-constraint.ts";
import type { MessageValue } from "../wire.ts";

export const grpcEngine: Capabilities = { ...tokenEngine, cancel: "request-id", kvEvents: true };

/** Ids of the prompt. The text is for logs of the server; there is none here. */
export function tokenizedPrompt(request: GenerateRequest): MessageValue {
  return { input_ids: promptIds(request) };
}

/**
 * Every sampling value, spelled out: an absent one is zero on this wire, which is a temperature of zero to one engine
 * and a default to the next.
 */
export function samplingValues(request: GenerateRequest, topKOff: 0 | -1): Record<string, unknown> {
  const { seed: _seed, logit_bias: _bias, ...fields } = samplingFields(request, topKOff);
  // Zero would be read as "not set" and mean one.
  const topP = Math.max(request.sampling.topP ?? 1, Number.EPSILON);
  return { ...fields, top_p: topP, ignore_eos: request.sampling.ignoreEos === true };
}

/** Biases with ids as numbers, or as the decimal strings that some engines want. */
export function biases(request: GenerateRequest, keys: "numbers" | "strings"): MessageValue {
  const { logitBias } = request.sampling;
  if (logitBias === undefined) return {};
  const pairs = [...logitBias].map(([id, bias]) => [keys === "strings" ? String(id) : id, bias] as const);
  return { logit_bias: new Map<unknown, number>(pairs) };
}

/** Keeps a seed in 32 bits: it stays set, and different seeds stay different for longer than if it were clamped. */
export function seed32({ sampling }: GenerateRequest): number | undefined {
  return sampling.seed === undefined ? undefined : Number(BigInt.asIntN(32, BigInt(sampling.seed)));
}

/** Refuses what an engine cannot do before anything is sent. */
export function refuse(engine: string, wishes: Readonly<Record<string, unknown>>): void {
  const wish = Object.keys(wishes).find((name) => wishes[name] !== undefined && wishes[name] !== 0);
  if (wish === undefined) return;
  throw new EngineError("unsupported", `grpc-${engine} has no ${wish}.`, {
    ...(wish === "adapters" && { about: "lora" }),
  });
}

/** What SGLang and its descendants take alike. Zeros are taken literally: every field is set. */
export function sglangRequest(engine: string, request: GenerateRequest): MessageValue {
  const { sampling, stop, logprobs } = request;
  return {
    request_id: request.requestId,
    tokenized: tokenizedPrompt(request),
    sampling_params: {
      ...samplingValues(request, -1),
      max_new_tokens: sampling.maxTokens,
      min_new_tokens: sampling.minTokens ?? 0,
      stop_token_ids: stop?.tokenIds ?? [],
      skip_special_tokens: false,
      n: 1,
      no_stop_trim: true,
      ...biases(request, "strings"),
      ...sglangConstraint(engine, request.constraint),
    },
    return_logprob: logprobs !== undefined,
    logprob_start_len: -1,
    top_logprobs_num: logprobs?.top ?? 0,
    stream: true,
  };
}
