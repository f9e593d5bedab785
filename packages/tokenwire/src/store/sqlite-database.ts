// The database below the SQLite store: the driver, the tables and their changes, prepared statements.

import { TokenwireError } from "@tokenwire/core";

type Value = string | number | null;

/** What both drivers have in common. */
interface Statement {
  run(...values: Value[]): { changes: number | bigint };
  get(...values: Value[]): unknown;
  all(...values: Value[]): unknown[];
}
interface Driver {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): unknown;
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
  `CREATE TABLE chats (
     position INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, id TEXT NOT NULL, expires INTEGER NOT NULL,
     body TEXT NOT NULL, messages TEXT NOT NULL, UNIQUE (tenant, id));
   CREATE INDEX chats_tenant ON chats (tenant, position);
   CREATE INDEX chats_expires ON chats (expires);
   CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL);`,
];

async function openDriver(path: string): Promise<Driver> {
  // Held in variables: neither module exists everywhere, and neither is needed to compile or to bundle.
  const builtin = "node:sqlite";
  const peer = "better-sqlite3";
  const native = (await import(builtin).catch(() => undefined)) as
    | { DatabaseSync: new (path: string) => Driver }
    | undefined;
  if (native) return new native.DatabaseSync(path);
  const optional = (await import(peer).catch(() => undefined)) as
    | { default: new (path: string) => Driver }
    | undefined;
  if (optional) return new optional.default(path);
  throw new TokenwireError(
    "INVALID_ARGUMENT",
    `A SQLite store needs Node 22.13 or later (this is ${process.version}) or the package better-sqlite3: npm install better-sqlite3@12.`,
  );
}

function migrate(driver: Driver, file: string): void {
  const { user_version: version } = driver.prepare("PRAGMA user_version").get() as { user_version: number };
  if (version > migrations.length) {
    driver.close();
    throw new TokenwireError(
      "INVALID_ARGUMENT",
      `The store ${file} was written by a later version of tokenwire (schema ${version}, known ${migrations.length}).`,
    );
  }
  for (const [index, sql] of migrations.slice(version).entries()) {
    driver.exec(`BEGIN; ${sql} PRAGMA user_version = ${version + index + 1}; COMMIT`);
  }
}

/** An open file with its tables up to date. */
export class SqliteDatabase {
  readonly #driver: Driver;
  readonly #statements: Map<string, Statement> = new Map();

  private constructor(driver: Driver) {
    this.#driver = driver;
  }

  static async open(file: string, synchronous: "FULL" | "NORMAL"): Promise<SqliteDatabase> {
    const driver = await openDriver(file);
    driver.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000; PRAGMA secure_delete = ON`,
    );
    migrate(driver, file);
    return new SqliteDatabase(driver);
  }

  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined;
  }

  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#prepare(sql).all(...values) as Row[];
  }

  /** Whether any row changed. */
  run(sql: string, ...values: Value[]): boolean {
    return Number(this.#prepare(sql).run(...values).changes) > 0;
  }

  /** All of it, or nothing. */
  transaction(write: () => void): void {
    this.#driver.exec("BEGIN IMMEDIATE");
    try {
      write();
      this.#driver.exec("COMMIT");
    } catch (error) {
      this.#driver.exec("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#driver.close();
  }

  /** A prepared statement; values are always bound, never part of the text. */
  #prepare(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#driver.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
