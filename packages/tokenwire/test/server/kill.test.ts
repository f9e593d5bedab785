// A whole server is killed while clients use it, again and again: what a client was told is kept must be there when the
// server is back, what it deleted must be gone, and background work must have an end.

import type { ChildProcess } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle, killRounds, run } from "../store/kill.ts";
import { hasPostgres, startPostgres, type TestPostgres } from "../store/postgres-server.ts";
import { storeProgram } from "./store-program.ts";

const hasSqlite = await import("node:sqlite" as string).then(
  () => true,
  () => false,
);

/** Where a module of the server looks for the package's version. */
const routes = fileURLToPath(new URL("../../src/server/routes/", import.meta.url));

/** Says the same few tokens, slowly enough to be killed in between. */
const program = (open: string): string =>
  storeProgram({
    open,
    // What the killed server was making has its end soon.
    leaseDuration: 500,
    tokens: `
      for (const id of [104, 105, 33]) {
        await delay(3);
        if (signal?.aborted) return;
        yield { type: "delta", index: 0, tokenIds: [id] };
      }
      await delay(3);`,
  });

interface Running {
  readonly url: string;
  readonly child: ChildProcess;
}

async function started(code: string, address: string): Promise<Running> {
  const child = run(code, [address], routes);
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout!.once("data", (line: string) => resolve(line.trim()));
    child.once("close", () => reject(new Error("the server did not start")));
  });
  return { url, child };
}

/** What clients know: the status of every object that was acknowledged. */
type Known = Map<string, "kept" | "ends" | "gone">;

/** One client: does one thing after the other until the server is gone. */
async function use(url: string, known: Known, seed: number): Promise<void> {
  const post = async (path: string, body: object): Promise<string> => {
    const response = await fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "m", ...body }),
    });
    expect(response.status).toBe(200);
    return response.text();
  };
  const made: string[] = [];
  for (let n = seed; ; n++) {
    if (n % 5 === 0) {
      const path = `/v1/responses/${(JSON.parse(await post("/v1/responses", { input: "x" })) as { id: string }).id}`;
      known.set(path, "kept");
      made.push(path);
    } else if (n % 5 === 1) {
      const events = await post("/v1/responses", { input: "x", stream: true });
      if (!events.includes("event: response.completed")) continue;
      known.set(`/v1/responses/${/"id":"(resp_\w+)"/.exec(events)![1]}`, "kept");
    } else if (n % 5 === 2) {
      const { id } = JSON.parse(await post("/v1/responses", { input: "x", background: true })) as {
        id: string;
      };
      known.set(`/v1/responses/${id}`, "ends");
    } else if (n % 5 === 3) {
      const messages = [{ role: "user", content: "x" }];
      const { id } = JSON.parse(await post("/v1/chat/completions", { messages, store: true })) as {
        id: string;
      };
      known.set(`/v1/chat/completions/${id}`, "kept");
    } else if (made.length > 0) {
      const path = made.pop()!;
      // Until the answer is there, either is right.
      known.delete(path);
      await (await fetch(url + path, { method: "DELETE" })).text();
      known.set(path, "gone");
    }
  }
}

const isRunning = (status = ""): boolean => ["queued", "in_progress"].includes(status);

async function verify(url: string, known: Known): Promise<void> {
  for (const [path, expected] of known) {
    let response = await fetch(url + path);
    let body = (await response.json()) as { status?: string };
    for (let tries = 0; expected === "ends" && isRunning(body.status) && tries < 200; tries++) {
      await new Promise((go) => setTimeout(go, 20));
      response = await fetch(url + path);
      body = (await response.json()) as { status?: string };
    }
    expect(response.status, path).toBe(expected === "gone" ? 404 : 200);
    if (expected === "kept" && path.includes("responses")) expect(body.status).toBe("completed");
    if (expected === "ends") expect(["completed", "failed"]).toContain(body.status);
  }
}

async function rounds(open: string, address: string): Promise<void> {
  const code = await bundle(program(open));
  const known: Known = new Map();
  for (let round = 0; round < Math.max(2, Math.round(killRounds / 10)); round++) {
    const { url, child } = await started(code, address);
    await verify(url, known);
    const ended = new Promise((resolve) => child.once("close", resolve));
    const clients = [0, 1, 2, 3].map((client) => use(url, known, client));
    // Leaving at some request or other, with several under way.
    const enough = known.size + 20 + ((round * 13) % 30);
    while (known.size < enough) await new Promise((go) => setTimeout(go, 2));
    child.kill("SIGKILL");
    await Promise.allSettled(clients);
    await ended;
  }
  const { url, child } = await started(code, address);
  await verify(url, known);
  child.kill("SIGKILL");
  expect(new Set(known.values()).size).toBe(3);
}

describe.skipIf(!hasPostgres)("a server with Postgres", () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());

  it("keeps what it acknowledged over kill -9", { timeout: 600_000 }, async () => {
    await rounds("openPostgresStore", await postgres.createDatabase());
  });
});

describe.skipIf(!hasSqlite)("a server with SQLite", () => {
  it("keeps what it acknowledged over kill -9", { timeout: 600_000 }, async () => {
    await rounds("openSqliteStore", join(mkdtempSync(join(tmpdir(), "tokenwire-kill-")), "store.db"));
  });
});
