// From choice events to Anthropic's message events. Blocks are numbered from 0 without gaps; the whole message is what
// the events add up to.

import type { ChoiceEvent } from "../output.ts";
import type { TokenUsage } from "../usage.ts";

export type MessageBlock =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: object };

export interface MessageEvent {
  readonly type: string;
  readonly [key: string]: unknown;
}

export interface MessageEncoderOptions {
  readonly id: string;
  readonly model: string;
  readonly showThinking: boolean;
  readonly usage: TokenUsage;
  /** The opaque signature of a thinking block. */
  readonly sign: (text: string) => string;
}

type Open =
  | { readonly kind: "text"; text: string }
  | { readonly kind: "thinking"; text: string }
  | { readonly kind: "tool_use"; readonly id: string; readonly name: string; text: string };

export class MessageEncoder {
  readonly #options: MessageEncoderOptions;
  readonly #content: MessageBlock[] = [];
  #open: Open | undefined;
  #events: MessageEvent[] = [];
  #stopReason: string | null = null;
  #stopSequence: string | null = null;

  constructor(options: MessageEncoderOptions) {
    this.#options = options;
  }

  /** The message as it stands. */
  get message(): object {
    const { id, model } = this.#options;
    return {
      id,
      type: "message",
      role: "assistant",
      model,
      content: [...this.#content],
      stop_reason: this.#stopReason,
      stop_sequence: this.#stopSequence,
      usage: this.#usage(),
    };
  }

  start(): MessageEvent[] {
    return [{ type: "message_start", message: this.message }, { type: "ping" }];
  }

  push(events: readonly ChoiceEvent[]): MessageEvent[] {
    for (const event of events) this.#push(event);
    return this.#drain();
  }

  /** The end of the message; the usage is final by now. */
  end(): MessageEvent[] {
    this.#close();
    this.#events.push(
      {
        type: "message_delta",
        delta: { stop_reason: this.#stopReason, stop_sequence: this.#stopSequence },
        usage: this.#usage(),
      },
      { type: "message_stop" },
    );
    return this.#drain();
  }

  #usage(): object {
    const { promptTokens, completionTokens, cachedTokens } = this.#options.usage;
    return {
      input_tokens: promptTokens - cachedTokens,
      output_tokens: completionTokens,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: cachedTokens,
    };
  }

  #push(event: ChoiceEvent): void {
    switch (event.type) {
      case "text":
        this.#delta("text", event.text, { type: "text", text: "" }, { type: "text_delta", text: event.text });
        return;
      case "reasoning":
        if (!this.#options.showThinking) return;
        this.#delta(
          "thinking",
          event.text,
          { type: "thinking", thinking: "", signature: "" },
          { type: "thinking_delta", thinking: event.text },
        );
        return;
      case "tool-call": {
        this.#close();
        const id = event.id.replace(/^call_/, "toolu_");
        this.#begin(
          { kind: "tool_use", id, name: event.name, text: "" },
          { type: "tool_use", id, name: event.name, input: {} },
        );
        return;
      }
      case "tool-arguments":
        if (this.#open?.kind !== "tool_use") return;
        this.#open.text += event.text;
        this.#emitDelta({ type: "input_json_delta", partial_json: event.text });
        return;
      case "tool-end":
        this.#close();
        return;
      case "finish":
        this.#finish(event);
    }
  }

  #finish({ reason, stopReason }: Extract<ChoiceEvent, { type: "finish" }>): void {
    this.#close();
    if (reason === "length") this.#stopReason = "max_tokens";
    else if (reason === "tool_calls") this.#stopReason = "tool_use";
    else if (typeof stopReason === "string") {
      this.#stopReason = "stop_sequence";
      this.#stopSequence = stopReason;
    } else this.#stopReason = "end_turn";
  }

  #delta(kind: "text" | "thinking", text: string, empty: object, delta: object): void {
    if (this.#open?.kind !== kind) {
      this.#close();
      this.#begin({ kind, text: "" }, empty);
    }
    this.#open!.text += text;
    this.#emitDelta(delta);
  }

  #begin(open: Open, block: object): void {
    this.#open = open;
    this.#events.push({ type: "content_block_start", index: this.#content.length, content_block: block });
  }

  #emitDelta(delta: object): void {
    this.#events.push({ type: "content_block_delta", index: this.#content.length, delta });
  }

  #close(): void {
    const open = this.#open;
    if (open === undefined) return;
    const block = this.#toBlock(open);
    if (block.type === "thinking") this.#emitDelta({ type: "signature_delta", signature: block.signature });
    this.#events.push({ type: "content_block_stop", index: this.#content.length });
    this.#content.push(block);
    this.#open = undefined;
  }

  #toBlock(open: Open): MessageBlock {
    if (open.kind === "text") return { type: "text", text: open.text };
    if (open.kind === "thinking") {
      return { type: "thinking", thinking: open.text, signature: this.#options.sign(open.text) };
    }
    return { type: "tool_use", id: open.id, name: open.name, input: toInput(open.text) };
  }

  #drain(): MessageEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

/** Arguments as the object this API wants. Text that is none is not lost: it is the value of one key. */
function toInput(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Not JSON: told apart below.
  }
  return text === "" ? {} : { raw_arguments: text };
}

/** One event as a server-sent frame. */
export function messageFrame(event: MessageEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
