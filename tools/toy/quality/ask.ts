// Asks an engine through the project's own harmony layer: prompts are rendered, answers parsed strictly.

import type { HarmonyEncoding, MessageJson } from "@tokenwire/core/harmony";
import type { Engine } from "../../../packages/tokenwire/src/engines/index.ts";

/** An answer, taken apart. */
export interface Answer {
  /** Text of the final channel. */
  readonly final: string | undefined;
  readonly call: { readonly name: string; readonly args: string } | undefined;
  /** Why the answer is not valid harmony, if so. */
  readonly fault: string | undefined;
  readonly text: string;
}

export interface Question {
  /** Messages after the system message. */
  readonly messages: readonly MessageJson[];
  readonly effort?: "Low" | "Medium" | "High";
}

export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly parameters: object;
}

export const user = (content: string): MessageJson => ({ role: "user", content });

/** A developer message with instructions and function tools. */
export function developer(
  tools: readonly Tool[],
  instructions = "You are a helpful assistant.",
): MessageJson {
  const content = {
    type: "developer_content",
    instructions,
    tools: { functions: { name: "functions", tools } },
  };
  return { role: "developer", content: [content] } as unknown as MessageJson;
}

/** A tool call and its result, as a client sends them back. */
export function called(name: string, args: string, result: string): MessageJson[] {
  return [
    {
      role: "assistant",
      recipient: `functions.${name}`,
      channel: "commentary",
      content_type: "<|constrain|>json",
      content: args,
    },
    {
      role: "tool",
      name: `functions.${name}`,
      recipient: "assistant",
      channel: "commentary",
      content: result,
    },
  ];
}

function systemMessage(effort: string): MessageJson {
  const content = {
    type: "system_content",
    model_identity: "You are ChatGPT, a large language model trained by OpenAI.",
    reasoning_effort: effort,
    knowledge_cutoff: "2024-06",
    conversation_start_date: "2026-11-21",
    channel_config: { valid_channels: ["analysis", "commentary", "final"], channel_required: true },
  };
  return { role: "system", content: [content] } as unknown as MessageJson;
}

export class Interviewer {
  readonly #engine: Engine;
  readonly #harmony: HarmonyEncoding;
  #asked = 0;

  constructor(engine: Engine, harmony: HarmonyEncoding) {
    this.#engine = engine;
    this.#harmony = harmony;
  }

  /** @param temperature 0 is greedy; otherwise each call has its own seed. */
  async ask(question: Question, temperature = 0): Promise<Answer> {
    const messages = [systemMessage(question.effort ?? "Medium"), ...question.messages];
    const tokenIds = this.#harmony.renderConversationForCompletion({ messages }, "assistant");
    const ids: number[] = [];
    let reason = "";
    const request = {
      requestId: `quality-${++this.#asked}`,
      prompt: { tokenIds },
      sampling: { maxTokens: 300, temperature, seed: this.#asked },
    };
    for await (const event of this.#engine.generate(request)) {
      if (event.type === "delta") ids.push(...event.tokenIds);
      if (event.type === "finish") reason = event.reason;
    }
    return this.#takeApart(ids, reason);
  }

  #takeApart(ids: readonly number[], reason: string): Answer {
    const text = this.#harmony.decode(ids);
    const broken = (fault: string): Answer => ({ final: undefined, call: undefined, fault, text });
    if (reason !== "stop") return broken(`finished with "${reason}"`);
    try {
      const { messages } = this.#harmony.parseMessagesFromCompletionTokens(ids, {
        role: "assistant",
        mode: "strict",
      });
      const last = messages.at(-1)?.toJSON() as
        | { channel?: string; recipient?: string; content?: unknown }
        | undefined;
      const content = typeof last?.content === "string" ? last.content : undefined;
      const name = last?.recipient?.replace(/^functions\./, "");
      if (name !== undefined && content !== undefined) {
        return { final: undefined, call: { name, args: content }, fault: undefined, text };
      }
      return last?.channel === "final"
        ? { final: content, call: undefined, fault: undefined, text }
        : broken(`ends on channel ${last?.channel}`);
    } catch (error) {
      return broken(String(error));
    }
  }
}
