// Leases in PostgreSQL. Time is the database's: the clocks of servers differ.

import type { LeasedResponse, ResponseLeases } from "./leases.ts";
import { idFrom, idTo, now, type Pool } from "./postgres-database.ts";
import type { StoredResponse } from "./store.ts";

/** How a response is written: as new, or only where its owner still holds the lease. */
export type LeaseWrite =
  | { readonly kind: "begin"; readonly owner: string; readonly duration: number }
  | { readonly kind: "update"; readonly owner: string };

type Write = (tenant: string, stored: StoredResponse, lease: LeaseWrite) => Promise<boolean>;

const unfinished = "status IN ('queued', 'in_progress')";

interface Row {
  readonly tenant: string;
  readonly id: string;
  readonly cancel: boolean;
}

export class PostgresLeases implements ResponseLeases {
  readonly duration: number;
  readonly #pool: Pool;
  readonly #write: Write;

  constructor(pool: Pool, duration: number, write: Write) {
    this.#pool = pool;
    this.duration = duration;
    this.#write = write;
  }

  async begin(owner: string, tenant: string, stored: StoredResponse): Promise<void> {
    await this.#write(tenant, stored, { kind: "begin", owner, duration: this.duration });
  }

  async update(owner: string, tenant: string, stored: StoredResponse): Promise<boolean> {
    return this.#write(tenant, stored, { kind: "update", owner });
  }

  async renew(owner: string): Promise<readonly LeasedResponse[]> {
    return this.#rows(
      `UPDATE tokenwire.responses SET lease = ${now} + $2 WHERE owner = $1 AND ${unfinished}
       RETURNING tenant, id, cancel`,
      [owner, this.duration],
    );
  }

  async requestCancel(tenant: string, id: string): Promise<boolean> {
    const { rowCount } = await this.#pool.query(
      `UPDATE tokenwire.responses SET cancel = true WHERE tenant = $1 AND id = $2 AND ${unfinished}`,
      [idTo(tenant), idTo(id)],
    );
    return (rowCount ?? 0) > 0;
  }

  async takeExpired(owner: string): Promise<readonly LeasedResponse[]> {
    // Of two servers that take the same row, the second waits for the first and then finds a lease that holds.
    return this.#rows(
      `UPDATE tokenwire.responses SET owner = $1, lease = ${now} + $2
       WHERE ${unfinished} AND (lease IS NULL OR lease < ${now}) RETURNING tenant, id, cancel`,
      [owner, this.duration],
    );
  }

  async #rows(sql: string, values: readonly unknown[]): Promise<readonly LeasedResponse[]> {
    const { rows } = await this.#pool.query<Row>(sql, values);
    return rows.map(({ tenant, id, cancel }) => ({ tenant: idFrom(tenant), id: idFrom(id), cancel }));
  }
}

/**
 * The statement that writes a response. It writes no row where the lease that it needs is not held.
 *
 * @param values tenant, id, created, expires, status, previous id, model, body, input, events
 */
export function responseWrite(
  values: readonly unknown[],
  lease: LeaseWrite | undefined,
): [sql: string, values: readonly unknown[]] {
  if (lease?.kind === "update") {
    return [
      `UPDATE tokenwire.responses SET created = $3, expires = $4, status = $5, previous_id = $6, model = $7,
         body = $8, input = $9, events = $10
       WHERE tenant = $1 AND id = $2 AND owner = $11 AND ${unfinished}`,
      [...values, lease.owner],
    ];
  }
  const insert = `INSERT INTO tokenwire.responses
    (tenant, id, created, expires, status, previous_id, model, body, input, events, owner, lease)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, ${now} + $12::bigint)
    ON CONFLICT (tenant, id) DO UPDATE SET created = excluded.created, expires = excluded.expires,
      status = excluded.status, previous_id = excluded.previous_id, model = excluded.model,
      body = excluded.body, input = excluded.input, events = excluded.events,
      owner = excluded.owner, lease = excluded.lease`;
  return [insert, [...values, lease?.owner ?? null, lease?.duration ?? null]];
}
