// From the ids that an engine gave back to the answer that clients read: the second half of `render.ts`. Nothing is
// generated and nothing is kept; a streaming client carries the state.

import { z } from "zod";
import {
  ChatCollector,
  type ChoiceEvent,
  ChoiceOutput,
  type ChoiceOutputOptions,
  CompletionEncoder,
  type CompletionIdentity,
  createAnswerParser,
  emptyUsage,
  type GeneratedChoice,
  type GeneratedTokens,
  integerFrom,
  invalidRequest,
  joinPieces,
  needsParser,
  newId,
  optional,
  PlainOutputParser,
  parseBody,
  parseChatRequest,
  parseCompletionRequest,
  parseNested,
  parseStreamState,
  parseTokenResponse,
  type ReasoningFields,
  type RequestBody,
  replayChoice,
  type TokenBounds,
  type TokenUsage,
  toChatChunk,
  toStreamState,
  unixSeconds,
  unsupportedParameter,
} from "../../protocol/index.ts";
import type { Route, RouteContext, ServerContext } from "../context.ts";
import type { ServedModel } from "../models.ts";
import { hiddenStopIds } from "../stop-ids.ts";
import { chatPrompt } from "./chat.ts";

const request = z.looseObject({ model: optional(z.string()) });
const shared = {
  model: optional(z.string()),
  stream: optional(z.boolean()),
  prompt_token_ids: optional(z.array(integerFrom(0))),
};
const chatFields = z.object({
  ...shared,
  prompt_tokens: optional(integerFrom(0)),
  chat_request: optional(request),
});
const completionFields = z.object({
  ...shared,
  prompt_tokens: optional(z.union([integerFrom(0), z.array(integerFrom(0))])),
  generate_responses: z.unknown().optional(),
  completion_request: optional(request),
});

/** How the tokens of an answer are read. */
interface Reading {
  readonly options: () => ChoiceOutputOptions;
  readonly reasoningFields: ReasoningFields;
}

function modelOf(server: ServerContext, ...names: readonly (string | undefined)[]): ServedModel {
  return server.models.resolve(names.find((name) => name !== undefined) ?? server.models.list()[0]!.id);
}

function boundsOf(server: ServerContext, { profile, info }: ServedModel): TokenBounds {
  return {
    choices: server.settings.limits.n,
    tokens: Math.min(profile.contextLength, info.maxContext),
    vocabSize: profile.tokenizer.vocabSize,
  };
}

function identify(model: ServedModel, id: string): CompletionIdentity {
  return { id, created: unixSeconds(), model: model.id, fingerprint: model.fingerprint };
}

function plainReading(model: ServedModel, logprobs: boolean, wire?: RequestBody): Reading {
  const { profile } = model;
  const parsed =
    wire &&
    parseNested("completion_request", () =>
      parseCompletionRequest({ ...wire, model: model.id, stream: false }),
    );
  if (parsed?.echo) {
    throw unsupportedParameter("completion_request.echo", "completion_request.echo: not supported here.");
  }
  const sampling = parsed?.sampling;
  const kept = new Set(sampling?.includeStop ? sampling.stopTokenIds : []);
  const stops = [...profile.stopTokenIds, ...(sampling?.stopTokenIds ?? [])];
  return {
    reasoningFields: "none",
    options: () => ({
      parser: new PlainOutputParser(profile.tokenizer, sampling?.skipSpecialTokens ?? true),
      tokenizer: profile.tokenizer,
      stop: sampling?.stop ?? [],
      includeStop: sampling?.includeStop ?? false,
      logprobs,
      toolChoice: { mode: "none" },
      parallelToolCalls: true,
      hiddenStopIds: new Set(stops.filter((id) => !kept.has(id))),
      requestedStopIds: sampling?.stopTokenIds ?? [],
    }),
  };
}

/** As the chat completion of this request would be read. */
function chatReading(
  server: ServerContext,
  model: ServedModel,
  logprobs: boolean,
  wire: RequestBody,
): Reading {
  const { profile } = model;
  const { stream_options: _, ...whole } = wire;
  const parsed = parseNested("chat_request", () =>
    parseChatRequest({ ...whole, model: model.id, stream: false }),
  );
  const { conversation, sampling } = parsed;
  const prompt = parseNested("chat_request", () => chatPrompt(server, model, parsed));
  return {
    reasoningFields: parsed.includeReasoning ? server.settings.reasoningFields : "none",
    options: () => ({
      parser: createAnswerParser(profile, prompt, conversation, parsed.separateReasoning),
      tokenizer: profile.tokenizer,
      stop: sampling.stop,
      includeStop: sampling.includeStop,
      logprobs,
      toolChoice: conversation.toolChoice,
      parallelToolCalls: conversation.parallelToolCalls,
      hiddenStopIds: hiddenStopIds(profile, sampling),
      requestedStopIds: sampling.stopTokenIds,
    }),
  };
}

/** All events of a finished choice; counts its tokens. */
function readChoice(choice: GeneratedChoice, reading: Reading, usage: TokenUsage): ChoiceEvent[] {
  const output = new ChoiceOutput(reading.options());
  const events = output.push(choice.ids, choice.logprobs);
  events.push(...output.finish(choice.reason ?? "stop", choice.matched));
  usage.completionTokens += output.completionTokens;
  usage.reasoningTokens += output.reasoningTokens;
  return events;
}

/** What passes through untouched. */
function passedOn({ promptLogprobs, transfer }: GeneratedTokens): object {
  return {
    ...(promptLogprobs !== undefined && { prompt_logprobs: promptLogprobs }),
    ...(transfer !== undefined && { kv_transfer_params: transfer }),
  };
}

const hasLogprobs = (choices: readonly GeneratedChoice[]): boolean =>
  choices.some((choice) => choice.logprobs !== undefined);

function chatReadingFor(
  server: ServerContext,
  model: ServedModel,
  choices: readonly GeneratedChoice[],
  wire: RequestBody | undefined,
): Reading {
  const logprobs = hasLogprobs(choices);
  return wire ? chatReading(server, model, logprobs, wire) : plainReading(model, logprobs);
}

function derenderWholeChat(server: ServerContext, body: RequestBody): object {
  const wire = parseBody(chatFields, body);
  const model = modelOf(server, wire.model, wire.chat_request?.model);
  const generated = parseTokenResponse(
    body["generate_response"],
    "generate_response",
    boundsOf(server, model),
  );
  const reading = chatReadingFor(server, model, generated.choices, wire.chat_request);
  const usage = emptyUsage(
    wire.prompt_tokens ?? wire.prompt_token_ids?.length ?? generated.promptTokens ?? 0,
  );
  usage.cachedTokens = generated.cachedTokens;
  const collector = new ChatCollector({
    identity: identify(model, generated.requestId ?? newId("chatcmpl-")),
    n: generated.choices.length,
    tokenizer: model.profile.tokenizer,
    logprobs: hasLogprobs(generated.choices),
    reasoningFields: reading.reasoningFields,
  });
  generated.choices.forEach((choice, index) => {
    collector.push(index, readChoice(choice, reading, usage));
  });
  return { ...collector.toCompletion(usage), ...passedOn(generated) };
}

/** The chunk of a step without choices, which carries the usage. */
function usageChunk(
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

function derenderChatChunk(server: ServerContext, body: RequestBody): object {
  const wire = parseBody(chatFields, body);
  const model = modelOf(server, wire.model, wire.chat_request?.model);
  const bounds = boundsOf(server, model);
  const generated = parseTokenResponse(body["generate_chunk"], "generate_chunk", bounds, true);
  const state = parseStreamState(body["stream_state"], bounds);
  const missing = wire.chat_request === undefined ? "chat_request" : "prompt_token_ids";
  if (
    needsParser(model.profile) &&
    (wire.chat_request === undefined || wire.prompt_token_ids === undefined)
  ) {
    throw invalidRequest(
      missing,
      `Missing required parameter: '${missing}'. A stream of this model can only be read with its request and prompt.`,
    );
  }
  const identity = identify(model, generated.requestId ?? newId("chatcmpl-"));
  const [choice] = generated.choices;
  if (choice === undefined) {
    const prompt = wire.prompt_tokens ?? wire.prompt_token_ids?.length;
    const chunk = usageChunk(identity, "chat.completion.chunk", generated, prompt);
    return { chunk, stream_state: body["stream_state"] ?? null };
  }
  const reading = chatReadingFor(server, model, [choice], wire.chat_request);
  const options = reading.options();
  const logprobs = options.logprobs || state.heldLogprobs.size > 0;
  const step = replayChoice(state, choice, { ...options, logprobs });
  const chunk = toChatChunk(step.events, {
    identity,
    index: choice.index,
    tokenizer: model.profile.tokenizer,
    reasoningFields: reading.reasoningFields,
    withRole: !state.roleSent,
  });
  return { chunk: { ...chunk, ...passedOn(generated) }, stream_state: toStreamState(step.state) };
}

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

function derenderWholeCompletions(server: ServerContext, body: RequestBody): object {
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
  const reading = plainReading(model, hasLogprobs(choices), wire.completion_request);
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

function derenderCompletionChunk(server: ServerContext, body: RequestBody): object {
  const wire = parseBody(completionFields, body);
  const model = modelOf(server, wire.model, wire.completion_request?.model);
  const bounds = boundsOf(server, model);
  const generated = parseTokenResponse(body["generate_chunk"], "generate_chunk", bounds, true);
  const state = parseStreamState(body["stream_state"], bounds);
  const id = generated.requestId ?? newId("cmpl-");
  const [choice] = generated.choices;
  if (choice === undefined) {
    const prompt = typeof wire.prompt_tokens === "number" ? wire.prompt_tokens : wire.prompt_tokens?.[0];
    const chunk = usageChunk(identify(model, id), "text_completion", generated, prompt);
    return { chunk, stream_state: body["stream_state"] ?? null };
  }
  const reading = plainReading(model, hasLogprobs([choice]), wire.completion_request);
  const options = reading.options();
  const logprobs = options.logprobs || state.heldLogprobs.size > 0;
  const step = replayChoice(state, choice, { ...options, logprobs });
  const encoder = completionEncoder(model, id, 1, [choice]);
  encoder.push(0, step.before, []);
  const pieces = encoder.push(0, step.events, []);
  const nothing = { text: "", index: 0, logprobs: null, finish_reason: null };
  const piece = { ...(pieces.length > 0 ? joinPieces(pieces) : nothing), index: choice.index };
  return { chunk: encoder.toCompletion([piece]), stream_state: toStreamState(step.state) };
}

const isStream = (body: RequestBody): boolean => body["stream"] === true;

export const derenderChat: Route = {
  method: "POST",
  path: "/v1/chat/completions/derender",
  handle: ({ server, body }: RouteContext) => {
    const wire = body();
    return isStream(wire) ? derenderChatChunk(server, wire) : derenderWholeChat(server, wire);
  },
};

export const derenderCompletions: Route = {
  method: "POST",
  path: "/v1/completions/derender",
  handle: ({ server, body }: RouteContext) => {
    const wire = body();
    return isStream(wire) ? derenderCompletionChunk(server, wire) : derenderWholeCompletions(server, wire);
  },
};
