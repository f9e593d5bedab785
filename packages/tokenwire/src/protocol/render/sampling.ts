// Sampling in the names of vLLM's `SamplingParams`: out of a plan, with every default filled in, and back.

import type { GenerationPlan } from "../generation.ts";
import type { ModelProfile } from "../profile.ts";
import { toStructuredOutputs } from "../structured-outputs.ts";

/** `sampling_params` for a plan and its number of answers. */
export function toSamplingParameters(plan: GenerationPlan, n: number): object {
  const { sampling, stop, logprobs, constraint } = plan;
  return {
    n,
    max_tokens: sampling.maxTokens,
    min_tokens: sampling.minTokens ?? 0,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: sampling.topK ?? 0,
    min_p: sampling.minP ?? 0,
    frequency_penalty: sampling.frequencyPenalty,
    presence_penalty: sampling.presencePenalty,
    repetition_penalty: sampling.repetitionPenalty,
    seed: sampling.seed ?? null,
    ignore_eos: sampling.ignoreEos ?? false,
    logit_bias: sampling.logitBias ? Object.fromEntries(sampling.logitBias) : null,
    stop: stop.strings,
    stop_token_ids: stop.tokenIds,
    logprobs: logprobs?.top ?? null,
    structured_outputs: constraint === undefined ? null : toStructuredOutputs(constraint),
  };
}

/** Whether answers of this model are more than text: their tokens also spell reasoning, calls or markers. */
export function needsParser({ toolParser, reasoningParser, format }: ModelProfile): boolean {
  return format.kind === "harmony" || toolParser !== undefined || reasoningParser !== undefined;
}
