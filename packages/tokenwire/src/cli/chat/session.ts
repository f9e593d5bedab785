// A conversation in the terminal: its messages, its settings, and one turn of it. Knows nothing of the screen.

import {
  type ChoiceEvent,
  type Conversation,
  type ConversationMessage,
  createAnswerParser,
  emptyUsage,
  type FunctionTool,
  newId,
  type RequestedSampling,
  renderPrompt,
  type TokenUsage,
  type ToolCall,
  toGenerationPlan,
} from "../../protocol/index.ts";
import { generateChoices, type ServedModel, toSettings } from "../../server/index.ts";

export interface ChatSettings {
  readonly sampling: RequestedSampling;
  readonly tools: readonly FunctionTool[];
  /** Tools with a namespace of their own, where the format knows such. */
  readonly toolNamespaces?: NonNullable<Conversation["toolNamespaces"]>;
  readonly currentDate: string | undefined;
  effort: string | undefined;
  /** Who the model is told to be, where its format says so; absent: the format's default. */
  identity?: string | undefined;
}

/** What was sampled for one answer, for those who look at a saved session. */
export interface RecordedTurn {
  readonly tokenIds: readonly number[];
  readonly firstTokenMs: number;
  readonly totalMs: number;
}

/** What became of a turn. */
export interface TurnResult {
  readonly calls: readonly ToolCall[];
  readonly usage: TokenUsage;
  readonly firstTokenMs: number;
  readonly totalMs: number;
  readonly interrupted: boolean;
  readonly finish: string;
  /** Of the context, how much prompt and answer take: 0 to 1. */
  readonly contextUsed: number;
}

/** The text of a message, whatever its parts. */
export function messageText({ content }: ConversationMessage): string {
  return typeof content === "string" ? content : (content ?? []).join("");
}

/** Shows what really goes to and comes from the engine. */
export interface RawView {
  prompt(text: string): void;
  output(text: string): void;
}

export class ChatSession {
  readonly messages: ConversationMessage[] = [];
  /** By the answer they were. */
  readonly turns: WeakMap<ConversationMessage, RecordedTurn> = new WeakMap();
  readonly model: ServedModel;
  readonly settings: ChatSettings;

  constructor(model: ServedModel, settings: ChatSettings) {
    this.model = model;
    this.settings = settings;
  }

  /** Forgets the last user message and everything after it; false when there is none. */
  undo(): boolean {
    const last = this.messages.findLastIndex((message) => message.role === "user");
    if (last >= 0) this.messages.length = last;
    return last >= 0;
  }

  /**
   * Lets the model go on from the messages. Its answer is appended, also when `signal` cuts it short.
   *
   * @throws ApiError when the conversation does not fit the context or the engine fails
   */
  async turn(
    onEvent: (event: ChoiceEvent, tokens: number) => void | Promise<void>,
    signal: AbortSignal,
    raw?: RawView,
  ): Promise<TurnResult> {
    const { model, settings } = this;
    const started = performance.now();
    const answer = new AnswerCollector();
    const conversation = this.#conversation();
    const prompt = renderPrompt(model.profile, conversation, this.#promptSettings());
    const plan = toGenerationPlan({
      profile: model.profile,
      limits: model.info,
      promptIds: prompt.tokenIds,
      sampling: settings.sampling,
      promptField: "messages",
    });
    const usage = emptyUsage(prompt.tokenIds.length);
    raw?.prompt(model.profile.tokenizer.decode(prompt.tokenIds));
    const sampled: number[] = [];
    let firstTokenMs = 0;
    let pressure: Promise<void> | undefined;
    try {
      await generateChoices(
        {
          id: newId("chatcmpl-"),
          model,
          plans: [plan],
          usage,
          signal,
          timeouts: toSettings({}).timeouts,
          createParser: () => createAnswerParser(model.profile, prompt, conversation, true),
          output: {
            tokenizer: model.profile.tokenizer,
            stop: settings.sampling.stop,
            includeStop: false,
            logprobs: false,
            toolChoice: conversation.toolChoice,
            parallelToolCalls: true,
            hiddenStopIds:
              model.profile.format.kind === "harmony" ? new Set() : new Set(model.profile.stopTokenIds),
            requestedStopIds: [],
          },
        },
        {
          push: (_choice, events, tokenIds) => {
            if (tokenIds.length > 0) raw?.output(model.profile.tokenizer.decode(tokenIds));
            for (const id of tokenIds) sampled.push(id);
            firstTokenMs ||= performance.now() - started;
            pressure = undefined;
            for (const [index, event] of events.entries()) {
              answer.push(event);
              const waiting = onEvent(event, index === 0 ? tokenIds.length : 0);
              if (waiting) pressure = waiting;
            }
          },
          get pressure() {
            return pressure;
          },
        },
      );
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    const totalMs = performance.now() - started;
    const [message] = answer.toMessages(signal.aborted);
    if (message !== undefined) {
      const timing = { firstTokenMs: Math.round(firstTokenMs), totalMs: Math.round(totalMs) };
      this.turns.set(message, { tokenIds: sampled, ...timing });
      this.messages.push(message);
    }
    return {
      calls: signal.aborted ? [] : answer.calls,
      usage,
      contextUsed: (usage.promptTokens + usage.completionTokens) / this.contextLength,
      firstTokenMs,
      totalMs,
      interrupted: signal.aborted,
      finish: answer.finish,
    };
  }

  /** Tokens of the conversation as the next prompt would have them. */
  countTokens(): number {
    return renderPrompt(this.model.profile, this.#conversation(), this.#promptSettings()).tokenIds.length;
  }

  /** Tokens that a prompt and its answer may take together. */
  get contextLength(): number {
    const { profile, info } = this.model;
    return Math.min(profile.contextLength, info.maxContext);
  }

  #promptSettings(): Parameters<typeof renderPrompt>[2] {
    const { currentDate, identity } = this.settings;
    return {
      ...(currentDate !== undefined && { currentDate }),
      ...(identity !== undefined && { modelIdentity: identity }),
    };
  }

  #conversation(): Conversation {
    const { tools, toolNamespaces = [], effort } = this.settings;
    return {
      messages: this.messages,
      tools,
      toolNamespaces,
      toolChoice: { mode: tools.length + toolNamespaces.length > 0 ? "auto" : "none" },
      parallelToolCalls: true,
      responseFormat: { type: "text" },
      field: "messages",
      ...(effort !== undefined && { reasoningEffort: effort }),
    };
  }
}

/** Puts an answer together as it arrives. */
class AnswerCollector {
  #text = "";
  #reasoning = "";
  readonly calls: { id: string; name: string; arguments: string }[] = [];
  finish = "";

  push(event: ChoiceEvent): void {
    if (event.type === "text") this.#text += event.text;
    else if (event.type === "reasoning") this.#reasoning += event.text;
    else if (event.type === "tool-call") this.calls.push({ id: event.id, name: event.name, arguments: "" });
    else if (event.type === "tool-arguments") this.calls[event.index]!.arguments += event.text;
    else if (event.type === "finish") this.finish = event.reason;
  }

  /** The answer for the history; of an interrupted one the text so far. */
  toMessages(interrupted: boolean): ConversationMessage[] {
    const calls = interrupted ? [] : this.calls;
    if (this.#text === "" && calls.length === 0) return [];
    const text = interrupted && this.#text !== "" ? `${this.#text} (interrupted)` : this.#text;
    return [
      {
        role: "assistant",
        content: text === "" ? null : text,
        ...(this.#reasoning !== "" && { reasoning: this.#reasoning }),
        ...(calls.length > 0 && { toolCalls: calls }),
      },
    ];
  }
}
