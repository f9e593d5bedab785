// Sampling parameters under the names that engines share. Every one is always sent: engines' own defaults differ.

import type { GenerateRequest } from "../engine.ts";

/** Neutral values where the request has none. `topKOff`: how the engine spells "top-k disabled". */
export function samplingFields({ sampling }: GenerateRequest, topKOff: 0 | -1): Record<string, unknown> {
  const { logitBias, seed } = sampling;
  return {
    temperature: sampling.temperature ?? 1,
    top_p: sampling.topP ?? 1,
    top_k: sampling.topK || topKOff,
    min_p: sampling.minP ?? 0,
    frequency_penalty: sampling.frequencyPenalty ?? 0,
    presence_penalty: sampling.presencePenalty ?? 0,
    repetition_penalty: sampling.repetitionPenalty ?? 1,
    ...(seed !== undefined && { seed }),
    ...(logitBias !== undefined && { logit_bias: Object.fromEntries(logitBias) }),
  };
}

/** Token IDs of the prompt as a plain list. */
export function promptIds(request: GenerateRequest): number[] {
  return "tokenIds" in request.prompt ? Array.from(request.prompt.tokenIds) : [];
}
