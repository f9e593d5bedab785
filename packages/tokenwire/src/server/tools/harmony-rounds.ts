// Answer after answer in the harmony format. The prompt only grows: what was sampled stays as it was sampled, so that an
// engine finds everything up to the new results in its cache.

import { type HarmonyEncoding, Message, StreamableParser } from "@tokenwire/core/harmony";
import type { Conversation, Prompt, RecordedCall } from "../../protocol/index.ts";
import { toolResultMessage } from "../../tools/index.ts";
import {
  type AnswerRecord,
  afterCalls,
  type CallHeader,
  type FinishedCall,
  type NextPrompt,
  type Rounds,
} from "./rounds.ts";

export class HarmonyRounds implements Rounds {
  readonly #encoding: HarmonyEncoding;

  constructor(encoding: HarmonyEncoding) {
    this.#encoding = encoding;
  }

  begin({ prompt, conversation }: NextPrompt): AnswerRecord {
    const encoding = this.#encoding;
    const ids: number[] = [...prompt.answerPrefix];
    let headers: CallHeaders | undefined;
    return {
      push: (_events, tokenIds) => {
        ids.push(...tokenIds);
      },
      header: (name) => {
        headers ??= new CallHeaders(encoding, ids);
        return headers.next(name);
      },
      next: async (finished) => {
        const sampled = ids.slice(prompt.answerPrefix.length);
        // Some engines keep the token that ended the call to themselves.
        const end = encoding.isSpecialToken(sampled.at(-1) ?? 0) ? [] : this.#marker("<|call|>");
        return this.#grow([...prompt.tokenIds, ...sampled, ...end], finished.map(resultOf), conversation);
      },
    };
  }

  async withApproved(
    { prompt, conversation }: NextPrompt,
    finished: readonly FinishedCall[],
  ): Promise<NextPrompt> {
    // The prompt ends with the beginning of an answer, which the first call's message brings along itself.
    const { tokenIds, answerPrefix } = prompt;
    const opening = this.#marker("<|start|>assistant").length + answerPrefix.length;
    const messages = finished.flatMap((call) => [callMessage(call.call), resultOf(call)]);
    return this.#grow([...tokenIds.subarray(0, tokenIds.length - opening)], messages, conversation);
  }

  #grow(ids: number[], messages: readonly Message[], conversation: Conversation): NextPrompt {
    for (const message of messages) this.#encoding.renderInto(message, ids);
    const tokenIds = Uint32Array.from([...ids, ...this.#marker("<|start|>assistant")]);
    const prompt: Prompt = { tokenIds, answerPrefix: [], inReasoning: false };
    return { prompt, conversation: afterCalls(conversation) };
  }

  #marker(text: string): Uint32Array {
    return this.#encoding.encode(text, { allowedSpecial: "all" });
  }
}

function resultOf({ call, text }: FinishedCall): Message {
  return toolResultMessage(callMessage(call), call.recipient, text);
}

function callMessage(call: RecordedCall): Message {
  return new Message({
    role: "assistant",
    content: call.arguments,
    recipient: call.recipient,
    channel: call.channel,
    contentType: call.content_type,
  });
}

/** How the calls of an answer were addressed, in order. */
class CallHeaders {
  readonly #messages: Message[];

  constructor(encoding: HarmonyEncoding, ids: readonly number[]) {
    const parser = new StreamableParser(encoding, { role: "assistant", mode: "recover" });
    parser.push(ids);
    parser.end({});
    this.#messages = parser.messages.filter(({ recipient }) => recipient !== undefined);
  }

  /** The header of the next call of this name. */
  next(name: string): CallHeader {
    const at = this.#messages.findIndex(({ recipient }) => recipient!.replace(/^functions\./, "") === name);
    const [message] = at < 0 ? [] : this.#messages.splice(at, 1);
    const channel = message?.channel?.startsWith("commentary") ? "commentary" : "analysis";
    const type = message?.contentType;
    return {
      recipient: message?.recipient ?? name,
      channel,
      ...(type !== undefined && { content_type: type }),
    };
  }
}
