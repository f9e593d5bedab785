// Chat completions that clients asked to keep, and what pages of them have in common in every store.

import type { Page, PageRequest } from "./store.ts";

/** A completion as it was answered, with the metadata that can be changed later. */
export interface StoredCompletion {
  readonly id: string;
  readonly model: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** A message of its request. */
export interface StoredMessage {
  readonly id: string;
  readonly [field: string]: unknown;
}

export interface StoredChat {
  readonly completion: StoredCompletion;
  readonly messages: readonly StoredMessage[];
}

/** Which completions to list, oldest first for `asc`. */
export interface ChatQuery extends PageRequest {
  readonly model?: string;
  /** Pairs that all must be there. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface ChatStore {
  /** Stores a completion, or replaces the one of this id. Resolves once it survives a crash, as responses do. */
  put(tenant: string, chat: StoredChat): Promise<void>;
  get(tenant: string, id: string): Promise<StoredChat | undefined>;
  /** False when there was none. */
  delete(tenant: string, id: string): Promise<boolean>;
  list(tenant: string, query: ChatQuery): Promise<Page<StoredCompletion>>;
}

/** Whether a completion is one of those asked for. */
export function isWanted(
  { model, metadata }: Pick<StoredCompletion, "model" | "metadata">,
  query: Omit<ChatQuery, keyof PageRequest>,
): boolean {
  if (query.model !== undefined && query.model !== model) return false;
  return Object.entries(query.metadata ?? {}).every(
    ([key, value]) => Object.hasOwn(metadata, key) && metadata[key] === value,
  );
}

/** The columns of a completion, as both databases keep them. */
export interface ChatColumns {
  readonly body: string;
  readonly messages: string;
}

export function toChatColumns({ completion, messages }: StoredChat): ChatColumns {
  return { body: JSON.stringify(completion), messages: JSON.stringify(messages) };
}

export function fromChatColumns(row: ChatColumns | undefined): StoredChat | undefined {
  return (
    row && {
      completion: JSON.parse(row.body) as StoredCompletion,
      messages: JSON.parse(row.messages) as StoredMessage[],
    }
  );
}

/** What a replaced completion keeps is its position only. */
export const onChatConflict =
  "ON CONFLICT (tenant, id) DO UPDATE SET expires = excluded.expires, body = excluded.body, messages = excluded.messages";

/** How a page runs through the positions: which are beyond one, in which order, and from where without one. */
export function pageDirection(query: ChatQuery): { beyond: string; order: string; edge: number } {
  return query.order === "asc"
    ? { beyond: ">", order: "ASC", edge: 0 }
    : { beyond: "<", order: "DESC", edge: Number.MAX_SAFE_INTEGER };
}

/** A row of a table of completions. */
export interface ChatRow {
  readonly position: number;
  readonly body: string;
}

const batchSize = 100;

/**
 * A page from a table, read in batches: which metadata is wanted is decided here, in the same way for every database.
 *
 * @param rowsAfter at most so many rows behind a position, in the order of the page
 */
export async function pageOfRows(
  query: ChatQuery,
  start: number | undefined,
  rowsAfter: (position: number | undefined, limit: number) => Promise<readonly ChatRow[]>,
): Promise<Page<StoredCompletion>> {
  const data: StoredCompletion[] = [];
  for (let position = start; ; ) {
    const rows = await rowsAfter(position, batchSize);
    for (const { body } of rows) {
      const completion = JSON.parse(body) as StoredCompletion;
      if (!isWanted(completion, query)) continue;
      if (data.length === query.limit) return { data, hasMore: true };
      data.push(completion);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < batchSize) return { data, hasMore: false };
    position = last.position;
  }
}
