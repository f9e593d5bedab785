// What engines that sample here refuse before they start.

import { type Constraint, EngineError, type GenerateRequest } from "../engine.ts";

/** Most alternatives reported per token. */
export const maxTopLogprobs = 20;

/**
 * The prompt's ids.
 *
 * @param kinds kinds of constraints that can be compiled.
 * @param engine whom messages speak of.
 * @throws EngineError `unsupported` for what the engine cannot do, `invalid_request` for values out of range.
 */
export function checkRequest(
  request: GenerateRequest,
  kinds: readonly Constraint["kind"][],
  engine = "The embedded engine",
): Uint32Array {
  const unsupported = (what: string, about?: "constraint" | "lora") =>
    new EngineError("unsupported", `${engine} ${what}.`, about && { about });
  if (!("tokenIds" in request.prompt)) throw unsupported("takes token ids, not text");
  if (request.multimodal !== undefined) throw unsupported("takes text tokens only");
  if (request.lora !== undefined) throw unsupported("has no adapters", "lora");
  if (request.logprobs?.prompt) throw unsupported("gives no log-probabilities of the prompt");
  const { constraint } = request;
  if (constraint !== undefined && !kinds.includes(constraint.kind)) {
    throw unsupported(
      `was created without support for constraints of kind "${constraint.kind}"`,
      "constraint",
    );
  }
  checkNumbers(request);
  return request.prompt.tokenIds;
}

function checkNumbers({ sampling, n = 1, logprobs }: GenerateRequest): void {
  integerWithin("maxTokens", sampling.maxTokens, 1, Number.MAX_SAFE_INTEGER);
  integerWithin("n", n, 1, Number.MAX_SAFE_INTEGER);
  integerWithin("logprobs.top", logprobs?.top ?? 0, 0, maxTopLogprobs);
  const { temperature = 1 } = sampling;
  if (!(temperature >= 0)) {
    throw new EngineError("invalid_request", `temperature is ${temperature}; 0 or more is accepted.`);
  }
}

function integerWithin(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  const range = high === Number.MAX_SAFE_INTEGER ? `from ${low} on` : `from ${low} to ${high}`;
  throw new EngineError("invalid_request", `${name} is ${value}; an integer ${range} is accepted.`);
}
