// `POST /v1/messages` and its token count, for Anthropic's clients.

import {
  emptyUsage,
  MessageEncoder,
  type MessageEvent,
  type MessagesRequest,
  messageFrame,
  messagesBodySchema,
  newId,
  parseMessagesRequest,
  toMessagesError,
  unknownMessagesFields,
} from "../../protocol/index.ts";
import { answerPrompt, generationFor, planAnswer, readAnswer } from "../answer.ts";
import type { Route, RouteContext } from "../context.ts";
import { type ChoiceSink, type GenerationOptions, generateChoices } from "../generate.ts";
import type { ServedModel } from "../models.ts";
import { refuseUnknown } from "../request-rules.ts";
import { respondWithStream } from "../stream.ts";

async function toGeneration(
  context: RouteContext,
  model: ServedModel,
  request: MessagesRequest,
  id: string,
): Promise<GenerationOptions> {
  const prompt = await answerPrompt(context, model, request);
  return {
    id,
    plans: [planAnswer(model, request, prompt)],
    usage: emptyUsage(prompt.tokenIds.length),
    ...generationFor(context, model, readAnswer(model, request, prompt)),
  };
}

const frames = (events: readonly MessageEvent[]): string => events.map(messageFrame).join("");

function streamed(context: RouteContext, options: GenerationOptions, encoder: MessageEncoder): Promise<void> {
  return respondWithStream(context, {
    keepAliveFrame: messageFrame({ type: "ping" }),
    run: async (stream) => {
      const sink: ChoiceSink = {
        coalesceMs: context.server.settings.coalesceMs,
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
    const body = context.body();
    const request = parseMessagesRequest(body);
    refuseUnknown(context, unknownMessagesFields(body));
    const model = server.models.resolve(request.model);
    const id = newId("msg_");
    const options = await toGeneration(context, model, request, id);
    const encoder = new MessageEncoder({
      id,
      model: model.id,
      showThinking: request.showThinking,
      usage: options.usage,
      sign: (text) => server.seal.sign(text),
    });
    if (request.stream) return streamed(context, options, encoder);
    await server.admission.run(context, () =>
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
  handle: async (context) => {
    const request = parseMessagesRequest(context.body(), "count");
    const model = context.server.models.resolve(request.model);
    const prompt = await answerPrompt(context, model, request);
    return { input_tokens: prompt.tokenIds.length };
  },
};
