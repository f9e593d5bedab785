// `POST /v1/completions`: every prompt of a batch times `n`, streamed or whole, with echo and best_of.

import {
  type ChoiceEvent,
  CompletionEncoder,
  type CompletionRequest,
  CompletionStream,
  completionBodySchema,
  type EchoedPrompt,
  emptyUsage,
  type GenerationPlan,
  invalidRequest,
  joinPieces,
  type LogprobEntry,
  newId,
  parseCompletionRequest,
  promptIds,
  type SampledLogprob,
  toGenerationPlan,
  unknownCompletionFields,
  unsupportedParameter,
} from "../../protocol/index.ts";
import { generationFor, identify, readText } from "../answer.ts";
import { chooseBinary, respondInBinary } from "../codec/respond.ts";
import type { Route, RouteContext } from "../context.ts";
import { type GenerationOptions, generateChoices, repeatPlan } from "../generate.ts";
import { withLongTexts } from "../long-texts.ts";
import type { ServedModel } from "../models.ts";
import { refuseUnknown } from "../request-rules.ts";
import { streamGeneration } from "../stream.ts";

/** One choice of the answer: a prompt and how to continue it. */
interface Job {
  readonly plan: GenerationPlan;
  readonly ids: Uint32Array;
  readonly prompt: number;
  /** Of the prompt's own tokens; filled when the engine starts. */
  readonly logprobs: LogprobEntry[];
}

function checkLimits(request: CompletionRequest, model: ServedModel, limit: number): void {
  const { capabilities } = model.info;
  if (request.bestOf > limit)
    throw invalidRequest("n", `n: at most ${limit} choices are allowed, got ${request.bestOf}.`);
  if (request.echo && request.topLogprobs !== undefined && !capabilities.logprobs.prompt) {
    throw unsupportedParameter(
      "echo",
      "echo: the engine of this model reports no log-probabilities of prompts.",
    );
  }
  if (request.bestOf > request.n && capabilities.logprobs.maxTop === 0) {
    throw unsupportedParameter(
      "best_of",
      "best_of: the engine of this model reports no log-probabilities to rank by.",
    );
  }
}

function toJobs(request: CompletionRequest, model: ServedModel): Job[] {
  const { profile, info } = model;
  const ranked = request.bestOf > request.n;
  return request.prompts.flatMap((prompt, index) => {
    const field = request.prompts.length > 1 ? `prompt[${index}]` : "prompt";
    const bos = request.addSpecialTokens ? profile.bosTokenId : undefined;
    const ids = promptIds(prompt, profile.tokenizer, bos, field);
    if (ids.length === 0) throw invalidRequest(field, `${field}: the prompt has no tokens.`);
    const plan = toGenerationPlan({
      profile,
      limits: info,
      promptIds: ids,
      sampling: request.sampling,
      constraint: request.constraint,
      topLogprobs: request.topLogprobs ?? (ranked ? 0 : undefined),
      promptLogprobs: request.echo && request.topLogprobs !== undefined,
      promptField: "prompt",
      defaultMaxTokens: 16,
    });
    return repeatPlan(plan, request.bestOf).map((repeated) => ({
      plan: repeated,
      ids,
      prompt: index,
      logprobs: [],
    }));
  });
}

/** The prompts as they are put before the answers; their log-probabilities come with the engine's start. */
function echoOf(
  request: CompletionRequest,
  model: ServedModel,
  jobs: readonly Job[],
): EchoedPrompt[] | undefined {
  if (!request.echo) return undefined;
  const { tokenizer } = model.profile;
  return jobs.map(({ prompt, ids, logprobs }) => {
    const given = request.prompts[prompt]!;
    return { text: typeof given === "string" ? given : tokenizer.decode(ids), logprobs };
  });
}

/** Keeps what the engine says about the tokens of a prompt. The first has no probability. */
function keepPromptLogprobs(
  job: Job,
  model: ServedModel,
  logprobs: readonly (SampledLogprob | null)[] = [],
): void {
  const { tokenizer } = model.profile;
  logprobs.forEach((sampled, position) => {
    const id = job.ids[position]!;
    const bytes = tokenizer.decodeBytes([id]);
    job.logprobs.push({ sampled: sampled ?? { id, logprob: Number.NaN }, bytes });
  });
}

function toGeneration(
  context: RouteContext,
  request: CompletionRequest,
  model: ServedModel,
  jobs: readonly Job[],
  id: string,
): GenerationOptions {
  const usage = emptyUsage();
  for (let job = 0; job < jobs.length; job += request.bestOf) usage.promptTokens += jobs[job]!.ids.length;
  const logprobs = jobs[0]!.plan.logprobs !== undefined;
  return {
    id,
    plans: jobs.map((job) => job.plan),
    usage,
    ...generationFor(context, model, readText(model.profile, request.sampling, logprobs)),
  };
}

/** Mean log-probability of a choice's tokens; the likeliest of `best_of` win. */
function score(events: readonly ChoiceEvent[]): number {
  const entries = events.flatMap((event) => (event.type === "text" ? (event.logprobs ?? []) : []));
  if (entries.length === 0) return 0;
  return entries.reduce((sum, { sampled }) => sum + sampled.logprob, 0) / entries.length;
}

/** For each prompt the jobs of its `n` best choices, in the order of the answer. */
function best(request: CompletionRequest, events: readonly ChoiceEvent[][]): number[] {
  const { n, bestOf } = request;
  return request.prompts.flatMap((_, prompt) => {
    const candidates = Array.from({ length: bestOf }, (__, i) => prompt * bestOf + i);
    if (n === bestOf) return candidates;
    return candidates.sort((a, b) => score(events[b]!) - score(events[a]!)).slice(0, n);
  });
}

async function whole(
  context: RouteContext,
  request: CompletionRequest,
  options: GenerationOptions,
  jobs: readonly Job[],
  createEncoder: (jobs: readonly Job[]) => CompletionEncoder,
): Promise<object> {
  const events: ChoiceEvent[][] = jobs.map(() => []);
  const ids: number[][] = jobs.map(() => []);
  const sampled: SampledLogprob[][] = jobs.map(() => []);
  await context.server.admission.run(context, () =>
    generateChoices(options, {
      start: (job, logprobs) => keepPromptLogprobs(jobs[job]!, options.model, logprobs),
      push: (job, pushed, tokenIds, logprobs = []) => {
        events[job]!.push(...pushed);
        ids[job]!.push(...tokenIds);
        sampled[job]!.push(...logprobs);
      },
    }),
  );
  const chosen = best(request, events);
  const encoder = createEncoder(chosen.map((job) => jobs[job]!));
  const choices = chosen.map((job, index) =>
    joinPieces(encoder.push(index, events[job]!, ids[job]!, sampled[job]!)),
  );
  return encoder.toCompletion(choices, options.usage);
}

function streamed(
  context: RouteContext,
  request: CompletionRequest,
  options: GenerationOptions,
  jobs: readonly Job[],
  encoder: CompletionEncoder,
): Promise<void> {
  const { includeUsage, continuousUsage, coalesceMs } = request;
  const frames = new CompletionStream(encoder, {
    choices: options.plans.length,
    usage: options.usage,
    includeUsage,
    continuousUsage,
    onStart: (job, logprobs) => keepPromptLogprobs(jobs[job]!, options.model, logprobs),
  });
  return streamGeneration(context, options, frames, { coalesceMs });
}

/** With `max_tokens: 0` nothing is generated; the answer is the echo, or empty. */
function nothingGenerated(
  jobs: readonly Job[],
  encoder: CompletionEncoder,
  options: GenerationOptions,
): object {
  const finish: ChoiceEvent[] = [{ type: "finish", reason: "length", stopReason: null }];
  return encoder.toCompletion(
    jobs.map((_, index) => joinPieces(encoder.push(index, finish, []))),
    options.usage,
  );
}

export const completions: Route = {
  method: "POST",
  path: "/v1/completions",
  schema: completionBodySchema,
  aliases: ["/completions"],
  handle: async (context) => {
    const { server } = context;
    const body = context.body();
    const request = parseCompletionRequest(body);
    refuseUnknown(context, unknownCompletionFields(body));
    const model = server.models.resolve(request.model);
    checkLimits(request, model, server.settings.limits.n);
    const started = performance.now();
    const jobs = await withLongTexts(model.profile, context.signal, (profile) =>
      toJobs(request, { ...model, profile }),
    );
    server.metrics.stage("tokenize", performance.now() - started);
    const identity = identify(model, newId("cmpl-"));
    const options = toGeneration(context, request, model, jobs, identity.id);
    const binary = chooseBinary(context, body);
    if (binary) {
      const echo = echoOf(request, model, jobs)?.map(({ text }) => text);
      return respondInBinary(
        context,
        model,
        binary,
        {
          stream: request.stream,
          includeUsage: request.includeUsage,
          logprobs: request.topLogprobs !== undefined,
          choices: request.prompts.length * request.n,
          bestOf: request.prompts.length * request.bestOf,
          ...(echo && { echo }),
        },
        options,
      );
    }
    const createEncoder = (chosen: readonly Job[]): CompletionEncoder => {
      const echo = echoOf(request, model, chosen);
      return new CompletionEncoder({
        identity,
        tokenizer: model.profile.tokenizer,
        ...(request.topLogprobs !== undefined && { topLogprobs: request.topLogprobs }),
        ...(echo && { echo }),
        choices: chosen.length,
        spelling: request.spelling,
        returnTokenIds: request.returnTokenIds,
        promptIds: chosen.map((job) => job.ids),
      });
    };
    if (request.sampling.maxTokens === 0) {
      if (request.stream) throw invalidRequest("max_tokens", "max_tokens: must be at least 1 in a stream.");
      return nothingGenerated(jobs, createEncoder(jobs), options);
    }
    return request.stream
      ? streamed(context, request, options, jobs, createEncoder(jobs))
      : whole(context, request, options, jobs, createEncoder);
  },
};
