import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPostgresStore } from "../../src/store/index.ts";
import { idFrom, idTo } from "../../src/store/postgres-database.ts";
import { storeConformance } from "./conformance.ts";
import { checkKills, killRounds } from "./kill.ts";
import { hasPostgres, startPostgres, type TestPostgres } from "./postgres-server.ts";
import { chat, response } from "./samples.ts";

interface Client {
  connect(): Promise<void>;
  query(sql: string): Promise<unknown>;
  end(): Promise<void>;
}

async function execute(url: string, sql: string): Promise<void> {
  const { default: pg } = (await import("pg" as string)) as {
    default: { Client: new (url: string) => Client };
  };
  const client = new pg.Client(url);
  await client.connect();
  await client.query(sql);
  await client.end();
}

describe.skipIf(!hasPostgres)("with a Postgres server", () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());

  storeConformance("Postgres", async () => openPostgresStore(await postgres.createDatabase()));

  it("keeps everything over a restart", async () => {
    const url = await postgres.createDatabase();
    const first = await openPostgresStore(url);
    await first.putResponse("t", response("resp_1"));
    const secret = await first.secret();
    await first.close();
    const second = await openPostgresStore(url);
    expect(await second.secret()).toEqual(secret);
    expect((await second.getResponse("t", "resp_1"))!.response.id).toBe("resp_1");
    await second.close();
  });

  it("takes items with hostile ids and twice the same id", async () => {
    const store = await openPostgresStore(await postgres.createDatabase());
    const id = "a\0b\\0'; --";
    const item = { id, type: "message", role: "user", content: "\0\ud800" } as const;
    await store.putResponse("t", { ...response("resp_1"), input: [item, item] });
    expect(await store.findItem("t", id)).toEqual(item);
    expect(await store.findItem("t", id.replace("\0", "\\0"))).toBeUndefined();
    await store.close();
  });

  it("forgets what is old", async () => {
    const store = await openPostgresStore(await postgres.createDatabase(), { maxAge: -1 });
    await store.putResponse("t", response("resp_1"));
    expect(await store.getResponse("t", "resp_1")).toBeUndefined();
    await store.close();
  });

  it("sets a database up once when several servers start together", async () => {
    const url = await postgres.createDatabase();
    const stores = await Promise.all([1, 2, 3, 4].map(() => openPostgresStore(url)));
    await stores[0]!.putResponse("t", response("resp_1"));
    for (const store of stores) {
      expect(await store.getResponse("t", "resp_1")).toBeDefined();
      await store.close();
    }
  });

  it("keeps the items of concurrent appends together and in order", async () => {
    const store = await openPostgresStore(await postgres.createDatabase());
    await store.putConversation("t", { id: "conv_1", createdAt: 1, metadata: {} });
    const batches = [..."abcdef"].map((letter) => [0, 1, 2, 3].map((index) => `${letter}${index}`));
    await Promise.all(
      batches.map((names) =>
        store.appendItems(
          "t",
          "conv_1",
          names.map((id) => ({ id, type: "message", role: "user", content: id })),
        ),
      ),
    );
    const stored = (await store.listItems("t", "conv_1")).map(({ id }) => id);
    expect(stored).toHaveLength(24);
    for (const names of batches) {
      const at = stored.indexOf(names[0]!);
      expect(stored.slice(at, at + 4)).toEqual(names);
    }
    await store.close();
  });

  it("brings a database of an earlier version up to date", async () => {
    const url = await postgres.createDatabase();
    const first = await openPostgresStore(url);
    await first.putResponse("t", response("resp_1"));
    await first.close();
    await execute(
      url,
      `DROP TABLE tokenwire.chats, tokenwire.secrets, tokenwire.claims;
       ALTER TABLE tokenwire.responses DROP COLUMN owner, DROP COLUMN lease, DROP COLUMN cancel;
       UPDATE tokenwire.schema_version SET version = 1`,
    );
    const second = await openPostgresStore(url);
    await second.chats.put("t", chat("c1"));
    expect(await second.chats.get("t", "c1")).toEqual(chat("c1"));
    expect(await second.getResponse("t", "resp_1")).toEqual(response("resp_1"));
    await second.close();
  });

  it("lets only the owner of a lease write, as long as it holds it", async () => {
    const store = await openPostgresStore(await postgres.createDatabase(), { leaseDuration: 60_000 });
    const leases = store.leases!;
    const status = async () => (await store.getResponse("t", "resp_1"))?.response.status;
    await leases.begin("a", "t", response("resp_1", "queued"));
    const held = { tenant: "t", id: "resp_1", cancel: false };
    expect(await leases.takeExpired("b")).toEqual([]);
    expect(await leases.renew("b")).toEqual([]);
    expect(await leases.update("b", "t", response("resp_1", "failed"))).toBe(false);
    expect(await leases.update("a", "t", response("resp_1", "in_progress"))).toBe(true);
    expect(await leases.renew("a")).toEqual([held]);
    expect(await leases.requestCancel("other", "resp_1")).toBe(false);
    expect(await leases.requestCancel("t", "resp_1")).toBe(true);
    expect(await leases.renew("a")).toEqual([{ ...held, cancel: true }]);
    expect(await leases.update("a", "t", response("resp_1", "cancelled"))).toBe(true);
    expect(await leases.update("a", "t", response("resp_1", "completed"))).toBe(false);
    expect([await status(), await leases.renew("a")]).toEqual(["cancelled", []]);
    expect(await leases.requestCancel("t", "resp_1")).toBe(false);
    await store.deleteResponse("t", "resp_1");
    expect(await leases.update("a", "t", response("resp_1", "completed"))).toBe(false);
    expect(await status()).toBeUndefined();
    await store.close();
  });

  it("gives each response without a living owner to one server", async () => {
    const url = await postgres.createDatabase();
    const stores = await Promise.all([1, 2, 3].map(() => openPostgresStore(url, { leaseDuration: 60_000 })));
    // As an earlier version left it: without any owner.
    await stores[0]!.putResponse("t", response("resp_1", "in_progress"));
    const taken = await Promise.all(stores.map((store, n) => store.leases!.takeExpired(`server ${n}`)));
    expect(taken.flat()).toHaveLength(1);
    for (const store of stores) await store.close();
  });

  it("refuses a database of a later version, and one that is not there", async () => {
    const url = await postgres.createDatabase();
    await (await openPostgresStore(url)).close();
    await execute(url, "UPDATE tokenwire.schema_version SET version = 99");
    await expect(openPostgresStore(url)).rejects.toThrow(
      /later version of tokenwire \(schema 99, known \d+\)/,
    );
    await expect(openPostgresStore(url.replace("/test_", "/missing_"))).rejects.toThrow(
      /Cannot open the store postgres .*does not exist/,
    );
  });

  it(`loses nothing acknowledged in ${killRounds} rounds of kill -9`, { timeout: 600_000 }, async () => {
    const url = await postgres.createDatabase();
    await checkKills("openPostgresStore", url, () => openPostgresStore(url));
  });
});

it("refuses an address that is no URL, without repeating it", async () => {
  const error = await openPostgresStore("postgres://me:secret@/x").catch((reason: unknown) => reason);
  expect(String(error)).toMatch(/not a URL. Expected postgres:/);
  expect(String(error)).not.toContain("secret");
});

describe("ids in Postgres", () => {
  it("come back as they were", () => {
    for (const id of ["", "a", "\0", "\\0", "\\\0", "\\\\0", "\0\0\\"]) {
      expect(idTo(id)).not.toContain("\0");
      expect(idFrom(idTo(id))).toBe(id);
    }
  });
});
