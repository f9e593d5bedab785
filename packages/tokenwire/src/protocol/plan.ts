// From a request and its prompt to what the engine is asked: defaults filled in, limits checked, and everything the
// engine cannot do refused by name.

import { ApiError, invalidRequest, unsupportedParameter } from "./api-error.ts";
import type { GenerationPlan, OutputConstraint, SamplingParameters } from "./generation.ts";
import type { ModelProfile } from "./profile.ts";
import type { RequestedSampling } from "./sampling.ts";

/** What an engine can do, as far as requests depend on it. Part of the engine contract's `EngineInfo`. */
export interface EngineLimits {
  readonly maxContext: number;
  readonly capabilities: {
    readonly logprobs: { readonly maxTop: number; readonly prompt: boolean };
    readonly constraints: readonly OutputConstraint["kind"][];
    readonly seed: boolean;
    readonly logitBias: boolean;
    readonly stopTokenIds: boolean;
  };
}

export interface PlanOptions {
  readonly profile: ModelProfile;
  readonly limits: EngineLimits;
  readonly promptIds: Uint32Array;
  readonly sampling: RequestedSampling;
  readonly constraint?: OutputConstraint | undefined;
  readonly topLogprobs?: number | undefined;
  readonly promptLogprobs?: boolean;
  /** The field to blame for a prompt that is too long: `messages`, `input` or `prompt`. */
  readonly promptField: string;
  /** Output limit when the request has none; default: to the end of the context. */
  readonly defaultMaxTokens?: number;
}

/** The error for a prompt that leaves no room for an answer. */
function contextError(field: string, context: number, prompt: number): ApiError {
  return new ApiError(
    400,
    `This model's maximum context length is ${context} tokens, and there are ${prompt} in the ${field}. Shorten the ${field}.`,
    { param: field, wireCode: "context_length_exceeded" },
  );
}

function checkIds(ids: Iterable<number>, profile: ModelProfile, field: string): void {
  for (const id of ids) {
    if (id >= profile.tokenizer.vocabSize) {
      throw invalidRequest(
        field,
        `${field}: token id ${id} is not in the vocabulary of ${profile.tokenizer.vocabSize} tokens.`,
      );
    }
  }
}

function checkAbilities({ limits, sampling, profile, topLogprobs }: PlanOptions): void {
  const { capabilities } = limits;
  if (sampling.seed !== undefined && !capabilities.seed) {
    throw unsupportedParameter("seed", "seed: the engine of this model cannot repeat a sampled answer.");
  }
  if (sampling.logitBias !== undefined) {
    checkIds(sampling.logitBias.keys(), profile, "logit_bias");
    if (!capabilities.logitBias) {
      throw unsupportedParameter("logit_bias", "logit_bias: the engine of this model does not support it.");
    }
  }
  checkIds(sampling.stopTokenIds, profile, "stop_token_ids");
  if (
    topLogprobs !== undefined &&
    (capabilities.logprobs.maxTop === 0 || topLogprobs > capabilities.logprobs.maxTop)
  ) {
    throw unsupportedParameter(
      "logprobs",
      capabilities.logprobs.maxTop === 0
        ? "logprobs: the engine of this model does not report log-probabilities."
        : `top_logprobs: the engine of this model reports at most ${capabilities.logprobs.maxTop} alternatives.`,
    );
  }
}

/** The field that most likely asked for a constraint. */
const fieldOf: Readonly<Record<OutputConstraint["kind"], string>> = {
  json_object: "response_format",
  json_schema: "response_format",
  regex: "regex",
  grammar: "ebnf",
  choice: "guided_choice",
  structural_tag: "structured_outputs",
};

/** The constraint to send. A format that is merely wished for is left to the prompt where the engine cannot hold it. */
function checkConstraint(
  constraint: OutputConstraint | undefined,
  limits: EngineLimits,
): OutputConstraint | undefined {
  if (constraint === undefined || limits.capabilities.constraints.includes(constraint.kind))
    return constraint;
  if (
    constraint.kind === "json_object" ||
    (constraint.kind === "json_schema" && constraint.strict !== true)
  ) {
    return undefined;
  }
  const field = fieldOf[constraint.kind];
  throw unsupportedParameter(
    field,
    `${field}: the engine of this model cannot guarantee this output (constraint "${constraint.kind}").${
      constraint.kind === "json_schema"
        ? " Leave out strict, or set it to false, to ask for it in the prompt only."
        : ""
    }`,
  );
}

/** Builds the engine call. Raises 400 `context_length_exceeded`, `unsupported_parameter`, or for ids out of range. */
export function toGenerationPlan(options: PlanOptions): GenerationPlan {
  const { profile, limits, promptIds, sampling } = options;
  const context = Math.min(profile.contextLength, limits.maxContext);
  const room = context - promptIds.length;
  if (room < 1) throw contextError(options.promptField, context, promptIds.length);
  checkAbilities(options);
  const constraint = checkConstraint(options.constraint, limits);
  const defaults = profile.defaultSampling ?? {};
  const ownStopIds = sampling.ignoreEos ? [] : profile.stopTokenIds;
  const stopIds =
    sampling.stopTokenIds.length === 0 ? ownStopIds : [...new Set([...ownStopIds, ...sampling.stopTokenIds])];
  const parameters: SamplingParameters = {
    temperature: sampling.temperature ?? defaults.temperature ?? 1,
    topP: sampling.topP ?? defaults.topP ?? 1,
    frequencyPenalty: sampling.frequencyPenalty ?? defaults.frequencyPenalty ?? 0,
    presencePenalty: sampling.presencePenalty ?? defaults.presencePenalty ?? 0,
    repetitionPenalty: sampling.repetitionPenalty ?? defaults.repetitionPenalty ?? 1,
    maxTokens: Math.min(sampling.maxTokens ?? options.defaultMaxTokens ?? defaults.maxTokens ?? room, room),
    ...given("minTokens", sampling.minTokens),
    ...given("topK", sampling.topK ?? defaults.topK),
    ...given("minP", sampling.minP ?? defaults.minP),
    ...given("seed", sampling.seed),
    ...(sampling.ignoreEos && { ignoreEos: true }),
    ...given("logitBias", sampling.logitBias),
  };
  return {
    prompt: { tokenIds: promptIds },
    sampling: parameters,
    stop: { tokenIds: stopIds, strings: sampling.stop },
    ...given("constraint", constraint),
    ...(options.topLogprobs !== undefined && {
      logprobs: { top: options.topLogprobs, ...(options.promptLogprobs && { prompt: true }) },
    }),
    ...given("priority", sampling.priority),
    ...given("cacheSalt", sampling.cacheSalt),
    ...given("lora", sampling.lora),
    ...(sampling.userId !== undefined && { routing: { userId: sampling.userId } }),
  };
}

/** `{ [key]: value }`, or nothing when the value is undefined. */
function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}
