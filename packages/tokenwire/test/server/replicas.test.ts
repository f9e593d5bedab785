// Two servers, each a process of its own, on one Postgres store: a response is made by one of them, and whatever happens
// to that one, the response ends once; the other can cancel, delete, read and follow it.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { bundle, run } from "../store/kill.ts";
import { hasPostgres, startPostgres, type TestPostgres } from "../store/postgres-server.ts";
import { checkLifecycle, parseResponseStream } from "./lifecycle.ts";
import { storeProgram } from "./store-program.ts";

/** Where a module of the server looks for the package's version. */
const routes = fileURLToPath(new URL("../../src/server/routes/", import.meta.url));
const leaseDuration = 1_200;

/** Says `.` every 20 ms, as often as the input says, and tells its parent when an engine call is aborted. */
const program = (duration: number): string =>
  storeProgram({
    open: "openPostgresStore",
    leaseDuration: duration,
    tokens: `
      const count = Number(tokenizer.decode(request.prompt.tokenIds));
      for (let n = 0; n < count; n++) {
        await delay(20);
        if (signal?.aborted) {
          process.stdout.write("aborted\\n");
          return;
        }
        yield { type: "delta", index: 0, tokenIds: [46] };
      }`,
  });

const forever = "100000";

interface Replica {
  readonly child: ChildProcess;
  readonly url: string;
  /** The store. */
  readonly database: string;
  /** What it has told, line by line. */
  readonly lines: readonly string[];
}

// biome-ignore lint/suspicious/noExplicitAny: the wire's JSON, whose shape is what is tested
type Body = Record<string, any>;

async function ask(url: string, path: string, body?: object, method = body ? "POST" : "GET") {
  const response = await fetch(`${url}/v1/responses${path}`, {
    method,
    ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

const begin = async (url: string, input: string): Promise<string> => {
  const { body } = await ask(url, "", { model: "m", input, background: true });
  expect(body["status"]).toBe("queued");
  return `/${body["id"]}`;
};

async function statusOf(url: string, path: string): Promise<string> {
  return (await ask(url, path)).body["status"];
}

async function untilStatus(url: string, path: string, wanted: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if ((await statusOf(url, path)) === wanted) return;
    await delay(20);
  }
  throw new Error(`the response never was ${wanted}, but is ${await statusOf(url, path)}`);
}

async function untilTold(replica: Replica, line: string): Promise<void> {
  for (let tries = 0; tries < 500 && !replica.lines.includes(line); tries++) await delay(20);
  expect(replica.lines).toContain(line);
}

describe.skipIf(!hasPostgres)("two servers on one store", () => {
  let postgres: TestPostgres;
  let code: string;
  /** Of servers whose leases last long enough for a machine that is busy. */
  let patient: string;
  const open: Replica[] = [];

  beforeAll(async () => {
    [postgres, code, patient] = await Promise.all([
      startPostgres(),
      bundle(program(leaseDuration)),
      bundle(program(3 * leaseDuration)),
    ]);
  });
  afterEach(async () => {
    for (const { child } of open.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });
  afterAll(() => postgres?.stop());

  async function start(database: string, source = code): Promise<Replica> {
    const child = run(source, [database], routes);
    const lines: string[] = [];
    child.stdout!.on("data", (text: string) => lines.push(...text.trim().split("\n")));
    const replica = { child, lines, database, url: "" };
    open.push(replica);
    while (lines.length === 0) {
      expect(child.exitCode).toBeNull();
      await delay(20);
    }
    return { ...replica, url: lines[0]! };
  }

  async function pair(source = code): Promise<[Replica, Replica]> {
    const database = await postgres.createDatabase();
    return Promise.all([start(database, source), start(database, source)]);
  }

  it("see the work of each other, and cancel it", async () => {
    const [maker, other] = await pair();
    const path = await begin(maker.url, forever);
    await untilStatus(other.url, path, "in_progress");
    const cancelled = await ask(other.url, `${path}/cancel`, {});
    expect(cancelled).toMatchObject({ status: 200, body: { status: "cancelled" } });
    await untilTold(maker, "aborted");
    expect(await statusOf(maker.url, path)).toBe("cancelled");
    // A second time, and of what is complete: the object as it is.
    expect((await ask(other.url, `${path}/cancel`, {})).body["status"]).toBe("cancelled");
  });

  it("stop work that the other deletes, for good", async () => {
    const [maker, other] = await pair();
    const path = await begin(maker.url, forever);
    await untilStatus(other.url, path, "in_progress");
    expect((await ask(other.url, path, undefined, "DELETE")).body["deleted"]).toBe(true);
    await untilTold(maker, "aborted");
    await delay(100);
    expect((await ask(other.url, path)).status).toBe(404);
  });

  it("follow the work of each other to its end", async () => {
    const [maker, other] = await pair();
    const path = await begin(maker.url, "40");
    const follow = async (query: string): Promise<string> =>
      (await fetch(`${other.url}/v1/responses${path}?stream=true${query}`)).text();
    const [whole, rest] = await Promise.all([follow(""), follow("&starting_after=3")]);
    expect(checkLifecycle(parseResponseStream(whole))["output"][0].content[0].text).toBe(".".repeat(40));
    expect(parseResponseStream(rest).map((event) => event.sequence_number)[0]).toBe(4);
  });

  it("end what a killed one was making, once its lease is over", async () => {
    const [maker, other] = await pair();
    const paths = await Promise.all([begin(maker.url, forever), begin(maker.url, forever)]);
    const mine = await begin(other.url, forever);
    for (const path of paths) await untilStatus(other.url, path, "in_progress");
    maker.child.kill("SIGKILL");
    // A cancel that nobody hears any more is granted when the lease is over.
    const cancelled = ask(other.url, `${paths[1]}/cancel`, {});
    expect(await statusOf(other.url, paths[0]!)).toBe("in_progress");
    await untilStatus(other.url, paths[0]!, "failed");
    expect((await ask(other.url, paths[0]!)).body["error"]).toMatchObject({ code: "server_error" });
    expect((await cancelled).body["status"]).toBe("cancelled");
    // Its own work goes on, however long that takes.
    await delay(leaseDuration);
    expect(await statusOf(other.url, mine)).toBe("in_progress");
  });

  it("leave the end of a response to one of them", async () => {
    const [maker, other] = await pair();
    const path = await begin(maker.url, "60");
    await untilStatus(other.url, path, "in_progress");
    // Not dead, only away for longer than its lease: what it then still writes comes too late.
    maker.child.kill("SIGSTOP");
    await untilStatus(other.url, path, "failed");
    maker.child.kill("SIGCONT");
    await delay(2_000);
    expect(await statusOf(other.url, path)).toBe("failed");
    expect(await statusOf(maker.url, path)).toBe("failed");
  });

  it("finish background work before they close", async () => {
    const [maker, other] = await pair();
    const path = await begin(maker.url, "30");
    maker.child.kill("SIGTERM");
    const [exitCode] = await once(maker.child, "exit");
    expect([exitCode, await statusOf(other.url, path)]).toEqual([0, "completed"]);
  });

  const inConversation = (url: string, conversation: string, input: string) =>
    ask(url, "", { model: "m", input, conversation });

  async function conversationOn(url: string): Promise<string> {
    const response = await fetch(`${url}/v1/conversations`, { method: "POST" });
    return ((await response.json()) as Body)["id"];
  }

  it("make one response at a time in a conversation, and go on where one was killed", async () => {
    const [maker, other] = await pair();
    const conversation = await conversationOn(other.url);
    const first = inConversation(maker.url, conversation, "60");
    await delay(300);
    const second = await inConversation(other.url, conversation, "0");
    expect([second.status, second.body["error"].code]).toEqual([409, "conversation_locked"]);
    expect((await inConversation(other.url, await conversationOn(other.url), "0")).status).toBe(200);
    expect((await first).status).toBe(200);
    expect((await inConversation(other.url, conversation, "1")).status).toBe(200);
    const items = await fetch(`${other.url}/v1/conversations/${conversation}/items`);
    expect(((await items.json()) as Body)["data"]).toHaveLength(3);
    const lost = inConversation(maker.url, conversation, forever).catch(() => undefined);
    await delay(300);
    maker.child.kill("SIGKILL");
    await lost;
    for (let tries = 0; tries < 100; tries++) {
      const { status } = await inConversation(other.url, conversation, "0");
      if (status === 200) return;
      expect(status).toBe(409);
      await delay(50);
    }
    throw new Error("the conversation of a dead server stayed locked");
  });

  /** An answer that takes longer than a claim without renewal. */
  const dots = 200;
  const answered = { model: "m", messages: [{ role: "user", content: String(dots) }] };

  async function withKey(url: string, key: string, body: object) {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify(body),
    });
    const replayed = response.headers.get("idempotent-replayed");
    return { status: response.status, text: await response.text(), replayed };
  }

  it.each([false, true])("make one answer for an idempotency key, streamed: %s", async (stream) => {
    const [one, other] = await pair(patient);
    const body = { ...answered, stream };
    const [first, second] = await Promise.all([withKey(one.url, "k", body), withKey(other.url, "k", body)]);
    expect([first.status, first.text.includes(stream ? "data: [DONE]" : ".".repeat(dots))]).toEqual([
      200,
      true,
    ]);
    expect(second.text).toBe(first.text);
    expect([first.replayed, second.replayed].sort()).toEqual(["true", null].sort());
    expect((await withKey(other.url, "k", body)).text).toBe(first.text);
    const reused = await withKey(other.url, "k", { ...body, temperature: 0.5 });
    expect([reused.status, JSON.parse(reused.text).error.code]).toEqual([409, "idempotency_key_reused"]);
    const third = await start(one.database, patient);
    expect((await withKey(third.url, "k", body)).text).toBe(first.text);
    const elsewhere = await withKey(third.url, "k", { ...body, temperature: 0.5 });
    expect([elsewhere.status, JSON.parse(elsewhere.text).error.code]).toEqual([
      409,
      "idempotency_key_reused",
    ]);
  });

  it("make the answer of a killed one again", async () => {
    const [one, other] = await pair();
    const endless = { ...answered, messages: [{ role: "user", content: "150" }] };
    const lost = withKey(one.url, "k", endless).catch(() => undefined);
    await delay(300);
    const waiting = withKey(other.url, "k", endless);
    one.child.kill("SIGKILL");
    await lost;
    expect(await waiting).toMatchObject({ status: 200, replayed: null });
  });
});
