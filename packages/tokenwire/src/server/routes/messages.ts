// `POST /v1/messages` and its token count, for Anthropic's clients.

import {
  createAnswerParser,
  emptyUsage,
  MessageEncoder,
  type MessageEvent,
  type MessagesRequest,
  messageFrame,
  messagesBodySchema,
  newId,
  type Prompt,
  parseMessagesRequest,
  renderPrompt,
  toGenerationPlan,
  toMessagesError,
} from "../../protocol/index.ts";
import type { Route, RouteContext } from "../context.ts";
import { type ChoiceSink, type GenerationOptions, generateChoices } from "../generate.ts";
import type { ServedModel } from "../models.ts";
import { promptSettings } from "../request-rules.ts";
import { hiddenStopIds } from "../stop-ids.ts";
import { respondWithStream } from "../stream.ts";

function toGeneration(
  context: RouteContext,
  model: ServedModel,
  request: MessagesRequest,
  prompt: Prompt,
  id: string,
): GenerationOptions {
  const { server, signal, requestId } = context;
  const { conversation, sampling } = request;
  const { profile } = model;
  const plan = toGenerationPlan({
    profile,
    limits: model.info,
    promptIds: prompt.tokenIds,
    sampling,
    promptField: "messages",
  });
  return {
    id,
    model,
    plans: [plan],
    usage: emptyUsage(prompt.tokenIds.length),
    signal,
    timeouts: server.settings.timeouts,
    observer: context.observation,
    createParser: () => createAnswerParser(profile, prompt, conversation, true),
    output: {
      tokenizer: profile.tokenizer,
      stop: sampling.stop,
      includeStop: false,
      logprobs: false,
      toolChoice: conversation.toolChoice,
      parallelToolCalls: conversation.parallelToolCalls,
      hiddenStopIds: hiddenStopIds(profile, sampling),
      requestedStopIds: [],
    },
    onDiagnostic: (code) => server.log.debug({ requestId, code }, "output repaired"),
  };
}

const frames = (events: readonly MessageEvent[]): string => events.map(messageFrame).join("");

function streamed(context: RouteContext, options: GenerationOptions, encoder: MessageEncoder): Promise<void> {
  return respondWithStream(context, {
    keepAliveFrame: messageFrame({ type: "ping" }),
    run: async (stream) => {
      const sink: ChoiceSink = {
        start: () => {
          stream.open();
          stream.write(frames(encoder.start()));
        },
        push: (_choice, events) => stream.write(frames(encoder.push(events))),
        get pressure() {
          return stream.pressure;
        },
      };
      await generateChoices(options, sink);
      return frames(encoder.end());
    },
    fail: (error) => messageFrame({ ...toMessagesError(error, context.requestId) }),
  });
}

export const createMessage: Route = {
  method: "POST",
  path: "/v1/messages",
  schema: messagesBodySchema,
  aliases: ["/messages"],
  handle: async (context) => {
    const { server } = context;
    const request = parseMessagesRequest(context.body());
    const model = server.models.resolve(request.model);
    const prompt = renderPrompt(model.profile, request.conversation, promptSettings(server.settings));
    const id = newId("msg_");
    const options = toGeneration(context, model, request, prompt, id);
    const encoder = new MessageEncoder({
      id,
      model: model.id,
      showThinking: request.showThinking,
      usage: options.usage,
      sign: (text) => server.seal.sign(text),
    });
    if (request.stream) return streamed(context, options, encoder);
    await server.admission.run(context.signal, () =>
      generateChoices(options, {
        push: (_choice, events) => {
          encoder.push(events);
        },
      }),
    );
    return encoder.message;
  },
};

export const countMessageTokens: Route = {
  method: "POST",
  path: "/v1/messages/count_tokens",
  schema: messagesBodySchema.partial({ max_tokens: true }),
  aliases: ["/messages/count_tokens"],
  handle: ({ server, body }) => {
    const request = parseMessagesRequest(body(), "count");
    const model = server.models.resolve(request.model);
    const prompt = renderPrompt(model.profile, request.conversation, promptSettings(server.settings));
    return { input_tokens: prompt.tokenIds.length };
  },
};
