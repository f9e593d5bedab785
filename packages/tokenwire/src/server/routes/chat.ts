// `POST /v1/chat/completions`: parse, render, plan, generate; then a stream of chunks or one completion.

import {
  type ApiError,
  ChatCollector,
  type ChatCompletion,
  type ChatRequest,
  ChatStream,
  type ChoiceEvent,
  type CompletionIdentity,
  chatBodySchema,
  emptyUsage,
  invalidRequest,
  newId,
  type Prompt,
  parseChatRequest,
  type ReasoningFields,
  type RequestBody,
  toStoredCompletion,
  toStoredMessages,
  unknownChatFields,
  unsupportedParameter,
} from "../../protocol/index.ts";
import { answerPrompt, generationFor, identify, planAnswer, readAnswer } from "../answer.ts";
import { type ChatLoop, runChatLoop, withServerTools } from "../chat/chat-loop.ts";
import { mcpServersFor, openChatToolkit } from "../chat/chat-toolkit.ts";
import { chooseBinary, respondInBinary } from "../codec/respond.ts";
import type { Route, RouteContext } from "../context.ts";
import { type ChoiceSink, type GenerationOptions, generateChoices, repeatPlan } from "../generate.ts";
import type { ServedModel } from "../models.ts";
import { refuseUnknown } from "../request-rules.ts";
import { type FrameEncoder, streamEvents, streamGeneration } from "../stream.ts";
import type { Toolkit } from "../tools/toolkit.ts";

interface ChatGeneration extends GenerationOptions {
  readonly prompt: Prompt;
}

/** Everything needed to generate the choices of a chat request. */
async function chatGeneration(
  context: RouteContext,
  model: ServedModel,
  request: ChatRequest,
  id: string,
): Promise<ChatGeneration> {
  const prompt = await answerPrompt(context, model, request);
  return {
    id,
    ...generationFor(context, model, readAnswer(model, request, prompt)),
    plans: repeatPlan(planAnswer(model, request, prompt), request.n),
    usage: emptyUsage(prompt.tokenIds.length),
    prompt,
  };
}

/** The same with functions that run here. */
async function chatLoop(
  context: RouteContext,
  model: ServedModel,
  request: ChatRequest,
  id: string,
  toolkit: Toolkit,
): Promise<ChatLoop> {
  try {
    const whole = { ...request, conversation: withServerTools(context, request.conversation, toolkit) };
    return { toolkit, request: whole, first: await chatGeneration(context, model, whole, id), inner: [] };
  } catch (error) {
    await toolkit.dispose();
    throw error;
  }
}

/** One request on its way to its answer. */
interface ChatAnswer {
  readonly context: RouteContext;
  readonly body: RequestBody;
  readonly request: ChatRequest;
  readonly options: ChatGeneration;
  /** Calls may run here. */
  readonly loop?: ChatLoop | undefined;
  readonly identity: CompletionIdentity;
  readonly reasoningFields: ReasoningFields;
}

function createCollector({ request, options, identity, reasoningFields, loop }: ChatAnswer): ChatCollector {
  return new ChatCollector({
    identity,
    n: request.n,
    tokenizer: options.model.profile.tokenizer,
    spelling: request.spelling,
    logprobs: request.topLogprobs !== undefined,
    reasoningFields,
    innerMessages: loop?.inner,
  });
}

/** Resolves once the completion is kept, and only then its client is told that it is complete. */
async function keep({ context, body }: ChatAnswer, completion: ChatCompletion): Promise<void> {
  await context.server.store.chats.put(context.tenant, {
    completion: toStoredCompletion(completion, body, context.requestId),
    messages: toStoredMessages(body, completion.id),
  });
}

/** Waits for a slot and generates. */
function generate({ context, options, loop }: ChatAnswer, sink: ChoiceSink): Promise<void> {
  if (loop) return runChatLoop(context, loop, sink);
  return context.server.admission.run(context, () => generateChoices(options, sink));
}

async function whole(answer: ChatAnswer): Promise<object> {
  const { request, options } = answer;
  const collector = createCollector(answer);
  const ids = request.returnTokenIds ? options.plans.map((): number[] => []) : undefined;
  await generate(answer, {
    push: (choice, events, tokenIds) => {
      collector.push(choice, events);
      ids?.[choice]?.push(...tokenIds);
    },
  });
  const completion = collector.toCompletion(options.usage);
  if (request.store) await keep(answer, completion);
  if (ids === undefined) return completion;
  return {
    ...completion,
    choices: completion.choices.map((choice, index) => ({ ...choice, token_ids: ids[index] })),
    prompt_token_ids: [...options.prompt.tokenIds],
  };
}

function streamed(answer: ChatAnswer): Promise<void> {
  const { context, request, options, identity, reasoningFields, loop } = answer;
  const chunks = new ChatStream({
    identity,
    n: request.n,
    tokenizer: options.model.profile.tokenizer,
    spelling: request.spelling,
    usage: options.usage,
    includeUsage: request.includeUsage,
    continuousUsage: request.continuousUsage,
    obfuscate: request.includeObfuscation,
    streamReasoning: request.streamReasoning,
    reasoningFields,
    innerMessages: loop?.inner,
    ...(request.returnTokenIds && { promptTokenIds: options.prompt.tokenIds }),
  });
  const encoder = request.store ? new KeptStream(answer, chunks) : chunks;
  const { coalesceMs } = request;
  if (loop === undefined) return streamGeneration(context, options, encoder, { coalesceMs });
  return streamEvents(context, (sink) => runChatLoop(context, loop, sink), encoder, coalesceMs);
}

/** A stream that is kept as the completion it adds up to, before its client is told that it is complete. */
class KeptStream implements FrameEncoder {
  readonly #answer: ChatAnswer;
  readonly #chunks: ChatStream;
  readonly #collector: ChatCollector;

  constructor(answer: ChatAnswer, chunks: ChatStream) {
    this.#answer = answer;
    this.#chunks = chunks;
    this.#collector = createCollector(answer);
  }

  push(choice: number, events: readonly ChoiceEvent[], tokenIds: readonly number[]): string {
    this.#collector.push(choice, events);
    return this.#chunks.push(choice, events, tokenIds);
  }

  get isAscii(): boolean {
    return this.#chunks.isAscii;
  }

  async end(): Promise<string> {
    await keep(this.#answer, this.#collector.toCompletion(this.#answer.options.usage));
    return this.#chunks.end();
  }

  fail(error: ApiError): string {
    return this.#chunks.fail(error);
  }
}

function checkChoices({ server }: RouteContext, { n }: ChatRequest): void {
  const { limits } = server.settings;
  if (n > limits.n) throw invalidRequest("n", `n: at most ${limits.n} choices are allowed, got ${n}.`);
}

export const chatCompletions: Route = {
  method: "POST",
  path: "/v1/chat/completions",
  schema: chatBodySchema,
  aliases: ["/chat/completions"],
  handle: async (context) => {
    const { server } = context;
    const body = context.body();
    const request = parseChatRequest(body);
    refuseUnknown(context, unknownChatFields(body));
    const model = server.models.resolve(request.model);
    checkChoices(context, request);
    const identity = identify(model, newId("chatcmpl-"));
    const binary = chooseBinary(context, body);
    const servers = mcpServersFor(context, model, request, body, binary !== undefined);
    const toolkit = servers.length > 0 ? await openChatToolkit(context, request, servers) : undefined;
    const loop = toolkit && (await chatLoop(context, model, request, identity.id, toolkit));
    const options = loop?.first ?? (await chatGeneration(context, model, request, identity.id));
    if (binary) {
      const { stream, includeUsage, n, store } = request;
      if (store) throw unsupportedParameter("store", "store: binary answers are not kept.");
      const logprobs = request.topLogprobs !== undefined;
      return respondInBinary(
        context,
        model,
        binary,
        { stream, includeUsage, logprobs, choices: n, bestOf: n },
        options,
      );
    }
    const reasoningFields = request.includeReasoning ? server.settings.reasoningFields : "none";
    const answer: ChatAnswer = { context, body, request, options, loop, identity, reasoningFields };
    return request.stream ? streamed(answer) : whole(answer);
  },
};
