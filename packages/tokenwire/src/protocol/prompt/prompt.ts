// From a conversation to the tokens an engine continues, and the parser that reads what it adds. Text from users,
// tools and arguments never becomes a control token: both renderers keep track of what the format itself wrote.

import type { OutputParser } from "@tokenwire/core/parsers";
import { invalidRequest, unsupportedParameter } from "../api-error.ts";
import type { Conversation } from "../conversation.ts";
import type { EngineLimits } from "../plan.ts";
import type { ModelProfile } from "../profile.ts";
import { createHarmonyParser, renderHarmonyPrompt } from "./harmony.ts";
import { PlainOutputParser } from "./plain.ts";
import { createTemplateParser, renderTemplatePrompt } from "./template.ts";

/** A rendered prompt. */
export interface Prompt {
  readonly tokenIds: Uint32Array;
  /** Tokens at the end of the prompt that already belong to the answer, as when a function is forced. */
  readonly answerPrefix: readonly number[];
  /** Whether the answer begins inside reasoning; undefined: the template's text does not tell. */
  readonly inReasoning: boolean | undefined;
  /** Milliseconds until there was a text to encode; absent where text and tokens are made together. */
  readonly renderMs?: number;
}

/** What a server decides about prompts, apart from the request. */
export interface PromptSettings {
  /** `YYYY-MM-DD`, shown to harmony models as the current date; absent: no date. */
  readonly currentDate?: string;
  /** Who harmony models are told to be; absent: the format's default. */
  readonly modelIdentity?: string;
}

/** Renders a conversation for its model. Raises 400 for what the model's format cannot express. */
export function renderPrompt(
  profile: ModelProfile,
  conversation: Conversation,
  settings: PromptSettings = {},
): Prompt {
  switch (profile.format.kind) {
    case "harmony":
      return renderHarmonyPrompt(profile.format, conversation, settings);
    case "template":
      return renderTemplatePrompt(profile, profile.format, conversation);
    case "plain":
      if (profile.format.chat === "last-message") return lastMessage(profile, conversation);
      throw invalidRequest(
        "model",
        `The model ${JSON.stringify(profile.id)} has no chat template; use /v1/completions.`,
      );
  }
}

/** The text of the last message and nothing else. */
function lastMessage(
  { tokenizer, bosTokenId }: ModelProfile,
  { messages, tools, toolChoice }: Conversation,
): Prompt {
  if (tools.length > 0 && toolChoice.mode !== "none") {
    throw unsupportedParameter("tools", "tools: this model has no chat template that could show it tools.");
  }
  const content = messages.at(-1)?.content ?? "";
  const ids = tokenizer.encodeOrdinary(typeof content === "string" ? content : content.join(""));
  const begin = bosTokenId === undefined ? [] : [bosTokenId];
  const tokenIds = new Uint32Array(begin.length + ids.length);
  tokenIds.set(begin);
  tokenIds.set(ids, begin.length);
  return { tokenIds, answerPrefix: [], inReasoning: undefined };
}

/** A prompt given as token ids, which replaces rendering. */
export function tokenPrompt(profile: ModelProfile, ids: readonly number[], field: string): Prompt {
  const wrong = ids.findIndex((id) => id >= profile.tokenizer.vocabSize);
  if (wrong >= 0) {
    throw invalidRequest(
      `${field}[${wrong}]`,
      `${field}[${wrong}]: token id ${ids[wrong]} is not in the vocabulary of ${profile.tokenizer.vocabSize} tokens.`,
    );
  }
  return { tokenIds: Uint32Array.from(ids), answerPrefix: [], inReasoning: undefined };
}

/**
 * A fresh parser for one answer to this prompt, already past the prompt's share of the answer.
 *
 * @param limits of the engine that `answerConstraint` was asked with; it may have changed what a call looks like
 */
export function createAnswerParser(
  profile: ModelProfile,
  prompt: Prompt,
  conversation: Conversation,
  separateReasoning: boolean,
  limits?: EngineLimits,
): OutputParser {
  const { format } = profile;
  if (format.kind === "harmony") return createHarmonyParser(format, prompt, conversation, separateReasoning);
  if (format.kind === "template") {
    const { inReasoning } = prompt;
    return createTemplateParser(profile, { conversation, inReasoning, separateReasoning, limits });
  }
  if (format.chat === "last-message") return new PlainOutputParser(profile.tokenizer, true);
  throw unsupportedParameter("model", `The model ${JSON.stringify(profile.id)} has no chat format.`);
}
