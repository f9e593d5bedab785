import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSqliteStore } from "../../src/store/index.ts";
import { response, storeConformance } from "./conformance.ts";

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
    await first.close();
    const second = await openSqliteStore(path);
    expect((await second.getResponse("t", "resp_1"))!.response.id).toBe("resp_1");
    await second.close();
  });

  it("loses nothing acknowledged when the process is killed", async () => {
    const path = file();
    const script = `
      const { DatabaseSync } = await import("node:sqlite");
      void DatabaseSync;
      const { openSqliteStore } = await import(${JSON.stringify(new URL("../../src/store/index.ts", import.meta.url).href)});
      const store = await openSqliteStore(${JSON.stringify(path)});
      for (let i = 0; ; i++) {
        await store.putResponse("t", { response: { id: "resp_" + i, created_at: 1, status: "completed", model: "m", output: [] }, input: [], previousId: null });
        process.stdout.write(i + "\\n");
      }`;
    const canStrip = execFileSync(process.execPath, ["-p", "process.features.typescript ?? ''"], {
      encoding: "utf8",
    }).trim();
    if (canStrip === "" || canStrip === "false") return;
    const child = spawn(process.execPath, [
      "--conditions=@tokenwire/source",
      "--input-type=module",
      "-e",
      script,
    ]);
    let out = "";
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    await new Promise<void>((resolve) => {
      child.stdout.on("data", () => out.split("\n").length > 30 && resolve());
      child.on("exit", () => resolve());
    });
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));
    const acknowledged = out.split("\n").slice(0, -1).map(Number);
    expect(acknowledged.length).toBeGreaterThan(20);
    const store = await openSqliteStore(path);
    for (const i of acknowledged) expect(await store.getResponse("t", `resp_${i}`)).toBeDefined();
    await store.close();
  });
});

describe.skipIf(hasDriver)("without a driver", () => {
  it("says what to install", async () => {
    await expect(openSqliteStore(file())).rejects.toThrow(
      /Node 22\.13 or later .* npm install better-sqlite3@12/,
    );
  });
});
