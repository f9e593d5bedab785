// Rendering without generating: what an engine would be asked, in vLLM's contract. Routers call it to learn the ids
// of a prompt, so it does nothing else.

import {
  type GenerationPlan,
  newId,
  parseChatRequest,
  parseCompletionRequest,
  parseMessagesRequest,
  promptIds,
  renderPrompt,
  toGenerationPlan,
} from "../../protocol/index.ts";
import type { Route, ServerContext } from "../context.ts";
import type { ServedModel } from "../models.ts";
import { promptSettings } from "../request-rules.ts";
import { chatPrompt } from "./chat.ts";

/** Sampling in vLLM's names, every default filled in. */
function samplingParameters({ sampling, stop, logprobs, constraint }: GenerationPlan): object {
  return {
    max_tokens: sampling.maxTokens,
    min_tokens: sampling.minTokens ?? 0,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: sampling.topK ?? 0,
    min_p: sampling.minP ?? 0,
    frequency_penalty: sampling.frequencyPenalty,
    presence_penalty: sampling.presencePenalty,
    repetition_penalty: sampling.repetitionPenalty,
    seed: sampling.seed ?? null,
    ignore_eos: sampling.ignoreEos ?? false,
    stop: stop.strings,
    stop_token_ids: stop.tokenIds,
    logprobs: logprobs?.top ?? null,
    structured_outputs: constraint ?? null,
  };
}

interface Rendered {
  readonly prefix: string;
  readonly model: ServedModel;
  readonly plan: GenerationPlan;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

function toRendered({ prefix, model, plan, stream, includeUsage }: Rendered): object {
  return {
    request_id: newId(prefix),
    token_ids: [...plan.prompt.tokenIds],
    features: null,
    sampling_params: samplingParameters(plan),
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

export const renderChatRequest: Route = {
  method: "POST",
  path: "/v1/chat/completions/render",
  handle: ({ server, body }) => {
    const request = parseChatRequest(body());
    const model = server.models.resolve(request.model);
    const plan = toGenerationPlan({
      profile: model.profile,
      limits: model.info,
      promptIds: chatPrompt(server, model, request).tokenIds,
      sampling: request.sampling,
      constraint: request.constraint,
      topLogprobs: request.topLogprobs,
      promptField: "messages",
    });
    const { stream, includeUsage } = request;
    return toRendered({ prefix: "chatcmpl-", model, plan, stream, includeUsage });
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
      const { stream, includeUsage } = request;
      return toRendered({ prefix: "cmpl-", model, plan, stream, includeUsage });
    });
  },
};

export const renderMessagesRequest: Route = {
  method: "POST",
  path: "/v1/messages/render",
  handle: ({ server, body }) => renderMessages(server, body()),
};

function renderMessages(server: ServerContext, body: Parameters<typeof parseMessagesRequest>[0]): object {
  const request = parseMessagesRequest(body);
  const model = server.models.resolve(request.model);
  const { tokenIds } = renderPrompt(model.profile, request.conversation, promptSettings(server.settings));
  const plan = toGenerationPlan({
    profile: model.profile,
    limits: model.info,
    promptIds: tokenIds,
    sampling: request.sampling,
    promptField: "messages",
  });
  return toRendered({ prefix: "msg_", model, plan, stream: request.stream, includeUsage: false });
}
