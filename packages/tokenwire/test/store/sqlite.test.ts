import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSqliteStore } from "../../src/store/index.ts";
import { storeConformance } from "./conformance.ts";
import { checkKills, killRounds } from "./kill.ts";
import { response } from "./samples.ts";

/** A driver is there: Node's own, or the optional package. */
const hasDriver = await Promise.any(["node:sqlite", "better-sqlite3"].map((name) => import(name))).then(
  () => true,
  () => false,
);

const file = (): string => join(mkdtempSync(join(tmpdir(), "tokenwire-store-")), "store.db");

describe.skipIf(!hasDriver)("with a driver", () => {
  storeConformance("SQLite", () => openSqliteStore(file()));

  it("keeps everything over a restart", async () => {
    const path = file();
    const first = await openSqliteStore(path);
    await first.putResponse("t", response("resp_1"));
    const secret = await first.secret();
    await first.close();
    const second = await openSqliteStore(path);
    expect(await second.secret()).toEqual(secret);
    expect((await second.getResponse("t", "resp_1"))!.response.id).toBe("resp_1");
    await second.close();
  });

  it(`loses nothing acknowledged in ${killRounds} rounds of kill -9`, { timeout: 600_000 }, async () => {
    const path = file();
    await checkKills("openSqliteStore", path, () => openSqliteStore(path));
  });
});

describe.skipIf(hasDriver)("without a driver", () => {
  it("says what to install", async () => {
    await expect(openSqliteStore(file())).rejects.toThrow(
      /Node 22\.13 or later .* npm install better-sqlite3@12/,
    );
  });
});
