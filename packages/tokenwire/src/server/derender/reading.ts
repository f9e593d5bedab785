// How the tokens that an engine gave back are read, and what every answer made of them has in common.

import { z } from "zod";
import {
  type ChoiceEvent,
  ChoiceOutput,
  type CompletionIdentity,
  emptyUsage,
  type GeneratedChoice,
  type GeneratedTokens,
  integerFrom,
  optional,
  parseCompletionRequest,
  parseNested,
  parseStreamState,
  parseTokenResponse,
  type ReplayedStep,
  type ReplayState,
  type RequestBody,
  replayChoice,
  type TokenBounds,
  type TokenUsage,
  unsupportedParameter,
} from "../../protocol/index.ts";
import { type Reading, readText } from "../answer.ts";
import type { ServerContext } from "../context.ts";
import type { ServedModel } from "../models.ts";

/** A request that the tokens answer, as far as it says which model. */
export const nestedRequest: z.ZodType<(RequestBody & { model?: string | undefined }) | undefined> = optional(
  z.looseObject({ model: optional(z.string()) }),
);

/** Fields of every derender request. */
export const sharedFields: {
  readonly model: z.ZodType<string | undefined>;
  readonly stream: z.ZodType<boolean | undefined>;
  readonly prompt_token_ids: z.ZodType<number[] | undefined>;
} = {
  model: optional(z.string()),
  stream: optional(z.boolean()),
  prompt_token_ids: optional(z.array(integerFrom(0))),
};

export function modelOf(server: ServerContext, ...names: readonly (string | undefined)[]): ServedModel {
  return server.models.resolve(names.find((name) => name !== undefined) ?? server.models.list()[0]!.id);
}

export function boundsOf(server: ServerContext, { profile, info }: ServedModel): TokenBounds {
  return {
    choices: server.settings.limits.n,
    tokens: Math.min(profile.contextLength, info.maxContext),
    vocabSize: profile.tokenizer.vocabSize,
  };
}

/** One chunk of an answer's tokens, and what the client brought along from those before. */
export interface TokenChunk {
  readonly model: ServedModel;
  readonly generated: GeneratedTokens;
  readonly state: ReplayState;
}

/** @param names of the model, the first that is there counts */
export function parseChunk(
  server: ServerContext,
  body: RequestBody,
  ...names: readonly (string | undefined)[]
): TokenChunk {
  const model = modelOf(server, ...names);
  const bounds = boundsOf(server, model);
  return {
    model,
    generated: parseTokenResponse(body["generate_chunk"], "generate_chunk", bounds, true),
    state: parseStreamState(body["stream_state"], bounds),
  };
}

/** Reads the tokens of a chunk after those that came before it. */
export function replayWith(reading: Reading, choice: GeneratedChoice, state: ReplayState): ReplayedStep {
  const logprobs = reading.output.logprobs || state.heldLogprobs.size > 0;
  return replayChoice(state, choice, reading.createParser(), { ...reading.output, logprobs });
}

/** Text, read as the completion of this request would be. */
export function textReading(model: ServedModel, logprobs: boolean, wire?: RequestBody): Reading {
  const parsed =
    wire &&
    parseNested("completion_request", () =>
      parseCompletionRequest({ ...wire, model: model.id, stream: false }),
    );
  if (parsed?.echo) {
    throw unsupportedParameter("completion_request.echo", "completion_request.echo: not supported here.");
  }
  return readText(model.profile, parsed?.sampling ?? {}, logprobs);
}

/** All events of a finished choice; counts its tokens. */
export function readChoice(choice: GeneratedChoice, reading: Reading, usage: TokenUsage): ChoiceEvent[] {
  const output = new ChoiceOutput(reading.createParser(), reading.output);
  const events = output.push(choice.ids, choice.logprobs);
  events.push(...output.finish(choice.reason ?? "stop", choice.matched));
  usage.completionTokens += output.completionTokens;
  usage.reasoningTokens += output.reasoningTokens;
  return events;
}

/** What passes through untouched. */
export function passedOn({ promptLogprobs, transfer }: GeneratedTokens): object {
  return {
    ...(promptLogprobs !== undefined && { prompt_logprobs: promptLogprobs }),
    ...(transfer !== undefined && { kv_transfer_params: transfer }),
  };
}

export const hasLogprobs = (choices: readonly GeneratedChoice[]): boolean =>
  choices.some((choice) => choice.logprobs !== undefined);

/** The chunk of a step without choices, which carries the usage. */
export function usageChunk(
  identity: CompletionIdentity,
  object: string,
  generated: GeneratedTokens,
  prompt?: number,
): object {
  const usage = emptyUsage(prompt ?? generated.promptTokens ?? 0);
  usage.completionTokens = generated.completionTokens ?? 0;
  const { promptTokens, completionTokens } = usage;
  return {
    id: identity.id,
    object,
    created: identity.created,
    model: identity.model,
    system_fingerprint: identity.fingerprint,
    choices: [],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
      prompt_tokens_details: { cached_tokens: generated.cachedTokens },
    },
  };
}
