// Stored chat completions in PostgreSQL.

import {
  type ChatColumns,
  type ChatQuery,
  type ChatStore,
  fromChatColumns,
  onChatConflict,
  pageDirection,
  pageOfRows,
  type StoredChat,
  type StoredCompletion,
  toChatColumns,
} from "./chats.ts";
import { idTo, type Pool } from "./postgres-database.ts";
import type { Page } from "./store.ts";

export class PostgresChats implements ChatStore {
  readonly #pool: Pool;
  readonly #maxAge: number;

  constructor(pool: Pool, maxAge: number) {
    this.#pool = pool;
    this.#maxAge = maxAge;
  }

  async put(tenant: string, chat: StoredChat): Promise<void> {
    const { body, messages } = toChatColumns(chat);
    await this.#pool.query(
      `INSERT INTO tokenwire.chats (tenant, id, expires, body, messages) VALUES ($1, $2, $3, $4, $5) ${onChatConflict}`,
      [idTo(tenant), idTo(chat.completion.id), Date.now() + this.#maxAge, body, messages],
    );
  }

  async get(tenant: string, id: string): Promise<StoredChat | undefined> {
    const { rows } = await this.#pool.query<ChatColumns>(
      "SELECT body, messages FROM tokenwire.chats WHERE tenant = $1 AND id = $2 AND expires >= $3",
      [idTo(tenant), idTo(id), Date.now()],
    );
    return fromChatColumns(rows[0]);
  }

  async delete(tenant: string, id: string): Promise<boolean> {
    const { rowCount } = await this.#pool.query("DELETE FROM tokenwire.chats WHERE tenant = $1 AND id = $2", [
      idTo(tenant),
      idTo(id),
    ]);
    return (rowCount ?? 0) > 0;
  }

  async list(tenant: string, query: ChatQuery): Promise<Page<StoredCompletion>> {
    const owner = idTo(tenant);
    const start = query.after === undefined ? undefined : await this.#positionOf(owner, idTo(query.after));
    const { beyond, order, edge } = pageDirection(query);
    return pageOfRows(query, start, async (position, limit) => {
      const { rows } = await this.#pool.query<{ position: string; body: string }>(
        `SELECT position, body FROM tokenwire.chats WHERE tenant = $1 AND expires >= $2 AND position ${beyond} $3
         ORDER BY position ${order} LIMIT $4`,
        [owner, Date.now(), position ?? edge, limit],
      );
      return rows.map(({ position: at, body }) => ({ position: Number(at), body }));
    });
  }

  async #positionOf(owner: string, id: string): Promise<number | undefined> {
    const { rows } = await this.#pool.query<{ position: string }>(
      "SELECT position FROM tokenwire.chats WHERE tenant = $1 AND id = $2",
      [owner, id],
    );
    return rows[0] && Number(rows[0].position);
  }
}
