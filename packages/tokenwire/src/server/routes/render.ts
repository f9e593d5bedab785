// Rendering without generating: what an engine would be asked, in vLLM's contract. Routers call it to learn the ids
// of a prompt, so it does nothing else.

import {
  type GenerationPlan,
  newId,
  parseChatRequest,
  parseCompletionRequest,
  parseMessagesRequest,
  promptIds,
  toGenerationPlan,
  toSamplingParameters,
} from "../../protocol/index.ts";
import { type AnswerRequest, answerPrompt, planAnswer } from "../answer.ts";
import type { Route, RouteContext } from "../context.ts";
import { withLongTexts } from "../long-texts.ts";
import type { ServedModel } from "../models.ts";

interface Rendered {
  readonly prefix: string;
  readonly model: ServedModel;
  readonly plan: GenerationPlan;
  readonly n: number;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

function toRendered({ prefix, model, plan, n, stream, includeUsage }: Rendered): object {
  return {
    request_id: newId(prefix),
    token_ids: [...plan.prompt.tokenIds],
    features: null,
    sampling_params: toSamplingParameters(plan, n),
    model: model.id,
    stream,
    stream_options: includeUsage ? { include_usage: true } : null,
    cache_salt: plan.cacheSalt ?? null,
    priority: plan.priority ?? 0,
    kv_transfer_params: null,
    token_offsets: null,
    assistant_tokens_mask: null,
  };
}

async function renderAnswer(
  context: RouteContext,
  model: ServedModel,
  request: AnswerRequest,
): Promise<GenerationPlan> {
  return planAnswer(model, request, await answerPrompt(context, model, request));
}

export const renderChatRequest: Route = {
  method: "POST",
  path: "/v1/chat/completions/render",
  handle: async (context) => {
    const request = parseChatRequest(context.body());
    const model = context.server.models.resolve(request.model);
    const plan = await renderAnswer(context, model, request);
    const { n, stream, includeUsage } = request;
    return toRendered({ prefix: "chatcmpl-", model, plan, n, stream, includeUsage });
  },
};

export const renderCompletionRequest: Route = {
  method: "POST",
  path: "/v1/completions/render",
  handle: async ({ server, body, signal }) => {
    const request = parseCompletionRequest(body());
    const model = server.models.resolve(request.model);
    const fieldOf = (index: number): string => (request.prompts.length > 1 ? `prompt[${index}]` : "prompt");
    const prompts = await withLongTexts(model.profile, signal, ({ tokenizer, bosTokenId }) =>
      request.prompts.map((prompt, index) => promptIds(prompt, tokenizer, bosTokenId, fieldOf(index))),
    );
    return prompts.map((ids) => {
      const plan = toGenerationPlan({
        profile: model.profile,
        limits: model.info,
        promptIds: ids,
        sampling: request.sampling,
        constraint: request.constraint,
        topLogprobs: request.topLogprobs,
        promptField: "prompt",
        defaultMaxTokens: 16,
      });
      const { n, stream, includeUsage } = request;
      return toRendered({ prefix: "cmpl-", model, plan, n, stream, includeUsage });
    });
  },
};

export const renderMessagesRequest: Route = {
  method: "POST",
  path: "/v1/messages/render",
  handle: async (context) => {
    const request = parseMessagesRequest(context.body());
    const model = context.server.models.resolve(request.model);
    const plan = await renderAnswer(context, model, request);
    return toRendered({ prefix: "msg_", model, plan, n: 1, stream: request.stream, includeUsage: false });
  },
};
