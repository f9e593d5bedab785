// Text completions, or one chunk of them, from the tokens of their answers.

import { z } from "zod";
import {
  CompletionEncoder,
  emptyUsage,
  type GeneratedChoice,
  integerFrom,
  invalidRequest,
  joinPieces,
  newId,
  optional,
  parseBody,
  parseTokenResponse,
  type RequestBody,
  toStreamState,
} from "../../protocol/index.ts";
import { identify } from "../answer.ts";
import type { ServerContext } from "../context.ts";
import type { ServedModel } from "../models.ts";
import {
  boundsOf,
  hasLogprobs,
  modelOf,
  nestedRequest,
  parseChunk,
  readChoice,
  replayWith,
  sharedFields,
  textReading,
  usageChunk,
} from "./reading.ts";

const completionFields = z.object({
  ...sharedFields,
  prompt_tokens: optional(z.union([integerFrom(0), z.array(integerFrom(0))])),
  generate_responses: z.unknown().optional(),
  completion_request: nestedRequest,
});

function completionEncoder(
  model: ServedModel,
  id: string,
  choices: number,
  logprobs: readonly GeneratedChoice[],
): CompletionEncoder {
  const most = Math.max(
    0,
    ...logprobs.flatMap((choice) => (choice.logprobs ?? []).map((entry) => entry.top?.length ?? 0)),
  );
  return new CompletionEncoder({
    identity: identify(model, id),
    tokenizer: model.profile.tokenizer,
    ...(hasLogprobs(logprobs) && { topLogprobs: most }),
    choices,
    returnTokenIds: false,
    promptIds: [],
  });
}

/** The completions of one or more prompts. */
export function derenderWholeCompletions(server: ServerContext, body: RequestBody): object {
  const wire = parseBody(completionFields, body);
  const model = modelOf(server, wire.model, wire.completion_request?.model);
  const bounds = boundsOf(server, model);
  const given = wire.generate_responses;
  const path = "generate_responses";
  if (!Array.isArray(given) || given.length === 0 || given.length > bounds.choices) {
    throw invalidRequest(path, `${path}: expected an array of 1 to ${bounds.choices} responses.`);
  }
  const responses = given.map((each, index) => parseTokenResponse(each, `${path}[${index}]`, bounds));
  const counts = typeof wire.prompt_tokens === "number" ? [wire.prompt_tokens] : wire.prompt_tokens;
  if (counts !== undefined && counts.length !== responses.length) {
    throw invalidRequest(
      "prompt_tokens",
      `prompt_tokens: expected one count per response (${responses.length}), got ${counts.length}.`,
    );
  }
  const choices = responses.flatMap((response) => response.choices);
  const reading = textReading(model, hasLogprobs(choices), wire.completion_request);
  const usage = emptyUsage();
  responses.forEach((response, index) => {
    usage.promptTokens += counts?.[index] ?? response.promptTokens ?? 0;
    usage.cachedTokens += response.cachedTokens;
  });
  const encoder = completionEncoder(
    model,
    responses[0]!.requestId ?? newId("cmpl-"),
    choices.length,
    choices,
  );
  const read = choices.map((choice, index) =>
    joinPieces(encoder.push(index, readChoice(choice, reading, usage), [])),
  );
  const transfers = new Set(responses.map(({ transfer }) => JSON.stringify(transfer)));
  const { transfer } = responses[0]!;
  return {
    ...encoder.toCompletion(read, usage),
    ...(transfers.size > 1 && { kv_transfer_params: null }),
    ...(transfers.size === 1 && transfer !== undefined && { kv_transfer_params: transfer }),
  };
}

/** One chunk, and the state that the client brings along with the next. */
export function derenderCompletionChunk(server: ServerContext, body: RequestBody): object {
  const wire = parseBody(completionFields, body);
  const names = [wire.model, wire.completion_request?.model];
  const { model, generated, state } = parseChunk(server, body, ...names);
  const id = generated.requestId ?? newId("cmpl-");
  const [choice] = generated.choices;
  if (choice === undefined) {
    const prompt = typeof wire.prompt_tokens === "number" ? wire.prompt_tokens : wire.prompt_tokens?.[0];
    const chunk = usageChunk(identify(model, id), "text_completion", generated, prompt);
    return { chunk, stream_state: body["stream_state"] ?? null };
  }
  const reading = textReading(model, hasLogprobs([choice]), wire.completion_request);
  const step = replayWith(reading, choice, state);
  const encoder = completionEncoder(model, id, 1, [choice]);
  encoder.push(0, step.before, []);
  const pieces = encoder.push(0, step.events, []);
  const nothing = { text: "", index: 0, logprobs: null, finish_reason: null };
  const piece = { ...(pieces.length > 0 ? joinPieces(pieces) : nothing), index: choice.index };
  return { chunk: encoder.toCompletion([piece]), stream_state: toStreamState(step.state) };
}
