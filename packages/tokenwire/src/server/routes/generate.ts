// vLLM's `POST /inference/v1/generate` over any engine that speaks token ids, so that this server can stand where a
// vLLM stands.

import {
  type ApiError,
  emptyUsage,
  invalidRequest,
  needsParser,
  newId,
  PlainOutputParser,
  parseTokenRequest,
  type SampledLogprob,
  type TokenChoice,
  type TokenRequest,
  type TokenUsage,
  toGenerationPlan,
  tokenPrompt,
  toTokenLogprobs,
  unsupportedParameter,
} from "../../protocol/index.ts";
import type { Route, RouteContext } from "../context.ts";
import { type ChoiceSink, type GenerationOptions, generateChoices, repeatPlan } from "../generate.ts";
import type { ServedModel } from "../models.ts";
import { checkTarget } from "../routing.ts";
import { type FrameEncoder, streamGeneration } from "../stream.ts";

function toGeneration(
  { server, signal, observation, routing }: RouteContext,
  request: TokenRequest,
  model: ServedModel,
  id: string,
): GenerationOptions {
  if (routing) checkTarget(model.engine, routing);
  const { profile, info } = model;
  const { sampling } = request;
  const plan = toGenerationPlan({
    profile,
    limits: info,
    promptIds: tokenPrompt(profile, request.tokenIds, "token_ids").tokenIds,
    sampling,
    constraint: request.constraint,
    topLogprobs: request.topLogprobs,
    promptField: "token_ids",
  });
  return {
    id,
    model,
    plans: repeatPlan(plan, request.n),
    usage: emptyUsage(request.tokenIds.length),
    signal,
    timeouts: server.settings.timeouts,
    observer: observation,
    routing,
    // Text is made only to find stop strings. Where answers also hold reasoning and calls, derender looks for them,
    // in what clients see: a stop string must not cut the reasoning off.
    createParser: () => new PlainOutputParser(profile.tokenizer, sampling.skipSpecialTokens),
    output: {
      tokenizer: profile.tokenizer,
      stop: needsParser(profile) ? [] : sampling.stop,
      includeStop: true,
      logprobs: false,
      toolChoice: { mode: "none" },
      parallelToolCalls: true,
      hiddenStopIds: new Set(),
      requestedStopIds: sampling.stopTokenIds,
    },
  };
}

type Step = Parameters<ChoiceSink["push"]>;

/** What one event of the engine adds to a choice. */
function toChoice(
  index: number,
  ids: readonly number[],
  logprobs: readonly SampledLogprob[],
  events: Step[1],
): TokenChoice {
  const finish = events.find((event) => event.type === "finish");
  return {
    index,
    token_ids: ids,
    logprobs: logprobs.length > 0 ? toTokenLogprobs(logprobs) : null,
    finish_reason: finish?.reason ?? null,
    stop_reason: finish?.stopReason ?? null,
  };
}

function toUsage(usage: TokenUsage): object {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens },
  };
}

async function whole(context: RouteContext, id: string, options: GenerationOptions): Promise<object> {
  const steps = options.plans.map(() => ({
    ids: [] as number[],
    logprobs: [] as SampledLogprob[],
    events: [] as Step[1][number][],
  }));
  await context.server.admission.run(context, () =>
    generateChoices(options, {
      push: (index, events, ids, logprobs) => {
        const step = steps[index]!;
        step.ids.push(...ids);
        step.logprobs.push(...(logprobs ?? []));
        step.events.push(...events);
      },
    }),
  );
  return {
    request_id: id,
    choices: steps.map((step, index) => toChoice(index, step.ids, step.logprobs, step.events)),
    prompt_logprobs: null,
    kv_transfer_params: null,
    usage: toUsage(options.usage),
  };
}

const frame = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
const done = "data: [DONE]\n\n";

function streamed(
  context: RouteContext,
  id: string,
  options: GenerationOptions,
  includeUsage: boolean,
): Promise<void> {
  const { usage } = options;
  const encoder: FrameEncoder = {
    push: (index, events, ids, logprobs) => {
      const choice = toChoice(index, ids, logprobs ?? [], events);
      const isNews = ids.length > 0 || choice.finish_reason !== null;
      return isNews ? frame({ request_id: id, choices: [choice] }) : "";
    },
    end: () => (includeUsage ? frame({ request_id: id, choices: [], usage: toUsage(usage) }) : "") + done,
    fail: (error: ApiError) => frame(error.toBody()) + done,
  };
  return streamGeneration(context, options, encoder, { coalesceMs: 0 });
}

export const generateTokens: Route = {
  method: "POST",
  path: "/inference/v1/generate",
  handle: (context) => {
    const { server } = context;
    const request = parseTokenRequest(context.body());
    const model = server.models.resolve(request.model ?? server.models.list()[0]!.id);
    if (request.n > server.settings.limits.n) {
      const limit = server.settings.limits.n;
      throw invalidRequest("sampling_params.n", `sampling_params.n: at most ${limit}, got ${request.n}.`);
    }
    if (model.info.capabilities.output !== "tokens") {
      throw unsupportedParameter("model", "model: the engine of this model gives text, not token ids.");
    }
    const id = request.requestId ?? newId("gen-");
    const options = toGeneration(context, request, model, id);
    return request.stream
      ? streamed(context, id, options, request.includeUsage)
      : whole(context, id, options);
  },
};
