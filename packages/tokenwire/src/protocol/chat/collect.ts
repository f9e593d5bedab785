// The whole chat completion: the fold of the events that a stream would send.

import type { Tokenizer } from "@tokenwire/core/tokenizer";
import { type LogprobEntry, type TokenSpelling, toWireLogprob, type WireLogprob } from "../logprobs.ts";
import type { ChoiceEvent, ChoiceFinishReason } from "../output.ts";
import { type ChatUsage, type TokenUsage, toChatUsage } from "../usage.ts";
import { type InnerMessage, innerMessagesKey, shownMessages } from "./inner-messages.ts";
import type { CompletionIdentity, ReasoningFields } from "./stream.ts";

export type ChatMessageToolCall =
  | {
      readonly id: string;
      readonly type: "function";
      readonly function: { readonly name: string; readonly arguments: string };
    }
  | {
      readonly id: string;
      readonly type: "custom";
      readonly custom: { readonly name: string; readonly input: string };
    };

export interface ChatCompletionMessage {
  readonly role: "assistant";
  readonly content: string | null;
  readonly refusal: null;
  readonly annotations: readonly never[];
  readonly reasoning?: string;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly ChatMessageToolCall[];
  readonly [innerMessagesKey]?: readonly object[];
}

export interface ChatCompletionChoice {
  readonly index: number;
  readonly message: ChatCompletionMessage;
  readonly logprobs: { readonly content: readonly WireLogprob[]; readonly refusal: null } | null;
  readonly finish_reason: ChoiceFinishReason;
  readonly stop_reason: string | number | null;
  readonly matched_stop?: string | number;
  readonly token_ids?: readonly number[];
}

export interface ChatCompletion {
  readonly id: string;
  readonly object: "chat.completion";
  readonly created: number;
  readonly model: string;
  readonly service_tier: "default";
  readonly system_fingerprint: string;
  readonly choices: readonly ChatCompletionChoice[];
  readonly usage: ChatUsage;
  readonly prompt_token_ids?: readonly number[];
}

export interface ChatCollectOptions {
  readonly identity: CompletionIdentity;
  readonly n: number;
  readonly tokenizer: Tokenizer;
  readonly logprobs: boolean;
  readonly reasoningFields: ReasoningFields;
  /** How log-probabilities spell tokens. Default: by their text. */
  readonly spelling?: TokenSpelling;
  /** What came before the answer. */
  readonly innerMessages?: readonly InnerMessage[] | undefined;
}

interface CollectedCall {
  readonly id: string;
  readonly name: string;
  readonly custom: boolean;
  text: string;
}

interface Collected {
  text: string;
  reasoning: string;
  calls: CollectedCall[];
  logprobs: LogprobEntry[];
  finish: ChoiceFinishReason;
  stopReason: string | number | null;
}

export class ChatCollector {
  readonly #options: ChatCollectOptions;
  readonly #choices: Collected[];

  constructor(options: ChatCollectOptions) {
    this.#options = options;
    this.#choices = Array.from({ length: options.n }, () => ({
      text: "",
      reasoning: "",
      calls: [],
      logprobs: [],
      finish: "stop",
      stopReason: null,
    }));
  }

  push(choice: number, events: readonly ChoiceEvent[]): void {
    const collected = this.#choices[choice]!;
    for (const event of events) collect(collected, event);
  }

  toCompletion(usage: TokenUsage): ChatCompletion {
    const { id, created, model, fingerprint } = this.#options.identity;
    return {
      id,
      object: "chat.completion",
      created,
      model,
      service_tier: "default",
      system_fingerprint: fingerprint,
      choices: this.#choices.map((collected, index) => this.#choice(collected, index)),
      usage: toChatUsage(usage),
    };
  }

  #choice(collected: Collected, index: number): ChatCompletionChoice {
    const { tokenizer, logprobs, spelling } = this.#options;
    return {
      index,
      message: this.#message(collected),
      logprobs: logprobs
        ? {
            content: collected.logprobs.map((entry) => toWireLogprob(entry, tokenizer, spelling)),
            refusal: null,
          }
        : null,
      finish_reason: collected.finish,
      stop_reason: collected.stopReason,
      ...(collected.stopReason !== null && { matched_stop: collected.stopReason }),
    };
  }

  #message({ text, reasoning, calls }: Collected): ChatCompletionMessage {
    const { reasoningFields: fields, innerMessages = [] } = this.#options;
    return {
      role: "assistant",
      content: text === "" && calls.length > 0 ? null : text,
      refusal: null,
      annotations: [],
      ...(reasoning !== "" && (fields === "both" || fields === "reasoning") && { reasoning }),
      ...(reasoning !== "" &&
        (fields === "both" || fields === "reasoning_content") && { reasoning_content: reasoning }),
      ...(calls.length > 0 && { tool_calls: calls.map(toWireCall) }),
      ...(innerMessages.length > 0 && {
        [innerMessagesKey]: shownMessages(innerMessages, fields !== "none"),
      }),
    };
  }
}

function toWireCall({ id, name, custom, text }: CollectedCall): ChatMessageToolCall {
  return custom
    ? { id, type: "custom", custom: { name, input: text } }
    : { id, type: "function", function: { name, arguments: text } };
}

function collect(into: Collected, event: ChoiceEvent): void {
  switch (event.type) {
    case "text":
      into.text += event.text;
      if (event.logprobs) into.logprobs.push(...event.logprobs);
      break;
    case "reasoning":
      into.reasoning += event.text;
      break;
    case "tool-call":
      into.calls.push({ id: event.id, name: event.name, custom: event.custom === true, text: "" });
      break;
    case "tool-arguments":
      into.calls[event.index]!.text += event.text;
      break;
    case "tool-end":
      break;
    case "finish":
      into.finish = event.reason;
      into.stopReason = event.stopReason;
      break;
  }
}
