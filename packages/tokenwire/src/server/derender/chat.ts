// A chat completion, or one chunk of it, from the tokens of its answer.

import { z } from "zod";
import {
  awaitNested,
  ChatCollector,
  emptyUsage,
  type GeneratedChoice,
  integerFrom,
  invalidRequest,
  needsParser,
  newId,
  optional,
  parseBody,
  parseChatRequest,
  parseNested,
  parseTokenResponse,
  type ReasoningFields,
  type RequestBody,
  toChatChunk,
  toStreamState,
} from "../../protocol/index.ts";
import { answerPrompt, identify, type Reading, readAnswer } from "../answer.ts";
import type { Caller } from "../context.ts";
import type { ServedModel } from "../models.ts";
import {
  boundsOf,
  hasLogprobs,
  modelOf,
  nestedRequest,
  parseChunk,
  passedOn,
  readChoice,
  replayWith,
  sharedFields,
  textReading,
  usageChunk,
} from "./reading.ts";

const chatFields = z.object({
  ...sharedFields,
  prompt_tokens: optional(integerFrom(0)),
  chat_request: nestedRequest,
});

interface ChatReading extends Reading {
  readonly reasoningFields: ReasoningFields;
}

type Deriver = Pick<Caller, "server" | "signal">;

/** As the chat completion of this request would be read; without one, as text. */
async function chatReading(
  caller: Deriver,
  model: ServedModel,
  choices: readonly GeneratedChoice[],
  wire: RequestBody | undefined,
): Promise<ChatReading> {
  const { server } = caller;
  const logprobs = hasLogprobs(choices);
  if (wire === undefined) return { ...textReading(model, logprobs), reasoningFields: "none" };
  const { stream_options: _, ...whole } = wire;
  const parsed = parseNested("chat_request", () =>
    parseChatRequest({ ...whole, model: model.id, stream: false }),
  );
  const prompt = await awaitNested("chat_request", () => answerPrompt(caller, model, parsed));
  const { createParser, output } = readAnswer(model, parsed, prompt);
  return {
    createParser,
    output: { ...output, logprobs },
    reasoningFields: parsed.includeReasoning ? server.settings.reasoningFields : "none",
  };
}

/** The whole completion. */
export async function derenderWholeChat(caller: Deriver, body: RequestBody): Promise<object> {
  const { server } = caller;
  const wire = parseBody(chatFields, body);
  const model = modelOf(server, wire.model, wire.chat_request?.model);
  const generated = parseTokenResponse(
    body["generate_response"],
    "generate_response",
    boundsOf(server, model),
  );
  const reading = await chatReading(caller, model, generated.choices, wire.chat_request);
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

/** One chunk, and the state that the client brings along with the next. */
export async function derenderChatChunk(caller: Deriver, body: RequestBody): Promise<object> {
  const wire = parseBody(chatFields, body);
  const { model, generated, state } = parseChunk(caller.server, body, wire.model, wire.chat_request?.model);
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
  const reading = await chatReading(caller, model, [choice], wire.chat_request);
  const step = replayWith(reading, choice, state);
  const chunk = toChatChunk(step.events, {
    identity,
    index: choice.index,
    tokenizer: model.profile.tokenizer,
    reasoningFields: reading.reasoningFields,
    withRole: !state.roleSent,
  });
  return { chunk: { ...chunk, ...passedOn(generated) }, stream_state: toStreamState(step.state) };
}
