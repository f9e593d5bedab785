// `POST /v1/messages` and its token count, for Anthropic's clients.

import {
  type ApiError,
  type ChoiceEvent,
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
import { type GenerationOptions, generateChoices } from "../generate.ts";
import type { ServedModel } from "../models.ts";
import { refuseUnknown } from "../request-rules.ts";
import { type FrameEncoder, streamGeneration } from "../stream.ts";

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
  return streamGeneration(context, options, new MessageFrames(encoder, context.requestId), {
    keepAliveFrame: messageFrame({ type: "ping" }),
  });
}

class MessageFrames implements FrameEncoder {
  readonly #encoder: MessageEncoder;
  readonly #requestId: string;

  constructor(encoder: MessageEncoder, requestId: string) {
    this.#encoder = encoder;
    this.#requestId = requestId;
  }

  begin(): string {
    return frames(this.#encoder.start());
  }

  push(_choice: number, events: readonly ChoiceEvent[]): string {
    return frames(this.#encoder.push(events));
  }

  end(): string {
    return frames(this.#encoder.end());
  }

  fail(error: ApiError): string {
    return messageFrame({ ...toMessagesError(error, this.#requestId) });
  }
}

async function whole(
  context: RouteContext,
  options: GenerationOptions,
  encoder: MessageEncoder,
): Promise<object> {
  await context.server.admission.run(context, () =>
    generateChoices(options, {
      push: (_choice, events) => {
        encoder.push(events);
      },
    }),
  );
  return encoder.message;
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
    return request.stream ? streamed(context, options, encoder) : whole(context, options, encoder);
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
