// A store that several programs can read: a PostgreSQL database, through the optional package pg. Everything is in the
// schema `tokenwire`. A write is acknowledged after its commit, so it survives `kill -9` of this process.

import { randomBytes } from "node:crypto";
import { TokenwireError } from "@tokenwire/core";
import type { ResponseItem } from "../protocol/index.ts";
import type { ChatStore } from "./chats.ts";
import type { Claims } from "./claims.ts";
import type { ResponseLeases } from "./leases.ts";
import { PostgresChats } from "./postgres-chats.ts";
import { PostgresClaims } from "./postgres-claims.ts";
import { type Client, createPool, idFrom, idTo, migrate, type Pool } from "./postgres-database.ts";
import { type LeaseWrite, PostgresLeases, responseWrite } from "./postgres-leases.ts";
import { itemsOf, type ResponseStore, type StoredConversation, type StoredResponse } from "./store.ts";

export interface PostgresStoreOptions {
  /** Milliseconds that a response is kept. Default 30 days. */
  readonly maxAge?: number;
  /** Connections at most. Default 10. */
  readonly maxConnections?: number;
  /** Milliseconds after which a server that no longer renews its leases counts as dead. Default 15 s. */
  readonly leaseDuration?: number;
}

/**
 * Opens a database and brings its tables up to date.
 *
 * @param url `postgres://user:password@host:port/database`, with the parameters that libpq knows, as `sslmode`
 * @throws TokenwireError INVALID_ARGUMENT without the package pg, for a database that cannot be opened, or for one that
 * a later version of tokenwire has written
 * @example
 * const store = await openPostgresStore("postgres://tokenwire@localhost/tokenwire");
 */
export async function openPostgresStore(
  url: string,
  options: PostgresStoreOptions = {},
): Promise<ResponseStore> {
  const name = describe(url);
  const pool = await createPool(url, options.maxConnections ?? 10);
  try {
    await migrate(pool, name);
    for (const table of ["responses", "chats"])
      await pool.query(`DELETE FROM tokenwire.${table} WHERE expires < $1`, [Date.now()]);
  } catch (cause) {
    await pool.end();
    if (cause instanceof TokenwireError) throw cause;
    throw new TokenwireError(
      "INVALID_ARGUMENT",
      `Cannot open the store ${name}: ${(cause as Error).message || String(cause)}. Check that the server runs, that the database exists and that the user may create a schema in it.`,
      { cause },
    );
  }
  return new PostgresStore(pool, name, options);
}

/** The address without user, password and parameters. */
function describe(url: string): string {
  if (!URL.canParse(url)) {
    // Not quoted: it may hold a password.
    throw new TokenwireError(
      "INVALID_ARGUMENT",
      "The address of the Postgres store is not a URL. Expected postgres://user:password@host:port/database, or postgres:///database?host=/socket/folder&user=name.",
    );
  }
  const { host, pathname, searchParams } = new URL(url);
  return `postgres ${host || (searchParams.get("host") ?? "localhost")}${pathname}`;
}

class PostgresStore implements ResponseStore {
  readonly name: string;
  readonly chats: ChatStore;
  readonly leases: ResponseLeases;
  readonly claims: Claims;
  readonly #pool: Pool;
  readonly #maxAge: number;

  constructor(pool: Pool, name: string, options: PostgresStoreOptions) {
    const { maxAge = 30 * 24 * 3_600_000, leaseDuration = 15_000 } = options;
    this.name = name;
    this.chats = new PostgresChats(pool, maxAge);
    this.claims = new PostgresClaims(pool, leaseDuration);
    this.leases = new PostgresLeases(pool, leaseDuration, (tenant, stored, lease) =>
      this.#putResponse(tenant, stored, lease),
    );
    this.#pool = pool;
    this.#maxAge = maxAge;
  }

  async putResponse(tenant: string, stored: StoredResponse): Promise<void> {
    await this.#putResponse(tenant, stored);
  }

  /** False, and nothing is written, when the lease that it needs is not held. */
  async #putResponse(tenant: string, stored: StoredResponse, lease?: LeaseWrite): Promise<boolean> {
    const { response, input, previousId, events } = stored;
    // In order, so that two writers of the same items never wait for each other.
    const items = [...new Set(itemsOf(stored).map(({ id }) => idTo(id)))].sort();
    const values = [
      idTo(tenant),
      idTo(response.id),
      response.created_at,
      Date.now() + this.#maxAge,
      response.status,
      previousId === null ? null : idTo(previousId),
      idTo(response.model),
      JSON.stringify(response),
      JSON.stringify(input),
      events === undefined ? null : JSON.stringify(events),
    ];
    return this.#transaction(async (client) => {
      const { rowCount } = await client.query(...responseWrite(values, lease));
      if (rowCount === 0) return false;
      await client.query(
        `INSERT INTO tokenwire.response_items (tenant, id, response)
         SELECT $1, item, $2 FROM unnest($3::text[]) AS item
         ON CONFLICT (tenant, id) DO UPDATE SET response = excluded.response`,
        [idTo(tenant), idTo(response.id), items],
      );
      return true;
    });
  }

  async findItem(tenant: string, itemId: string): Promise<ResponseItem | undefined> {
    const { rows } = await this.#pool.query<{ response: string }>(
      "SELECT response FROM tokenwire.response_items WHERE tenant = $1 AND id = $2",
      [idTo(tenant), idTo(itemId)],
    );
    const stored = rows[0] && (await this.getResponse(tenant, idFrom(rows[0].response)));
    return stored && itemsOf(stored).find((item) => item.id === itemId);
  }

  async getResponse(tenant: string, id: string): Promise<StoredResponse | undefined> {
    const { rows } = await this.#pool.query<{
      body: string;
      input: string;
      previous_id: string | null;
      events: string | null;
    }>(
      "SELECT body, input, previous_id, events FROM tokenwire.responses WHERE tenant = $1 AND id = $2 AND expires >= $3",
      [idTo(tenant), idTo(id), Date.now()],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    return {
      response: JSON.parse(row.body) as StoredResponse["response"],
      input: JSON.parse(row.input) as ResponseItem[],
      previousId: row.previous_id === null ? null : idFrom(row.previous_id),
      ...(row.events !== null && { events: JSON.parse(row.events) as unknown[] }),
    };
  }

  async deleteResponse(tenant: string, id: string): Promise<boolean> {
    return this.#changes("DELETE FROM tokenwire.responses WHERE tenant = $1 AND id = $2", tenant, id);
  }

  async listUnfinished(): Promise<readonly { tenant: string; id: string }[]> {
    const { rows } = await this.#pool.query<{ tenant: string; id: string }>(
      "SELECT tenant, id FROM tokenwire.responses WHERE status IN ('queued', 'in_progress')",
    );
    return rows.map(({ tenant, id }) => ({ tenant: idFrom(tenant), id: idFrom(id) }));
  }

  async putConversation(tenant: string, { id, createdAt, metadata }: StoredConversation): Promise<void> {
    await this.#pool.query(
      `INSERT INTO tokenwire.conversations (tenant, id, created, metadata) VALUES ($1, $2, $3, $4)
       ON CONFLICT (tenant, id) DO UPDATE SET metadata = excluded.metadata`,
      [idTo(tenant), idTo(id), createdAt, JSON.stringify(metadata)],
    );
  }

  async getConversation(tenant: string, id: string): Promise<StoredConversation | undefined> {
    const { rows } = await this.#pool.query<{ created: string; metadata: string }>(
      "SELECT created, metadata FROM tokenwire.conversations WHERE tenant = $1 AND id = $2",
      [idTo(tenant), idTo(id)],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const metadata = JSON.parse(row.metadata) as Record<string, string>;
    return { id, createdAt: Number(row.created), metadata };
  }

  async deleteConversation(tenant: string, id: string): Promise<boolean> {
    return this.#changes("DELETE FROM tokenwire.conversations WHERE tenant = $1 AND id = $2", tenant, id);
  }

  async appendItems(tenant: string, id: string, items: readonly ResponseItem[]): Promise<boolean> {
    const owner = [idTo(tenant), idTo(id)];
    return this.#transaction(async (client) => {
      // Locked, so that the items of two appends do not mix.
      const { rowCount } = await client.query(
        "SELECT 1 FROM tokenwire.conversations WHERE tenant = $1 AND id = $2 FOR UPDATE",
        owner,
      );
      if (rowCount === 0) return false;
      await client.query(
        `INSERT INTO tokenwire.items (tenant, conversation, id, body)
         SELECT $1, $2, item.id, item.body
         FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS item (id, body, place) ORDER BY place`,
        [...owner, items.map((item) => idTo(item.id)), items.map((item) => JSON.stringify(item))],
      );
      return true;
    });
  }

  async listItems(tenant: string, id: string): Promise<readonly ResponseItem[]> {
    const { rows } = await this.#pool.query<{ body: string }>(
      "SELECT body FROM tokenwire.items WHERE tenant = $1 AND conversation = $2 ORDER BY position",
      [idTo(tenant), idTo(id)],
    );
    return rows.map((row) => JSON.parse(row.body) as ResponseItem);
  }

  async deleteItem(tenant: string, id: string, itemId: string): Promise<boolean> {
    const sql = "DELETE FROM tokenwire.items WHERE tenant = $1 AND conversation = $2 AND id = $3";
    return this.#changes(sql, tenant, id, itemId);
  }

  async secret(): Promise<Uint8Array> {
    await this.#pool.query(
      "INSERT INTO tokenwire.secrets (name, value) VALUES ('seal', $1) ON CONFLICT DO NOTHING",
      [randomBytes(32).toString("hex")],
    );
    const { rows } = await this.#pool.query<{ value: string }>(
      "SELECT value FROM tokenwire.secrets WHERE name = 'seal'",
    );
    return Buffer.from(rows[0]!.value, "hex");
  }

  async count(): Promise<number> {
    // What the database estimates for its planner: counting would read whole tables.
    const { rows } = await this.#pool.query<{ total: number }>(
      `SELECT coalesce(sum(greatest(reltuples, 0)), 0)::float8 AS total FROM pg_class
       WHERE relnamespace = 'tokenwire'::regnamespace AND relname IN ('responses', 'chats', 'conversations', 'items')`,
    );
    return rows[0]!.total;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #changes(sql: string, ...ids: string[]): Promise<boolean> {
    const { rowCount } = await this.#pool.query(sql, ids.map(idTo));
    return (rowCount ?? 0) > 0;
  }

  /** All of it, or nothing. */
  async #transaction<T>(write: (client: Client) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    try {
      await client.query("BEGIN");
      const result = await write(client);
      await client.query("COMMIT");
      client.release();
      return result;
    } catch (error) {
      // The connection is closed, not reused: the server rolls back what it had begun.
      client.release(true);
      throw error;
    }
  }
}
