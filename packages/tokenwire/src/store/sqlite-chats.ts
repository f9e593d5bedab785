// Stored chat completions in SQLite.

import {
  type ChatQuery,
  type ChatRow,
  type ChatStore,
  pageOfRows,
  type StoredChat,
  type StoredCompletion,
  type StoredMessage,
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

  async put(tenant: string, { completion, messages }: StoredChat): Promise<void> {
    this.#database.run(
      `INSERT INTO chats (tenant, id, expires, body, messages) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (tenant, id) DO UPDATE SET expires = excluded.expires, body = excluded.body,
         messages = excluded.messages`,
      tenant,
      completion.id,
      Date.now() + this.#maxAge,
      JSON.stringify(completion),
      JSON.stringify(messages),
    );
  }

  async get(tenant: string, id: string): Promise<StoredChat | undefined> {
    const row = this.#database.get<{ body: string; messages: string }>(
      "SELECT body, messages FROM chats WHERE tenant = ? AND id = ? AND expires >= ?",
      tenant,
      id,
      Date.now(),
    );
    return (
      row && {
        completion: JSON.parse(row.body) as StoredCompletion,
        messages: JSON.parse(row.messages) as StoredMessage[],
      }
    );
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
    const [beyond, order] = query.order === "asc" ? [">", "ASC"] : ["<", "DESC"];
    const edge = query.order === "asc" ? 0 : Number.MAX_SAFE_INTEGER;
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
