// Text to ids and back, in the dialects of vLLM, SGLang and llama.cpp, which are told apart by their keys. Answers
// carry the union of the keys.

import { z } from "zod";
import {
  invalidRequest,
  type ModelProfile,
  optional,
  parseBody,
  parseChatRequest,
  promptIds,
  type RequestBody,
} from "../../protocol/index.ts";
import { answerPrompt } from "../answer.ts";
import type { Route, RouteContext } from "../context.ts";
import { withLongTexts } from "../long-texts.ts";
import type { ServedModel } from "../models.ts";

const text = z.union([z.string(), z.array(z.string()).min(1)]);
const fields = z.object({
  model: optional(z.string()),
  prompt: optional(text),
  content: optional(z.string()),
  add_special_tokens: optional(z.boolean()),
  add_special: optional(z.boolean()),
  parse_special: optional(z.boolean()),
  return_token_strs: optional(z.boolean()),
  with_pieces: optional(z.boolean()),
});
const modelField = z.object({ model: optional(z.string()) });
const id = z.number().int().min(0);
const detokenizeFields = z.object({
  model: optional(z.string()),
  tokens: z.union([z.array(id), z.array(z.array(id))]),
  skip_special_tokens: optional(z.boolean()),
});

function modelOf({ server }: RouteContext, name: string | undefined): ServedModel {
  return server.models.resolve(name ?? server.models.list()[0]!.id);
}

/** The ids that generation would use for these messages. */
async function messageIds(
  context: RouteContext,
  body: RequestBody,
): Promise<{ model: ServedModel; ids: Uint32Array }> {
  const model = modelOf(context, parseBody(modelField, body).model);
  const request = parseChatRequest({ ...body, model: model.id });
  const { tokenIds } = await answerPrompt(context, model, request);
  return { model, ids: tokenIds };
}

function contextOf({ profile, info }: ServedModel): number {
  return Math.min(profile.contextLength, info.maxContext);
}

type Fields = z.output<typeof fields>;

function encode({ tokenizer, bosTokenId }: ModelProfile, wire: Fields, prompt: string): number[] {
  const bos = (wire.add_special_tokens ?? wire.add_special ?? true) ? bosTokenId : undefined;
  if (wire.parse_special === true) return [...tokenizer.encode(prompt, { allowedSpecial: "all" })];
  return [...promptIds(prompt, tokenizer, bos, "prompt")];
}

async function answer(context: RouteContext, wire: Fields, body: RequestBody): Promise<object> {
  const given = wire.prompt ?? wire.content;
  if (given === undefined && body["messages"] === undefined) {
    throw invalidRequest("prompt", "Missing required parameter: 'prompt' (or 'messages', or 'content').");
  }
  if (given === undefined) {
    const { model, ids } = await messageIds(context, body);
    return single(model, wire, [...ids], undefined);
  }
  const model = modelOf(context, wire.model);
  const prompts = typeof given === "string" ? [given] : given;
  const tokens = await withLongTexts(model.profile, context.signal, (profile) =>
    prompts.map((prompt) => encode(profile, wire, prompt)),
  );
  if (typeof given === "string") return single(model, wire, tokens[0]!, given);
  return {
    tokens,
    count: tokens.map((list) => list.length),
    char_count: given.map((entry) => [...entry].length),
    max_model_len: contextOf(model),
  };
}

function single(
  model: ServedModel,
  wire: Fields,
  ids: readonly number[],
  source: string | undefined,
): object {
  const { tokenizer } = model.profile;
  const pieces = (): string[] => ids.map((token) => tokenizer.decode([token]));
  const strings = wire.return_token_strs === true || wire.with_pieces === true ? pieces() : undefined;
  return {
    count: ids.length,
    char_count: [...(source ?? tokenizer.decode(ids))].length,
    max_model_len: contextOf(model),
    tokens: wire.with_pieces === true ? ids.map((token, i) => ({ id: token, piece: strings![i] })) : ids,
    token_strs: wire.return_token_strs === true ? strings : null,
  };
}

export const tokenize: Route = {
  method: "POST",
  path: "/tokenize",
  schema: fields,
  aliases: ["/v1/tokenize"],
  handle: (context) => {
    const body = context.body();
    return answer(context, parseBody(fields, body), body);
  },
};

function checkIds(ids: readonly number[], model: ServedModel, path: string): void {
  const wrong = ids.findIndex((token) => token >= model.profile.tokenizer.vocabSize);
  if (wrong < 0) return;
  throw invalidRequest(
    `${path}[${wrong}]`,
    `${path}[${wrong}]: token id ${ids[wrong]} is not in the vocabulary of ${model.profile.tokenizer.vocabSize} tokens.`,
  );
}

export const detokenize: Route = {
  method: "POST",
  path: "/detokenize",
  schema: detokenizeFields,
  aliases: ["/v1/detokenize"],
  handle: (context) => {
    const wire = parseBody(detokenizeFields, context.body());
    const model = modelOf(context, wire.model);
    const { tokenizer } = model.profile;
    const skipSpecialTokens = wire.skip_special_tokens ?? false;
    const isBatch = Array.isArray(wire.tokens[0]);
    if (isBatch) {
      const lists = wire.tokens as number[][];
      lists.forEach((list, index) => {
        checkIds(list, model, `tokens[${index}]`);
      });
      const texts = lists.map((list) => tokenizer.decode(list, { skipSpecialTokens }));
      return { prompt: texts, text: texts, content: texts };
    }
    const ids = wire.tokens as number[];
    checkIds(ids, model, "tokens");
    const decoded = tokenizer.decode(ids, { skipSpecialTokens });
    return { prompt: decoded, text: decoded, content: decoded };
  },
};

/** llama.cpp's: the prompt that a chat request becomes, as text. */
export const applyTemplate: Route = {
  method: "POST",
  path: "/apply-template",
  handle: async (context) => {
    const { model, ids } = await messageIds(context, context.body());
    return { prompt: model.profile.tokenizer.decode(ids) };
  },
};
