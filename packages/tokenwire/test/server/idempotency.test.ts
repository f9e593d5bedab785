// `Idempotency-Key`: one engine call and one answer for requests that are the same, at the same time or later.

import Fastify from "fastify";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RouteContext } from "../../src/server/context.ts";
import { IdempotentAnswers } from "../../src/server/idempotency/idempotent-answers.ts";
import { answerText, type Running, start, until } from "./support.ts";

let running: Running;
let failing = false;
beforeEach(async () => {
  failing = false;
  running = await start(
    {
      emit: (_request, call) => {
        if (failing) throw new Error("boom");
        return answerText(`answer ${call} one two three four five six`);
      },
      delayMs: 5,
    },
    { apiKeys: ["one", "two"], keyLimits: { requestsPerMinute: 100_000 } },
  );
});
afterEach(() => running.server.close());

interface Asked {
  readonly key?: string;
  readonly apiKey?: string;
  readonly content?: string;
  readonly stream?: boolean;
  readonly path?: string;
  readonly signal?: AbortSignal;
}

function ask({ key = "k1", apiKey = "one", content = "hi", stream = false, ...rest }: Asked = {}) {
  const body = rest.path?.includes("responses")
    ? { model: "test-model", stream, input: content }
    : { model: "test-model", stream, messages: [{ role: "user", content }] };
  return fetch(`${running.url}${rest.path ?? "/v1/chat/completions"}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${apiKey}`,
      "idempotency-key": key,
    },
    body: JSON.stringify(body),
    ...(rest.signal && { signal: rest.signal }),
  });
}

const codeOf = async (response: Response): Promise<unknown> =>
  ((await response.json()) as { error: { code: unknown } }).error.code;

describe("Idempotency-Key", () => {
  it.each([false, true])(
    "gives 50 parallel requests one engine call and one body (stream: %s)",
    async (stream) => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => ask({ stream })));
      const bodies = await Promise.all(answers.map((answer) => answer.text()));
      expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
      expect(new Set(bodies).size).toBe(1);
      expect(bodies[0]).toContain("six");
      if (stream) expect(bodies[0]).toMatch(/data: \[DONE\]\n\n$/);
      expect(running.engine.requests).toHaveLength(1);
      expect(new Set(answers.map(({ headers }) => headers.get("x-request-id"))).size).toBe(50);
      expect(new Set(answers.map(({ headers }) => headers.get("content-type"))).size).toBe(1);
      expect(answers.filter(({ headers }) => headers.get("idempotent-replayed") === null)).toHaveLength(1);
      const later = await ask({ stream });
      expect(await later.text()).toBe(bodies[0]);
      expect(running.engine.requests).toHaveLength(1);
    },
  );

  it("serves stored responses, and the retries of the official client", async () => {
    const [first, second] = await Promise.all([
      ask({ path: "/v1/responses" }),
      ask({ path: "/v1/responses", stream: false }),
    ]);
    expect(await first.text()).toBe(await second.text());
    const openai = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: "one" });
    const call = { model: "test-model", messages: [{ role: "user" as const, content: "hi" }] };
    const options = { headers: { "Idempotency-Key": "client-1" } };
    const before = running.engine.requests.length;
    const once = await openai.chat.completions.create(call, options);
    expect(await openai.chat.completions.create(call, options)).toEqual(once);
    expect(running.engine.requests).toHaveLength(before + 1);
  });

  it("answers 409 for another body, and keeps keys, clients and routes apart", async () => {
    await (await ask()).text();
    const other = await ask({ content: "something else" });
    expect(other.status).toBe(409);
    expect(await codeOf(other)).toBe("idempotency_key_reused");
    for (const different of [{ key: "k2" }, { apiKey: "two" }, { path: "/chat/completions" }]) {
      const before = running.engine.requests.length;
      expect((await ask(different)).status).toBe(200);
      expect(running.engine.requests).toHaveLength(before + 1);
    }
    const unusable = await ask({ key: "a b" });
    expect(unusable.status).toBe(400);
  });

  it("makes an answer again that failed, be it after its first bytes", async () => {
    const broken = await start({
      emit: () => answerText("one two three"),
      fail: { after: 6, error: new Error("boom") },
    });
    for (let call = 1; call <= 2; call++) {
      const response = await fetch(`${broken.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": "k" },
        body: JSON.stringify({
          model: "test-model",
          stream: true,
          messages: [{ role: "user", content: "x" }],
        }),
      });
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('"error"');
      expect(broken.engine.requests).toHaveLength(call);
    }
    await broken.server.close();
    failing = true;
    expect((await ask()).status).toBe(500);
    const invalid = await fetch(`${running.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer one", "idempotency-key": "k9" },
      body: "{}",
    });
    expect(invalid.status).toBe(400);
    failing = false;
    expect((await ask()).status).toBe(200);
    expect((await ask({ key: "k9" })).status).toBe(200);
  });

  it("goes on for those who still wait, and stops when nobody does", async () => {
    const [leaving, staying] = [new AbortController(), new AbortController()];
    const first = ask({ stream: true, signal: leaving.signal });
    await until(() => running.engine.live === 1);
    const second = ask({ stream: true });
    await (await first).body!.getReader().read();
    leaving.abort();
    expect(await (await second).text()).toContain("[DONE]");
    expect(running.engine.requests).toHaveLength(1);
    const third = ask({ key: "k3", signal: staying.signal });
    await until(() => running.engine.live === 1);
    staying.abort();
    await expect(third).rejects.toThrow();
    await until(() => running.engine.live === 0);
    expect(running.engine.signals.at(-1)!.aborted).toBe(true);
    expect((await ask({ key: "k3" })).status).toBe(200);
    expect(running.engine.requests).toHaveLength(3);
  });
});

describe("a server that closes", () => {
  it("ends a shared stream with an error and a proper end, for everybody", async () => {
    const closing = await start(
      { emit: () => answerText("word"), endless: true, delayMs: 3 },
      { timeouts: { drain: 50 } },
    );
    const answers = await Promise.all(
      [0, 1, 2].map(() =>
        fetch(`${closing.url}/v1/chat/completions`, {
          method: "POST",
          headers: { "content-type": "application/json", "idempotency-key": "k" },
          body: JSON.stringify({
            model: "test-model",
            stream: true,
            messages: [{ role: "user", content: "x" }],
          }),
        }),
      ),
    );
    const texts = answers.map((answer) => answer.text());
    await until(() => closing.engine.emitted > 2);
    await closing.server.close();
    for (const text of await Promise.all(texts)) {
      expect(text).toContain('"code":"overloaded"');
      expect(text).toMatch(/data: \[DONE\]\n\n$/);
    }
    expect(closing.engine.requests).toHaveLength(1);
  });
});

describe("kept answers", () => {
  it("are bounded in number, bytes and age", async () => {
    let now = 0;
    let made = 0;
    const answers = new IdempotentAnswers({ limits: { answers: 3, bytes: 1_000, age: 100 }, now: () => now });
    const app = Fastify();
    app.post("/", async (request, reply) => {
      const size = Number(request.headers["x-size"] ?? 10);
      const route = {
        method: "POST",
        path: "/",
        handle: () => ({ made: made++, pad: "x".repeat(size) }),
      } as const;
      const { signal } = new AbortController();
      const server = { settings: { timeouts: { stalledReader: 0 } }, shutdown: signal };
      const observation = { wasCutShort: false };
      const context = { request, reply, tenant: "t", signal, server, observation };
      await answers.answer(route, context as unknown as RouteContext);
      return reply;
    });
    const ask = async (key: string, size = 10): Promise<number> => {
      const headers = { "idempotency-key": key, "x-size": String(size) };
      const { made } = (await app.inject({ method: "POST", url: "/", headers })).json<{ made: number }>();
      return made;
    };
    for (const key of ["a", "b", "c", "d"]) await ask(key);
    expect(answers.count).toBe(3);
    expect(await ask("b")).toBe(1);
    expect(await ask("a")).toBe(4);
    await ask("big", 900);
    expect(await ask("c")).toBe(6);
    await ask("bigger", 2_000);
    expect(answers.count).toBe(0);
    const young = await ask("e");
    now = 99;
    expect(await ask("e")).toBe(young);
    now = 100;
    expect(await ask("e")).toBe(young + 1);
    await app.close();
  });
});
