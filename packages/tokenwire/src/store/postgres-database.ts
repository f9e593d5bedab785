// The database below the Postgres store: the driver, the tables and their changes, and ids as Postgres can hold them.

import { TokenwireError } from "@tokenwire/core";

/** What we use of pg, so that its types are not needed to compile against this package. */
export interface Client {
  query<Row = unknown>(
    sql: string,
    values?: readonly unknown[],
  ): Promise<{ rows: Row[]; rowCount: number | null }>;
  /** Gives the connection back; true closes it. */
  release(destroy?: boolean): void;
}
export interface Pool extends Pick<Client, "query"> {
  connect(): Promise<Client>;
  end(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): unknown;
}
interface Driver {
  readonly default: { readonly Pool: new (options: Readonly<Record<string, unknown>>) => Pool };
}

/** Milliseconds since 1970 by the database's clock. */
export const now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/** Schema changes, in order; the database remembers how many it has. */
const migrations = [
  `CREATE TABLE tokenwire.responses (
     tenant TEXT NOT NULL, id TEXT NOT NULL, created BIGINT NOT NULL, expires BIGINT NOT NULL,
     status TEXT NOT NULL, previous_id TEXT, model TEXT NOT NULL,
     body TEXT NOT NULL, input TEXT NOT NULL, events TEXT, PRIMARY KEY (tenant, id));
   CREATE INDEX responses_expires ON tokenwire.responses (expires);
   CREATE INDEX responses_unfinished ON tokenwire.responses (status) WHERE status IN ('queued', 'in_progress');
   CREATE TABLE tokenwire.response_items (
     tenant TEXT NOT NULL, id TEXT NOT NULL, response TEXT NOT NULL, PRIMARY KEY (tenant, id),
     FOREIGN KEY (tenant, response) REFERENCES tokenwire.responses (tenant, id) ON DELETE CASCADE);
   CREATE INDEX response_items_response ON tokenwire.response_items (tenant, response);
   CREATE TABLE tokenwire.conversations (
     tenant TEXT NOT NULL, id TEXT NOT NULL, created BIGINT NOT NULL, metadata TEXT NOT NULL,
     PRIMARY KEY (tenant, id));
   CREATE TABLE tokenwire.items (
     position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant TEXT NOT NULL, conversation TEXT NOT NULL,
     id TEXT NOT NULL, body TEXT NOT NULL,
     FOREIGN KEY (tenant, conversation) REFERENCES tokenwire.conversations (tenant, id) ON DELETE CASCADE);
   CREATE INDEX items_conversation ON tokenwire.items (tenant, conversation, position);`,
  `CREATE TABLE tokenwire.chats (
     position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant TEXT NOT NULL, id TEXT NOT NULL,
     expires BIGINT NOT NULL, body TEXT NOT NULL, messages TEXT NOT NULL, UNIQUE (tenant, id));
   CREATE INDEX chats_tenant ON tokenwire.chats (tenant, position);
   CREATE INDEX chats_expires ON tokenwire.chats (expires);
   CREATE TABLE tokenwire.secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL);`,
  `ALTER TABLE tokenwire.responses ADD COLUMN owner TEXT, ADD COLUMN lease BIGINT,
     ADD COLUMN cancel BOOLEAN NOT NULL DEFAULT false;`,
  `CREATE TABLE tokenwire.claims (
     name TEXT PRIMARY KEY, owner TEXT NOT NULL, note TEXT NOT NULL, until BIGINT NOT NULL, value BYTEA);
   CREATE INDEX claims_until ON tokenwire.claims (until);`,
];

/** Any number, the same in every process: servers that start together change the tables one after the other. */
const migrationLock = 7_165_411;

export async function createPool(url: string, max: number): Promise<Pool> {
  // Held in a variable: the package does not exist everywhere, and is needed neither to compile nor to bundle.
  const peer = "pg";
  const driver = (await import(peer).catch(() => undefined)) as Driver | undefined;
  if (driver === undefined) {
    throw new TokenwireError(
      "INVALID_ARGUMENT",
      "A Postgres store needs the package pg, which is not installed: npm install pg@8.",
    );
  }
  const pool = new driver.default.Pool({ connectionString: url, max, connectionTimeoutMillis: 10_000 });
  // An idle connection broke; the pool has dropped it and the next query opens another. Unheard, it ends the process.
  pool.on("error", () => undefined);
  return pool;
}

/** Brings the tables up to date, in one transaction. */
export async function migrate(pool: Pool, name: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock($1)", [migrationLock]);
    const known = await client.query<{ found: string | null }>(
      "SELECT to_regclass('tokenwire.schema_version')::text AS found",
    );
    if (known.rows[0]!.found === null) {
      await client.query(
        `CREATE SCHEMA IF NOT EXISTS tokenwire; CREATE TABLE tokenwire.schema_version (version INTEGER NOT NULL);
         INSERT INTO tokenwire.schema_version VALUES (0)`,
      );
    }
    const { rows } = await client.query<{ version: number }>("SELECT version FROM tokenwire.schema_version");
    const { version } = rows[0]!;
    if (version > migrations.length) {
      throw new TokenwireError(
        "INVALID_ARGUMENT",
        `The store ${name} was written by a later version of tokenwire (schema ${version}, known ${migrations.length}).`,
      );
    }
    for (const sql of migrations.slice(version)) await client.query(sql);
    await client.query("UPDATE tokenwire.schema_version SET version = $1", [migrations.length]);
    await client.query("COMMIT");
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** An id as a column holds it: Postgres has no text with U+0000, and clients choose some ids. */
export function idTo(id: string): string {
  return id.replaceAll("\\", "\\\\").replaceAll("\0", "\\0");
}

/** The id that a column holds. */
export function idFrom(text: string): string {
  return text.replace(/\\(.)/gs, (_, character: string) => (character === "0" ? "\0" : character));
}
