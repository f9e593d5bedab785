// What a server keeps between requests, behind one interface. Every adapter passes the same conformance kit. A tenant
// sees only its own objects; those of others do not exist for it.

import type { ResponseItem, ResponseObject } from "../protocol/index.ts";
import type { ChatStore } from "./chats.ts";
import type { Claims } from "./claims.ts";
import type { ResponseLeases } from "./leases.ts";

/** A response with what its successors need. */
export interface StoredResponse {
  readonly response: ResponseObject;
  /** The items of its own request, in order. */
  readonly input: readonly ResponseItem[];
  readonly previousId: string | null;
  /** The events as they were sent, for responses that can be followed again; absent: rebuilt from the response. */
  readonly events?: readonly unknown[];
}

export interface StoredConversation {
  readonly id: string;
  readonly createdAt: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A page of a list. `after` is the id of the last item seen. */
export interface PageRequest {
  readonly limit: number;
  readonly order: "asc" | "desc";
  readonly after?: string;
}

export interface Page<T> {
  readonly data: readonly T[];
  readonly hasMore: boolean;
}

export interface ResponseStore {
  /** What it is, for logs and `/server_info`. */
  readonly name: string;
  /** Chat completions with `store: true`. */
  readonly chats: ChatStore;
  /** Where several servers share the store. Absent: what is unfinished at the start has no owner. */
  readonly leases?: ResponseLeases;
  /** The same for what only one server at a time may do. Absent: there is one server. */
  readonly claims?: Claims;
  /** Resolves once the response survives a crash (as far as the adapter promises any survival). */
  putResponse(tenant: string, stored: StoredResponse): Promise<void>;
  getResponse(tenant: string, id: string): Promise<StoredResponse | undefined>;
  /** False when there was none. */
  deleteResponse(tenant: string, id: string): Promise<boolean>;
  /** An input or output item of any stored response: clients refer to items by id alone. */
  findItem(tenant: string, itemId: string): Promise<ResponseItem | undefined>;
  /** Ids and tenants of responses that are `queued` or `in_progress`: orphans of an earlier process at start-up. */
  listUnfinished(): Promise<readonly { readonly tenant: string; readonly id: string }[]>;

  putConversation(tenant: string, conversation: StoredConversation): Promise<void>;
  getConversation(tenant: string, id: string): Promise<StoredConversation | undefined>;
  /** Deletes the conversation and its items; false when there was none. */
  deleteConversation(tenant: string, id: string): Promise<boolean>;
  /** Appends all items, or none when the conversation does not exist (false). */
  appendItems(tenant: string, conversationId: string, items: readonly ResponseItem[]): Promise<boolean>;
  listItems(tenant: string, conversationId: string): Promise<readonly ResponseItem[]>;
  deleteItem(tenant: string, conversationId: string, itemId: string): Promise<boolean>;

  /** 32 random bytes, the same as long as the store lives and for every server that shares it: a key to seal with. */
  secret(): Promise<Uint8Array>;

  /** About how many responses, chat completions, conversations and their items there are. */
  count(): Promise<number>;

  close(): Promise<void>;
}

/** A page of a list that is in ascending order. */
export function pageOf<T extends { readonly id: string }>(items: readonly T[], page: PageRequest): Page<T> {
  const ordered = page.order === "asc" ? items : [...items].reverse();
  const at = page.after === undefined ? -1 : ordered.findIndex((item) => item.id === page.after);
  const data = ordered.slice(at + 1, at + 1 + page.limit);
  return { data, hasMore: at + 1 + data.length < ordered.length };
}

/** The items that a stored response holds, its own input and its output. */
export function itemsOf({ input, response }: StoredResponse): readonly ResponseItem[] {
  return [...input, ...(response.output as unknown as readonly ResponseItem[])];
}
