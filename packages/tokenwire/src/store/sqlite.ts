// The durable store: one SQLite file. `node:sqlite` where Node has it (22.13 and later), else the optional package
// better-sqlite3. An acknowledged write survives `kill -9`: write-ahead log, synchronous FULL.

import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { ResponseItem } from "../protocol/index.ts";
import type { ChatStore } from "./chats.ts";
import { SqliteChats } from "./sqlite-chats.ts";
import { SqliteDatabase } from "./sqlite-database.ts";
import { itemsOf, type ResponseStore, type StoredConversation, type StoredResponse } from "./store.ts";

export interface SqliteStoreOptions {
  /** `NORMAL` loses the last writes when the machine (not the process) dies. Default `FULL`. */
  readonly synchronous?: "FULL" | "NORMAL";
  /** Milliseconds that an object is kept. Default 30 days. */
  readonly maxAge?: number;
}

/**
 * Opens or creates a store file.
 *
 * @throws TokenwireError INVALID_ARGUMENT without a driver, or for a file of a later version
 */
export async function openSqliteStore(
  path: string,
  options: SqliteStoreOptions = {},
): Promise<ResponseStore> {
  const file = resolve(path);
  mkdirSync(dirname(file), { recursive: true });
  const database = await SqliteDatabase.open(file, options.synchronous ?? "FULL");
  return new SqliteStore(database, file, options.maxAge ?? 30 * 24 * 3_600_000);
}

class SqliteStore implements ResponseStore {
  readonly name: string;
  readonly chats: ChatStore;
  readonly #database: SqliteDatabase;
  readonly #maxAge: number;

  constructor(database: SqliteDatabase, file: string, maxAge: number) {
    this.name = `sqlite ${file}`;
    this.#database = database;
    this.#maxAge = maxAge;
    this.chats = new SqliteChats(database, maxAge);
    database.run("DELETE FROM responses WHERE expires < ?", Date.now());
  }

  async putResponse(tenant: string, stored: StoredResponse): Promise<void> {
    const insert = "INSERT OR REPLACE INTO response_items (tenant, id, response) VALUES (?, ?, ?)";
    this.#database.transaction(() => {
      this.#writeResponse(tenant, stored);
      for (const { id } of itemsOf(stored)) this.#database.run(insert, tenant, id, stored.response.id);
    });
  }

  async findItem(tenant: string, itemId: string): Promise<ResponseItem | undefined> {
    const row = this.#database.get<{ response: string }>(
      "SELECT response FROM response_items WHERE tenant = ? AND id = ?",
      tenant,
      itemId,
    );
    const stored = row && (await this.getResponse(tenant, row.response));
    return stored && itemsOf(stored).find((item) => item.id === itemId);
  }

  #writeResponse(tenant: string, { response, input, previousId, events }: StoredResponse): void {
    this.#database.run(
      `INSERT OR REPLACE INTO responses (id, tenant, created, expires, status, previous_id, model, body, input, events)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      response.id,
      tenant,
      response.created_at,
      Date.now() + this.#maxAge,
      response.status,
      previousId,
      response.model,
      JSON.stringify(response),
      JSON.stringify(input),
      events === undefined ? null : JSON.stringify(events),
    );
  }

  async getResponse(tenant: string, id: string): Promise<StoredResponse | undefined> {
    const row = this.#database.get<{
      body: string;
      input: string;
      previous_id: string | null;
      events: string | null;
    }>(
      "SELECT body, input, previous_id, events FROM responses WHERE tenant = ? AND id = ? AND expires >= ?",
      tenant,
      id,
      Date.now(),
    );
    if (row === undefined) return undefined;
    return {
      response: JSON.parse(row.body) as StoredResponse["response"],
      input: JSON.parse(row.input) as ResponseItem[],
      previousId: row.previous_id,
      ...(row.events !== null && { events: JSON.parse(row.events) as unknown[] }),
    };
  }

  async deleteResponse(tenant: string, id: string): Promise<boolean> {
    return this.#database.run("DELETE FROM responses WHERE tenant = ? AND id = ?", tenant, id);
  }

  async listUnfinished(): Promise<readonly { tenant: string; id: string }[]> {
    return this.#database.all("SELECT tenant, id FROM responses WHERE status IN ('queued', 'in_progress')");
  }

  async putConversation(tenant: string, { id, createdAt, metadata }: StoredConversation): Promise<void> {
    this.#database.run(
      `INSERT INTO conversations (id, tenant, created, metadata) VALUES (?, ?, ?, ?)
       ON CONFLICT (tenant, id) DO UPDATE SET metadata = excluded.metadata`,
      id,
      tenant,
      createdAt,
      JSON.stringify(metadata),
    );
  }

  async getConversation(tenant: string, id: string): Promise<StoredConversation | undefined> {
    const row = this.#database.get<{ created: number; metadata: string }>(
      "SELECT created, metadata FROM conversations WHERE tenant = ? AND id = ?",
      tenant,
      id,
    );
    if (row === undefined) return undefined;
    return { id, createdAt: row.created, metadata: JSON.parse(row.metadata) as Record<string, string> };
  }

  async deleteConversation(tenant: string, id: string): Promise<boolean> {
    return this.#database.run("DELETE FROM conversations WHERE tenant = ? AND id = ?", tenant, id);
  }

  async appendItems(tenant: string, id: string, items: readonly ResponseItem[]): Promise<boolean> {
    if ((await this.getConversation(tenant, id)) === undefined) return false;
    const insert = "INSERT INTO items (tenant, conversation, id, body) VALUES (?, ?, ?, ?)";
    this.#database.transaction(() => {
      for (const item of items) this.#database.run(insert, tenant, id, item.id, JSON.stringify(item));
    });
    return true;
  }

  async listItems(tenant: string, id: string): Promise<readonly ResponseItem[]> {
    const rows = this.#database.all<{ body: string }>(
      "SELECT body FROM items WHERE tenant = ? AND conversation = ? ORDER BY position",
      tenant,
      id,
    );
    return rows.map((row) => JSON.parse(row.body) as ResponseItem);
  }

  async deleteItem(tenant: string, id: string, itemId: string): Promise<boolean> {
    const sql = "DELETE FROM items WHERE tenant = ? AND conversation = ? AND id = ?";
    return this.#database.run(sql, tenant, id, itemId);
  }

  async secret(): Promise<Uint8Array> {
    const made = randomBytes(32).toString("hex");
    this.#database.run("INSERT OR IGNORE INTO secrets (name, value) VALUES ('seal', ?)", made);
    const row = this.#database.get<{ value: string }>("SELECT value FROM secrets WHERE name = 'seal'");
    return Buffer.from(row!.value, "hex");
  }

  async count(): Promise<number> {
    const counts = ["responses", "chats", "conversations", "items"].map(
      (table) => `(SELECT count(*) FROM ${table})`,
    );
    return this.#database.get<{ total: number }>(`SELECT ${counts.join(" + ")} AS total`)!.total;
  }

  async close(): Promise<void> {
    this.#database.close();
  }
}
