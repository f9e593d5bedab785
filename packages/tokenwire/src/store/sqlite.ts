// The durable store: one SQLite file. `node:sqlite` where Node has it (22.13 and later), else the optional package
// better-sqlite3. An acknowledged write survives `kill -9`: write-ahead log, synchronous FULL.

import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { TokenwireError } from "@tokenwire/core";
import type { ResponseItem } from "../protocol/index.ts";
import { itemsOf, type ResponseStore, type StoredConversation, type StoredResponse } from "./store.ts";

/** What both drivers have in common. */
interface Statement {
  run(...values: (string | number | null)[]): { changes: number | bigint };
  get(...values: (string | number | null)[]): unknown;
  all(...values: (string | number | null)[]): unknown[];
}
interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): unknown;
}

export interface SqliteStoreOptions {
  /** `NORMAL` loses the last writes when the machine (not the process) dies. Default `FULL`. */
  readonly synchronous?: "FULL" | "NORMAL";
  /** Milliseconds that an object is kept. Default 30 days. */
  readonly maxAge?: number;
}

/** Schema changes, in order; the file remembers how many it has. */
const migrations = [
  `CREATE TABLE responses (
     id TEXT NOT NULL, tenant TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL,
     status TEXT NOT NULL, previous_id TEXT, model TEXT NOT NULL,
     body TEXT NOT NULL, input TEXT NOT NULL, events TEXT, PRIMARY KEY (tenant, id)) WITHOUT ROWID;
   CREATE INDEX responses_expires ON responses (expires);
   CREATE INDEX responses_unfinished ON responses (status) WHERE status IN ('queued', 'in_progress');
   CREATE TABLE response_items (
     tenant TEXT NOT NULL, id TEXT NOT NULL, response TEXT NOT NULL, PRIMARY KEY (tenant, id),
     FOREIGN KEY (tenant, response) REFERENCES responses (tenant, id) ON DELETE CASCADE) WITHOUT ROWID;
   CREATE INDEX response_items_response ON response_items (tenant, response);
   CREATE TABLE conversations (
     id TEXT NOT NULL, tenant TEXT NOT NULL, created INTEGER NOT NULL, metadata TEXT NOT NULL,
     PRIMARY KEY (tenant, id)) WITHOUT ROWID;
   CREATE TABLE items (
     position INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, conversation TEXT NOT NULL,
     id TEXT NOT NULL, body TEXT NOT NULL,
     FOREIGN KEY (tenant, conversation) REFERENCES conversations (tenant, id) ON DELETE CASCADE);
   CREATE INDEX items_conversation ON items (tenant, conversation, position);`,
];

async function openDatabase(path: string): Promise<Database> {
  // Held in variables: neither module exists everywhere, and neither is needed to compile or to bundle.
  const builtin = "node:sqlite";
  const peer = "better-sqlite3";
  const native = (await import(builtin).catch(() => undefined)) as
    | { DatabaseSync: new (path: string) => Database }
    | undefined;
  if (native) return new native.DatabaseSync(path);
  const optional = (await import(peer).catch(() => undefined)) as
    | { default: new (path: string) => Database }
    | undefined;
  if (optional) return new optional.default(path);
  throw new TokenwireError(
    "INVALID_ARGUMENT",
    `A SQLite store needs Node 22.13 or later (this is ${process.version}) or the package better-sqlite3: npm install better-sqlite3@12.`,
  );
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
  const database = await openDatabase(file);
  database.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${options.synchronous ?? "FULL"}; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000; PRAGMA secure_delete = ON`,
  );
  migrate(database, file);
  return new SqliteStore(database, file, options.maxAge ?? 30 * 24 * 3_600_000);
}

function migrate(database: Database, file: string): void {
  const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (version > migrations.length) {
    database.close();
    throw new TokenwireError(
      "INVALID_ARGUMENT",
      `The store ${file} was written by a later version of tokenwire (schema ${version}, known ${migrations.length}).`,
    );
  }
  for (const [index, sql] of migrations.slice(version).entries()) {
    database.exec(`BEGIN; ${sql} PRAGMA user_version = ${version + index + 1}; COMMIT`);
  }
}

class SqliteStore implements ResponseStore {
  readonly name: string;
  readonly #database: Database;
  readonly #maxAge: number;
  readonly #statements: Map<string, Statement> = new Map();

  constructor(database: Database, file: string, maxAge: number) {
    this.name = `sqlite ${file}`;
    this.#database = database;
    this.#maxAge = maxAge;
    this.#sql("DELETE FROM responses WHERE expires < ?").run(Date.now());
  }

  async putResponse(tenant: string, stored: StoredResponse): Promise<void> {
    this.#transaction(() => {
      this.#writeResponse(tenant, stored);
      const insert = this.#sql(
        "INSERT OR REPLACE INTO response_items (tenant, id, response) VALUES (?, ?, ?)",
      );
      for (const { id } of itemsOf(stored)) insert.run(tenant, id, stored.response.id);
    });
  }

  async findItem(tenant: string, itemId: string): Promise<ResponseItem | undefined> {
    const row = this.#sql("SELECT response FROM response_items WHERE tenant = ? AND id = ?").get(
      tenant,
      itemId,
    ) as { response: string } | undefined;
    const stored = row && (await this.getResponse(tenant, row.response));
    return stored && itemsOf(stored).find((item) => item.id === itemId);
  }

  #writeResponse(tenant: string, { response, input, previousId, events }: StoredResponse): void {
    this.#sql(
      `INSERT OR REPLACE INTO responses (id, tenant, created, expires, status, previous_id, model, body, input, events)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
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
    const row = this.#sql(
      "SELECT body, input, previous_id, events FROM responses WHERE tenant = ? AND id = ? AND expires >= ?",
    ).get(tenant, id, Date.now()) as
      | { body: string; input: string; previous_id: string | null; events: string | null }
      | undefined;
    if (row === undefined) return undefined;
    return {
      response: JSON.parse(row.body) as StoredResponse["response"],
      input: JSON.parse(row.input) as ResponseItem[],
      previousId: row.previous_id,
      ...(row.events !== null && { events: JSON.parse(row.events) as unknown[] }),
    };
  }

  async deleteResponse(tenant: string, id: string): Promise<boolean> {
    return changed(this.#sql("DELETE FROM responses WHERE tenant = ? AND id = ?").run(tenant, id));
  }

  async listUnfinished(): Promise<readonly { tenant: string; id: string }[]> {
    return this.#sql("SELECT tenant, id FROM responses WHERE status IN ('queued', 'in_progress')").all() as {
      tenant: string;
      id: string;
    }[];
  }

  async putConversation(tenant: string, { id, createdAt, metadata }: StoredConversation): Promise<void> {
    this.#sql(
      `INSERT INTO conversations (id, tenant, created, metadata) VALUES (?, ?, ?, ?)
       ON CONFLICT (tenant, id) DO UPDATE SET metadata = excluded.metadata`,
    ).run(id, tenant, createdAt, JSON.stringify(metadata));
  }

  async getConversation(tenant: string, id: string): Promise<StoredConversation | undefined> {
    const row = this.#sql("SELECT created, metadata FROM conversations WHERE tenant = ? AND id = ?").get(
      tenant,
      id,
    ) as { created: number; metadata: string } | undefined;
    if (row === undefined) return undefined;
    return { id, createdAt: row.created, metadata: JSON.parse(row.metadata) as Record<string, string> };
  }

  async deleteConversation(tenant: string, id: string): Promise<boolean> {
    return changed(this.#sql("DELETE FROM conversations WHERE tenant = ? AND id = ?").run(tenant, id));
  }

  async appendItems(tenant: string, id: string, items: readonly ResponseItem[]): Promise<boolean> {
    if ((await this.getConversation(tenant, id)) === undefined) return false;
    this.#transaction(() => {
      const insert = this.#sql("INSERT INTO items (tenant, conversation, id, body) VALUES (?, ?, ?, ?)");
      for (const item of items) insert.run(tenant, id, item.id, JSON.stringify(item));
    });
    return true;
  }

  /** All of it, or nothing. */
  #transaction(write: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      write();
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  async listItems(tenant: string, id: string): Promise<readonly ResponseItem[]> {
    const rows = this.#sql(
      "SELECT body FROM items WHERE tenant = ? AND conversation = ? ORDER BY position",
    ).all(tenant, id) as { body: string }[];
    return rows.map((row) => JSON.parse(row.body) as ResponseItem);
  }

  async deleteItem(tenant: string, id: string, itemId: string): Promise<boolean> {
    return changed(
      this.#sql("DELETE FROM items WHERE tenant = ? AND conversation = ? AND id = ?").run(tenant, id, itemId),
    );
  }

  async close(): Promise<void> {
    this.#statements.clear();
    this.#database.close();
  }

  /** A prepared statement; values are always bound, never part of the text. */
  #sql(text: string): Statement {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#database.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}

function changed({ changes }: { changes: number | bigint }): boolean {
  return Number(changes) > 0;
}
