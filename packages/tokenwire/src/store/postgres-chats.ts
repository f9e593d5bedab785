// Stored chat completions in PostgreSQL.

import {
  type ChatQuery,
  type ChatStore,
  pageOfRows,
  type StoredChat,
  type StoredCompletion,
  type StoredMessage,
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

  async put(tenant: string, { completion, messages }: StoredChat): Promise<void> {
    await this.#pool.query(
      `INSERT INTO tokenwire.chats (tenant, id, expires, body, messages) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (tenant, id) DO UPDATE SET expires = excluded.expires, body = excluded.body,
         messages = excluded.messages`,
      [
        idTo(tenant),
        idTo(completion.id),
        Date.now() + this.#maxAge,
        JSON.stringify(completion),
        JSON.stringify(messages),
      ],
    );
  }

  async get(tenant: string, id: string): Promise<StoredChat | undefined> {
    const { rows } = await this.#pool.query<{ body: string; messages: string }>(
      "SELECT body, messages FROM tokenwire.chats WHERE tenant = $1 AND id = $2 AND expires >= $3",
      [idTo(tenant), idTo(id), Date.now()],
    );
    const [row] = rows;
    return (
      row && {
        completion: JSON.parse(row.body) as StoredCompletion,
        messages: JSON.parse(row.messages) as StoredMessage[],
      }
    );
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
    const isAscending = query.order === "asc";
    const start = query.after === undefined ? undefined : await this.#positionOf(owner, idTo(query.after));
    const [beyond, order] = isAscending ? [">", "ASC"] : ["<", "DESC"];
    return pageOfRows(query, start, async (position, limit) => {
      const { rows } = await this.#pool.query<{ position: string; body: string }>(
        `SELECT position, body FROM tokenwire.chats WHERE tenant = $1 AND expires >= $2 AND position ${beyond} $3
         ORDER BY position ${order} LIMIT $4`,
        [owner, Date.now(), position ?? (isAscending ? 0 : Number.MAX_SAFE_INTEGER), limit],
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
