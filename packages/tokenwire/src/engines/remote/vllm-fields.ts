// What vLLM's two endpoints take alike.

import { tokenEngine } from "../capabilities.ts";
import type { Capabilities, GenerateRequest } from "../engine.ts";
import { grammarText, tagText } from "./grammars.ts";
import { samplingFields } from "./sampling-fields.ts";

export const vllmCapabilities: Capabilities = {
  ...tokenEngine,
  constraints: ["json_object", "json_schema", "regex", "grammar", "choice", "structural_tag"],
};

/** Sampling, stops and the constraint. Strings to stop at are never sent: they would turn detokenisation on. */
export function vllmFields(request: GenerateRequest): Record<string, unknown> {
  const { sampling, stop, logprobs } = request;
  return {
    ...samplingFields(request, 0),
    max_tokens: sampling.maxTokens,
    ...(sampling.minTokens !== undefined && { min_tokens: sampling.minTokens }),
    ...(sampling.ignoreEos && { ignore_eos: true }),
    ...(sampling.allowedTokenIds && { allowed_token_ids: sampling.allowedTokenIds }),
    stop_token_ids: stop?.tokenIds ?? [],
    skip_special_tokens: false,
    ...(logprobs && { logprobs: logprobs.top }),
    ...(request.constraint && { structured_outputs: structuredOutputs(request.constraint) }),
  };
}

function structuredOutputs(constraint: NonNullable<GenerateRequest["constraint"]>): object {
  switch (constraint.kind) {
    case "json_object":
      return { json_object: true };
    case "json_schema":
      return { json: constraint.schema };
    case "choice":
      return { choice: constraint.choices };
    case "structural_tag":
      return { structural_tag: tagText("vllm", constraint.tag) };
    case "regex":
    case "grammar":
      return { grammar: grammarText("vllm", constraint) };
  }
}
