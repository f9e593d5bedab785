// `POST /v1/chat/completions`: parse, render, plan, generate; then a stream of chunks or one completion.

import {
  answerConstraint,
  ChatCollector,
  type ChatRequest,
  ChatStream,
  type CompletionIdentity,
  chatBodySchema,
  createAnswerParser,
  emptyUsage,
  invalidRequest,
  newId,
  type Prompt,
  parseChatRequest,
  type ReasoningFields,
  renderPrompt,
  toGenerationPlan,
  tokenPrompt,
  unixSeconds,
  unknownChatFields,
} from "../../protocol/index.ts";
import { chooseBinary, respondInBinary } from "../codec/respond.ts";
import type { Route, RouteContext, ServerContext } from "../context.ts";
import { type GenerationOptions, generateChoices, repeatPlan } from "../generate.ts";
import type { ServedModel } from "../models.ts";
import { promptSettings, refuseUnknown } from "../request-rules.ts";
import { hiddenStopIds } from "../stop-ids.ts";
import { respondWithStream } from "../stream.ts";

interface ChatGeneration extends GenerationOptions {
  readonly prompt: Prompt;
}

/** The prompt of a chat request. */
export function chatPrompt(server: ServerContext, model: ServedModel, request: ChatRequest): Prompt {
  if (request.promptTokenIds !== undefined) {
    return tokenPrompt(model.profile, request.promptTokenIds, "prompt_token_ids");
  }
  return renderPrompt(model.profile, request.conversation, promptSettings(server.settings));
}

/** Everything needed to generate the choices of a chat request. */
export function chatGeneration(
  context: RouteContext,
  model: ServedModel,
  request: ChatRequest,
  id: string,
): ChatGeneration {
  const { server, signal } = context;
  const { conversation, sampling } = request;
  const { profile } = model;
  const prompt = chatPrompt(server, model, request);
  const plan = toGenerationPlan({
    profile,
    limits: model.info,
    promptIds: prompt.tokenIds,
    sampling,
    constraint: answerConstraint({
      profile,
      limits: model.info,
      conversation,
      prompt,
      constraint: request.constraint,
    }),
    topLogprobs: request.topLogprobs,
    promptField: conversation.field,
  });
  return {
    id,
    model,
    plans: repeatPlan(plan, request.n),
    usage: emptyUsage(prompt.tokenIds.length),
    prompt,
    signal,
    timeouts: server.settings.timeouts,
    observer: context.observation,
    createParser: () => createAnswerParser(profile, prompt, conversation, request.separateReasoning),
    output: {
      tokenizer: profile.tokenizer,
      stop: sampling.stop,
      includeStop: sampling.includeStop,
      logprobs: request.topLogprobs !== undefined,
      toolChoice: conversation.toolChoice,
      parallelToolCalls: conversation.parallelToolCalls,
      hiddenStopIds: hiddenStopIds(profile, sampling),
      requestedStopIds: sampling.stopTokenIds,
    },
    onDiagnostic: (code) => server.log.debug({ requestId: context.requestId, code }, "output repaired"),
  };
}

function identify(model: ServedModel): CompletionIdentity {
  return {
    id: newId("chatcmpl-"),
    created: unixSeconds(),
    model: model.id,
    fingerprint: model.fingerprint,
  };
}

async function whole(
  context: RouteContext,
  request: ChatRequest,
  options: ChatGeneration,
  identity: CompletionIdentity,
  reasoningFields: ReasoningFields,
): Promise<object> {
  const collector = new ChatCollector({
    identity,
    n: request.n,
    tokenizer: options.model.profile.tokenizer,
    logprobs: request.topLogprobs !== undefined,
    reasoningFields,
  });
  const ids: number[][] = Array.from({ length: request.n }, () => []);
  await context.server.admission.run(context.signal, () =>
    generateChoices(options, {
      push: (choice, events, tokenIds) => {
        collector.push(choice, events);
        if (request.returnTokenIds) ids[choice]!.push(...tokenIds);
      },
    }),
  );
  const completion = collector.toCompletion(options.usage);
  if (!request.returnTokenIds) return completion;
  return {
    ...completion,
    choices: completion.choices.map((choice, index) => ({ ...choice, token_ids: ids[index] })),
    prompt_token_ids: [...options.prompt.tokenIds],
  };
}

function streamed(
  context: RouteContext,
  request: ChatRequest,
  options: ChatGeneration,
  identity: CompletionIdentity,
  reasoningFields: ReasoningFields,
): Promise<void> {
  const { usage, prompt } = options;
  const encoder = new ChatStream({
    identity,
    n: request.n,
    tokenizer: options.model.profile.tokenizer,
    includeUsage: request.includeUsage,
    ...(request.continuousUsage && { runningUsage: () => usage }),
    obfuscate: request.includeObfuscation,
    streamReasoning: request.streamReasoning,
    reasoningFields,
    ...(request.returnTokenIds && { promptTokenIds: prompt.tokenIds }),
  });
  return respondWithStream(context, {
    run: (stream) =>
      generateChoices(options, {
        start: () => stream.open(),
        push: (choice, events, tokenIds) => stream.write(encoder.push(choice, events, tokenIds)),
        get pressure() {
          return stream.pressure;
        },
      }).then(() => encoder.end(usage)),
    fail: (error) => encoder.fail(error),
  });
}

export const chatCompletions: Route = {
  method: "POST",
  path: "/v1/chat/completions",
  schema: chatBodySchema,
  aliases: ["/chat/completions"],
  handle: (context) => {
    const { server } = context;
    const body = context.body();
    const request = parseChatRequest(body);
    refuseUnknown(context, unknownChatFields(body));
    const model = server.models.resolve(request.model);
    if (request.n > server.settings.limits.n) {
      throw invalidRequest(
        "n",
        `n: at most ${server.settings.limits.n} choices are allowed, got ${request.n}.`,
      );
    }
    const identity = identify(model);
    const options = chatGeneration(context, model, request, identity.id);
    const binary = chooseBinary(context, body);
    if (binary) {
      const { stream, includeUsage, n } = request;
      const logprobs = request.topLogprobs !== undefined;
      return respondInBinary(
        context,
        model,
        binary,
        { stream, includeUsage, logprobs, choices: n, bestOf: n },
        options,
      );
    }
    const fields = request.includeReasoning ? server.settings.reasoningFields : "none";
    return request.stream
      ? streamed(context, request, options, identity, fields)
      : whole(context, request, options, identity, fields);
  },
};
