// Claims in PostgreSQL. Time is the database's: the clocks of servers differ.

import type { Claimed, Claims } from "./claims.ts";
import { now, type Pool } from "./postgres-database.ts";

interface Row {
  readonly note: string;
  readonly value: Uint8Array | null;
}

export class PostgresClaims implements Claims {
  readonly duration: number;
  readonly #pool: Pool;

  constructor(pool: Pool, duration: number) {
    this.#pool = pool;
    this.duration = duration;
  }

  async take(owner: string, name: string, note: string): Promise<Claimed | undefined> {
    // Of two servers that take the same name, the second waits for the first and then finds a claim that holds.
    const { rowCount } = await this.#pool.query(
      `INSERT INTO tokenwire.claims (name, owner, note, until) VALUES ($1, $2, $3, ${now} + $4::bigint)
       ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, note = excluded.note, until = excluded.until, value = NULL
       WHERE tokenwire.claims.until < ${now}`,
      [name, owner, note, this.duration],
    );
    if ((rowCount ?? 0) > 0) return undefined;
    const { rows } = await this.#pool.query<Row>("SELECT note, value FROM tokenwire.claims WHERE name = $1", [
      name,
    ]);
    const [row] = rows;
    // It was freed in between.
    if (row === undefined) return this.take(owner, name, note);
    return { note: row.note, ...(row.value && { value: row.value }) };
  }

  async renew(owner: string, names: readonly string[]): Promise<void> {
    await this.#pool.query(
      `UPDATE tokenwire.claims SET until = ${now} + $3::bigint WHERE owner = $1 AND name = ANY($2) AND value IS NULL`,
      [owner, names, this.duration],
    );
  }

  async release(owner: string, name: string): Promise<void> {
    await this.#pool.query("DELETE FROM tokenwire.claims WHERE name = $1 AND owner = $2", [name, owner]);
  }

  async settle(owner: string, name: string, value: Uint8Array, age: number): Promise<void> {
    await this.#pool.query(
      `UPDATE tokenwire.claims SET value = $3, until = ${now} + $4::bigint WHERE name = $1 AND owner = $2`,
      [name, owner, value, Math.round(age)],
    );
    await this.#pool.query(`DELETE FROM tokenwire.claims WHERE until < ${now}`);
  }
}
