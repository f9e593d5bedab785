// Whether another answer fits behind the results of tools.

import { ApiError, type GenerationPlan, type Prompt } from "../../protocol/index.ts";
import { type AnswerRequest, planAnswer } from "../answer.ts";
import type { ServedModel } from "../models.ts";

/** The error of a prompt that leaves no room for an answer. */
export function isTooLong(error: unknown): boolean {
  return error instanceof ApiError && error.wireCode === "context_length_exceeded";
}

/** Plans it. Undefined when the context is full, or the request has its limit of tokens already. */
export function planNextRound(
  model: ServedModel,
  request: AnswerRequest,
  prompt: Prompt,
  sampledTokens: number,
): GenerationPlan | undefined {
  const { sampling } = request;
  const left = sampling.maxTokens === undefined ? undefined : sampling.maxTokens - sampledTokens;
  if (left !== undefined && left < 1) return undefined;
  try {
    return planAnswer(
      model,
      { ...request, sampling: { ...sampling, ...(left !== undefined && { maxTokens: left }) } },
      prompt,
    );
  } catch (error) {
    if (isTooLong(error)) return undefined;
    throw error;
  }
}
