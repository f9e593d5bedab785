// Stored chat completions in SQLite.

import {
  type ChatColumns,
  type ChatQuery,
  type ChatRow,
  type ChatStore,
  fromChatColumns,
  onChatConflict,
  pageDirection,
  pageOfRows,
  type StoredChat,
  type StoredCompletion,
  toChatColumns,
} from "./chats.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";
import type { Page } from "./store.ts";

export class SqliteChats implements ChatStore {
  readonly #database: SqliteDatabase;
  readonly #maxAge: number;

  constructor(database: SqliteDatabase, maxAge: number) {
    this.#database = database;
    this.#maxAge = maxAge;
    database.run("DELETE FROM chats WHERE expires < ?", Date.now());
  }

  async put(tenant: string, chat: StoredChat): Promise<void> {
    const { body, messages } = toChatColumns(chat);
    this.#database.run(
      `INSERT INTO chats (tenant, id, expires, body, messages) VALUES (?, ?, ?, ?, ?) ${onChatConflict}`,
      tenant,
      chat.completion.id,
      Date.now() + this.#maxAge,
      body,
      messages,
    );
  }

  async get(tenant: string, id: string): Promise<StoredChat | undefined> {
    const row = this.#database.get<ChatColumns>(
      "SELECT body, messages FROM chats WHERE tenant = ? AND id = ? AND expires >= ?",
      tenant,
      id,
      Date.now(),
    );
    return fromChatColumns(row);
  }

  async delete(tenant: string, id: string): Promise<boolean> {
    return this.#database.run("DELETE FROM chats WHERE tenant = ? AND id = ?", tenant, id);
  }

  async list(tenant: string, query: ChatQuery): Promise<Page<StoredCompletion>> {
    const { after } = query;
    const last =
      after === undefined
        ? undefined
        : this.#database.get<{ position: number }>(
            "SELECT position FROM chats WHERE tenant = ? AND id = ?",
            tenant,
            after,
          );
    const { beyond, order, edge } = pageDirection(query);
    return pageOfRows(query, last?.position, async (position = edge, limit) =>
      this.#database.all<ChatRow>(
        `SELECT position, body FROM chats WHERE tenant = ? AND expires >= ? AND position ${beyond} ?
         ORDER BY position ${order} LIMIT ?`,
        tenant,
        Date.now(),
        position,
        limit,
      ),
    );
  }
}
