// What ran on the server before it left a client calls of its own, for clients that send back only the fields they know:
// without it the model would make the server's calls again. In memory and bounded; what was forgotten is called again.

import {
  type ConversationMessage,
  type InnerMessage,
  toConversationMessage,
  unfoldMessage,
} from "../../protocol/index.ts";

const maxEntries = 1_000;
/** Characters of all entries. */
const maxSize = 16 * 1024 * 1024;
/** Ids that never come twice. Some formats count calls from one in every conversation. */
const uniqueId = /^call_[0-9a-f]{32}$/;

interface Entry {
  readonly messages: readonly InnerMessage[];
  readonly size: number;
}

export class InnerMemory {
  /** By the tenant and the id of the first call that was left to the client; the oldest first. */
  readonly #entries = new Map<string, Entry>();
  #size = 0;

  keep(tenant: string, callId: string, messages: readonly InnerMessage[]): void {
    if (!uniqueId.test(callId) || messages.length === 0) return;
    const size = JSON.stringify(messages).length;
    this.#entries.set(keyOf(tenant, callId), { messages, size });
    this.#size += size;
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size <= maxEntries && this.#size <= maxSize) return;
      this.#entries.delete(key);
      this.#size -= entry.size;
    }
  }

  /** The messages with what came before their calls, where that is missing. */
  restore(tenant: string, messages: readonly ConversationMessage[]): readonly ConversationMessage[] {
    const known = new Set(messages.flatMap(({ toolCalls = [] }) => toolCalls.map(({ id }) => id)));
    return messages.flatMap((message) => {
      const first = message.toolCalls?.[0]?.id ?? "";
      const inner = this.#entries.get(keyOf(tenant, first))?.messages.map(toConversationMessage) ?? [];
      const isThere = inner.some(({ toolCalls = [] }) => toolCalls.some(({ id }) => known.has(id)));
      return inner.length === 0 || isThere ? message : unfoldMessage(inner, message);
    });
  }
}

const keyOf = (tenant: string, callId: string): string => `${tenant}\n${callId}`;
