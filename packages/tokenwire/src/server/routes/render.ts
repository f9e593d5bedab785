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
import type { Route, ServerContext } from "../context.ts";
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

function renderAnswer(server: ServerContext, model: ServedModel, request: AnswerRequest): GenerationPlan {
  return planAnswer(model, request, answerPrompt(server, model, request));
}

export const renderChatRequest: Route = {
  method: "POST",
  path: "/v1/chat/completions/render",
  handle: ({ server, body }) => {
    const request = parseChatRequest(body());
    const model = server.models.resolve(request.model);
    const plan = renderAnswer(server, model, request);
    const { n, stream, includeUsage } = request;
    return toRendered({ prefix: "chatcmpl-", model, plan, n, stream, includeUsage });
  },
};

export const renderCompletionRequest: Route = {
  method: "POST",
  path: "/v1/completions/render",
  handle: ({ server, body }) => {
    const request = parseCompletionRequest(body());
    const model = server.models.resolve(request.model);
    const { tokenizer, bosTokenId } = model.profile;
    return request.prompts.map((prompt, index) => {
      const field = request.prompts.length > 1 ? `prompt[${index}]` : "prompt";
      const plan = toGenerationPlan({
        profile: model.profile,
        limits: model.info,
        promptIds: promptIds(prompt, tokenizer, bosTokenId, field),
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
  handle: ({ server, body }) => {
    const request = parseMessagesRequest(body());
    const model = server.models.resolve(request.model);
    const plan = renderAnswer(server, model, request);
    return toRendered({ prefix: "msg_", model, plan, n: 1, stream: request.stream, includeUsage: false });
  },
};
