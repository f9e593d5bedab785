// What every protocol does between a checked request and the engine: the prompt, the plan, and how the tokens of the
// answer are read.

import type { OutputParser } from "@tokenwire/core/parsers";
import {
  answerConstraint,
  type ChoiceOutputOptions,
  type CompletionIdentity,
  type Conversation,
  createAnswerParser,
  customNames,
  type GenerationPlan,
  type ModelProfile,
  type OutputConstraint,
  PlainOutputParser,
  type Prompt,
  type RequestedSampling,
  renderPrompt,
  toGenerationPlan,
  tokenPrompt,
  unixSeconds,
} from "../protocol/index.ts";
import type { Caller, ServerContext } from "./context.ts";
import type { GenerationOptions } from "./generate.ts";
import { withLongTexts } from "./long-texts.ts";
import type { ServedModel } from "./models.ts";
import { promptSettings } from "./request-rules.ts";
import { checkTarget } from "./routing.ts";
import { hiddenStopIds } from "./stop-ids.ts";

/** What of a request decides how a conversation goes on. */
export interface AnswerRequest {
  readonly conversation: Conversation;
  readonly sampling: RequestedSampling;
  readonly constraint?: OutputConstraint;
  /** Alternatives per token; absent: no log-probabilities. */
  readonly topLogprobs?: number;
  /** `false`: reasoning stays in the text. Default true. */
  readonly separateReasoning?: boolean;
  /** Replaces rendering. */
  readonly promptTokenIds?: readonly number[];
}

/** How the tokens of an answer become events. */
export interface Reading {
  readonly createParser: () => OutputParser;
  readonly output: ChoiceOutputOptions;
}

type PromptRequest = Pick<AnswerRequest, "conversation" | "promptTokenIds">;

/** Renders a conversation, or takes the ids that the request brings along. Others go on while a long one is encoded. */
export async function answerPrompt(
  { server, signal }: Pick<Caller, "server" | "signal">,
  { profile }: ServedModel,
  request: PromptRequest,
): Promise<Prompt> {
  const started = performance.now();
  const prompt = await withLongTexts(profile, signal, (patient) => promptAtOnce(server, patient, request));
  const { renderMs } = prompt;
  const milliseconds = performance.now() - started;
  server.metrics.stage("render", renderMs ?? milliseconds);
  if (renderMs !== undefined) server.metrics.stage("tokenize", Math.max(0, milliseconds - renderMs));
  return prompt;
}

/** The same, in one go. */
function promptAtOnce(
  { settings }: Pick<ServerContext, "settings">,
  profile: ModelProfile,
  { conversation, promptTokenIds }: PromptRequest,
): Prompt {
  if (promptTokenIds !== undefined) return tokenPrompt(profile, promptTokenIds, "prompt_token_ids");
  return renderPrompt(profile, conversation, promptSettings(settings));
}

/** What the engine is asked. Raises 400 for what it cannot do. */
export function planAnswer(
  { profile, info: limits }: ServedModel,
  { conversation, sampling, constraint, topLogprobs }: AnswerRequest,
  prompt: Prompt,
): GenerationPlan {
  return toGenerationPlan({
    profile,
    limits,
    promptIds: prompt.tokenIds,
    sampling,
    constraint: answerConstraint({ profile, limits, conversation, prompt, constraint }),
    topLogprobs,
    promptField: conversation.field,
  });
}

/** Reads answers of a conversation. */
export function readAnswer(
  { profile, info }: ServedModel,
  { conversation, sampling, topLogprobs, separateReasoning = true }: AnswerRequest,
  prompt: Prompt,
): Reading {
  return {
    createParser: () => createAnswerParser(profile, prompt, conversation, separateReasoning, info),
    output: {
      tokenizer: profile.tokenizer,
      stop: sampling.stop,
      includeStop: sampling.includeStop,
      logprobs: topLogprobs !== undefined,
      toolChoice: conversation.toolChoice,
      parallelToolCalls: conversation.parallelToolCalls,
      customTools: customNames(conversation.tools),
      usedCallIds: usedCallIds(conversation),
      hiddenStopIds: hiddenStopIds(profile, sampling),
      requestedStopIds: sampling.stopTokenIds,
      responseFormat: conversation.responseFormat,
    },
  };
}

/** The ids of earlier calls, where there are any. */
function usedCallIds({ messages }: Conversation): ReadonlySet<string> | undefined {
  const ids = messages.flatMap(({ toolCalls = [] }) => toolCalls.map(({ id }) => id));
  return ids.length > 0 ? new Set(ids) : undefined;
}

/** Reads continued text, in which nothing is markup. */
export function readText(
  { tokenizer, stopTokenIds }: ModelProfile,
  sampling: Partial<RequestedSampling>,
  logprobs: boolean,
): Reading {
  const { stop = [], includeStop = false, skipSpecialTokens = true, stopTokenIds: requested = [] } = sampling;
  const kept = new Set(includeStop ? requested : []);
  return {
    createParser: () => new PlainOutputParser(tokenizer, skipSpecialTokens),
    output: {
      tokenizer,
      stop,
      includeStop,
      logprobs,
      toolChoice: { mode: "none" },
      parallelToolCalls: true,
      hiddenStopIds: new Set([...stopTokenIds, ...requested].filter((id) => !kept.has(id))),
      requestedStopIds: requested,
    },
  };
}

/** What generating needs on behalf of a caller, beside the plans. */
export function generationFor(
  { server, signal, requestId, observation, routing }: Caller,
  model: ServedModel,
  reading: Reading,
): Omit<GenerationOptions, "id" | "plans" | "usage"> {
  if (routing) checkTarget(model.engine, routing);
  // On the way of every request a spread follows a name: where it comes first, Node 20 takes 1 µs for each name after it.
  return {
    model,
    ...reading,
    signal,
    timeouts: server.settings.timeouts,
    observer: observation,
    routing,
    onDiagnostic: (code) => server.log.debug({ requestId, code }, "output repaired"),
  };
}

/** What identifies a completion. */
export function identify(model: ServedModel, id: string): CompletionIdentity {
  return { id, created: unixSeconds(), model: model.id, fingerprint: model.fingerprint };
}
