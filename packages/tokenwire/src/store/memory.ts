// The store of a server without `--store`: in memory, bounded in bytes and in age. What is used least recently goes
// first, so the process never grows; nothing survives it.

import { randomBytes } from "node:crypto";
import type { ResponseItem } from "../protocol/index.ts";
import { type ChatQuery, type ChatStore, isWanted, type StoredChat, type StoredCompletion } from "./chats.ts";
import {
  itemsOf,
  type Page,
  pageOf,
  type ResponseStore,
  type StoredConversation,
  type StoredResponse,
} from "./store.ts";

export interface MemoryStoreOptions {
  /** Bytes of JSON kept. Default 256 MiB. */
  readonly maxBytes?: number;
  /** Milliseconds that an object is kept after its last use. Default 30 days. */
  readonly maxAge?: number;
  /** For tests. */
  readonly now?: () => number;
}

interface Entry {
  /** JSON text: what is stored cannot change behind our back, and its size is known. */
  readonly text: string;
  readonly unfinished: boolean;
  /** Keys of the items inside, in the index of items. */
  readonly items: readonly string[];
  readonly chat?: ChatEntry;
  used: number;
}

/** What lists of chat completions are made by. */
interface ChatEntry extends Pick<StoredCompletion, "id" | "model" | "metadata"> {
  readonly tenant: string;
  /** Stays when the completion is changed. */
  readonly position: number;
}

const month = 30 * 24 * 3_600_000;

/** A store in memory. */
export function createMemoryStore(options: MemoryStoreOptions = {}): ResponseStore {
  return new MemoryStore(options);
}

interface ConversationDocument {
  readonly conversation: StoredConversation;
  readonly items: readonly ResponseItem[];
}

class MemoryStore implements ResponseStore {
  readonly name = "memory";
  readonly chats: ChatStore = {
    put: async (tenant, chat) => this.#putChat(tenant, chat),
    get: async (tenant, id) => this.#get<StoredChat>(key("chat", tenant, id)),
    delete: async (tenant, id) => this.#delete(key("chat", tenant, id)),
    list: async (tenant, query) => this.#listChats(tenant, query),
  };
  readonly #maxBytes: number;
  readonly #maxAge: number;
  readonly #now: () => number;
  /** In order of last use, oldest first. */
  readonly #entries: Map<string, Entry> = new Map();
  /** Which response holds an item. */
  readonly #holders: Map<string, string> = new Map();
  #bytes = 0;
  #chatCount = 0;
  readonly #secret: Uint8Array = randomBytes(32);

  constructor(options: MemoryStoreOptions) {
    this.#maxBytes = options.maxBytes ?? 256 * 1024 * 1024;
    this.#maxAge = options.maxAge ?? month;
    this.#now = options.now ?? Date.now;
  }

  async putResponse(tenant: string, stored: StoredResponse): Promise<void> {
    const { id, status } = stored.response;
    const items = itemsOf(stored).map((item) => key("item", tenant, item.id));
    const unfinished = status === "queued" || status === "in_progress";
    this.#set(key("response", tenant, id), stored, { unfinished, items });
  }

  async findItem(tenant: string, itemId: string): Promise<ResponseItem | undefined> {
    const holder = this.#holders.get(key("item", tenant, itemId));
    const stored = holder === undefined ? undefined : this.#get<StoredResponse>(holder);
    return stored && itemsOf(stored).find((item) => item.id === itemId);
  }

  async getResponse(tenant: string, id: string): Promise<StoredResponse | undefined> {
    return this.#get<StoredResponse>(key("response", tenant, id));
  }

  async deleteResponse(tenant: string, id: string): Promise<boolean> {
    return this.#delete(key("response", tenant, id));
  }

  async listUnfinished(): Promise<readonly { tenant: string; id: string }[]> {
    return [...this.#entries]
      .filter(([, entry]) => entry.unfinished)
      .map(([name]) => {
        const [, tenant = "", id = ""] = name.split("\n");
        return { tenant, id };
      });
  }

  async putConversation(tenant: string, conversation: StoredConversation): Promise<void> {
    const items = this.#conversation(tenant, conversation.id)?.items ?? [];
    this.#set(key("conversation", tenant, conversation.id), { conversation, items });
  }

  async getConversation(tenant: string, id: string): Promise<StoredConversation | undefined> {
    return this.#conversation(tenant, id)?.conversation;
  }

  async deleteConversation(tenant: string, id: string): Promise<boolean> {
    return this.#delete(key("conversation", tenant, id));
  }

  async appendItems(tenant: string, id: string, items: readonly ResponseItem[]): Promise<boolean> {
    const document = this.#conversation(tenant, id);
    if (document === undefined) return false;
    this.#set(key("conversation", tenant, id), { ...document, items: [...document.items, ...items] });
    return true;
  }

  async listItems(tenant: string, id: string): Promise<readonly ResponseItem[]> {
    return this.#conversation(tenant, id)?.items ?? [];
  }

  async deleteItem(tenant: string, id: string, itemId: string): Promise<boolean> {
    const document = this.#conversation(tenant, id);
    const items = document?.items.filter((item) => item.id !== itemId) ?? [];
    if (document === undefined || items.length === document.items.length) return false;
    this.#set(key("conversation", tenant, id), { ...document, items });
    return true;
  }

  async secret(): Promise<Uint8Array> {
    return this.#secret;
  }

  /** The items of a conversation are part of it here. */
  async count(): Promise<number> {
    return this.#entries.size;
  }

  async close(): Promise<void> {
    this.#entries.clear();
    this.#holders.clear();
    this.#bytes = 0;
  }

  #putChat(tenant: string, chat: StoredChat): void {
    const { id, model, metadata } = chat.completion;
    const name = key("chat", tenant, id);
    const position = this.#entries.get(name)?.chat?.position ?? this.#chatCount++;
    this.#set(name, chat, { chat: { id, model, metadata, tenant, position } });
  }

  #listChats(tenant: string, query: ChatQuery): Page<StoredCompletion> {
    const wanted = [...this.#entries.values()]
      .flatMap(({ chat }) => chat ?? [])
      .filter((chat) => chat.tenant === tenant && isWanted(chat, query))
      .sort((a, b) => a.position - b.position);
    const { data, hasMore } = pageOf(wanted, query);
    const found = data.flatMap(({ id }) => this.#get<StoredChat>(key("chat", tenant, id))?.completion ?? []);
    return { data: found, hasMore };
  }

  #conversation(tenant: string, id: string): ConversationDocument | undefined {
    return this.#get<ConversationDocument>(key("conversation", tenant, id));
  }

  #get<T>(name: string): T | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    if (this.#now() - entry.used > this.#maxAge) {
      this.#delete(name);
      return undefined;
    }
    entry.used = this.#now();
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return JSON.parse(entry.text) as T;
  }

  #set(
    name: string,
    value: unknown,
    index: Partial<Pick<Entry, "unfinished" | "items" | "chat">> = {},
  ): void {
    this.#delete(name);
    const entry: Entry = {
      text: JSON.stringify(value),
      unfinished: false,
      items: [],
      ...index,
      used: this.#now(),
    };
    this.#entries.set(name, entry);
    for (const item of entry.items) this.#holders.set(item, name);
    this.#bytes += size(name, entry);
    this.#evict();
  }

  #delete(name: string): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined) return false;
    this.#entries.delete(name);
    for (const item of entry.items) if (this.#holders.get(item) === name) this.#holders.delete(item);
    this.#bytes -= size(name, entry);
    return true;
  }

  /** Drops what is too old or too much, the newest entry excepted. */
  #evict(): void {
    for (const [name, entry] of this.#entries) {
      const isOld = this.#now() - entry.used > this.#maxAge;
      if (!isOld && (this.#bytes <= this.#maxBytes || this.#entries.size === 1)) return;
      this.#delete(name);
    }
  }
}

function key(kind: string, tenant: string, id: string): string {
  return `${kind}\n${tenant}\n${id}`;
}

/** Two bytes per UTF-16 unit is what a string costs at most; 200 for the entry and for each item of the index. */
function size(name: string, { text, items }: Entry): number {
  return 2 * (name.length + text.length) + 200 * (1 + items.length);
}
