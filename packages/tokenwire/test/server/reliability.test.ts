// What goes wrong in operation, and what must come of it: clients that leave, engines that fail or hang, silence, load
// beyond capacity. Each block is named after the risk; those that are known from the field carry the complaint's name.

import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { queryObjects } from "node:v8";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { EngineError, type GenerateRequest } from "../../src/engines/index.ts";
import type { ServerOptions } from "../../src/server/index.ts";
import { Observation } from "../../src/server/observability/observation.ts";
import { createMemoryStore } from "../../src/store/index.ts";
import {
  answerText,
  harmony,
  type Running,
  start,
  TestEngine,
  type TestEngineOptions,
  until,
} from "./support.ts";

const open: Running[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ server }) => server.close()));
});

async function serverFor(
  engine: TestEngineOptions | TestEngine,
  options: Partial<ServerOptions> = {},
): Promise<Running> {
  const running = await start(engine, options);
  open.push(running);
  return running;
}

const bodies: Readonly<Record<string, object>> = {
  "/v1/chat/completions": { messages: [{ role: "user", content: "hi" }] },
  "/v1/completions": { prompt: "hi", max_tokens: 500 },
  "/v1/responses": { input: "hi" },
  "/v1/messages": { messages: [{ role: "user", content: "hi" }], max_tokens: 500 },
};
const paths = Object.keys(bodies);

function send(running: Running, path: string, stream: boolean, more: object = {}, signal?: AbortSignal) {
  return fetch(`${running.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "test-model", stream, ...bodies[path], ...more }),
    ...(signal && { signal }),
  });
}

interface CutRequest {
  readonly path: string;
  readonly stream: boolean;
  /** Its limit of tokens, by which the engine's calls are told apart. */
  readonly limit: number;
}

/**
 * Sends a request over a socket of its own and ends it after `milliseconds`, or when the answer is complete. The server
 * may read it only later.
 */
async function cut(
  running: Running,
  { path, stream, limit }: CutRequest,
  milliseconds: number,
): Promise<boolean> {
  const { hostname, port } = new URL(running.url);
  const limits = path === "/v1/responses" ? { max_output_tokens: limit } : { max_tokens: limit };
  const body = JSON.stringify({ model: "test-model", stream, ...bodies[path], ...limits });
  const socket = connect(Number(port), hostname);
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk;
  });
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  await Promise.race([closed, delay(milliseconds)]);
  socket.resetAndDestroy();
  await closed;
  return stream ? /0\r\n\r\n$/.test(received) : /\r\n\r\n\{.*\}$/s.test(received);
}

describe("disconnect: the engine is stopped, once, in every phase, and never after a normal end", () => {
  it("at random points of streams and whole answers of every protocol", async () => {
    const running = await serverFor({ emit: () => answerText("word ".repeat(12)), delayMs: 2 });
    const random = fc.sample(fc.integer({ min: 0, max: 60 }), { seed: 7, numRuns: 40 });
    const { engine } = running;
    for (const [at, milliseconds] of random.entries()) {
      const limit = 500 + at;
      const finished = await cut(running, { path: paths[at % 4]!, stream: at % 8 < 4, limit }, milliseconds);
      await until(() => engine.live === 0);
      const calls = engine.requests.flatMap(({ sampling }, call) =>
        sampling.maxTokens === limit ? [call] : [],
      );
      expect(calls.length).toBeLessThanOrEqual(1);
      // What ended in the same moment may have been cut all the same.
      if (finished) expect(engine.signals[calls[0]!]!.aborted).toBe(false);
    }
    await vi.waitFor(async () => {
      const load = (await (await fetch(`${running.url}/load`)).json()) as Record<string, number>;
      expect(load).toMatchObject({ running: 0, waiting: 0, in_flight: 1 });
    });
  }, 20_000);

  it("during prefill, before there is any byte", async () => {
    const engine = new Prefilling();
    const running = await serverFor(engine);
    for (const path of paths) {
      for (const stream of [true, false]) {
        const abort = new AbortController();
        const pending = send(running, path, stream, {}, abort.signal);
        await until(() => engine.live === 1);
        abort.abort();
        await expect(pending).rejects.toThrow();
        await until(() => engine.live === 0);
        expect(engine.signals.at(-1)!.aborted, `${path} ${stream}`).toBe(true);
      }
    }
    expect((await fetch(`${running.url}/health`)).status).toBe(200);
  });

  it("of one choice of several, or of one request among others, stops no other", async () => {
    const running = await serverFor({ emit: () => answerText("word ".repeat(30)), delayMs: 2 });
    const abort = new AbortController();
    const leaving = send(running, "/v1/chat/completions", true, { n: 3 }, abort.signal);
    const staying = send(running, "/v1/chat/completions", true, { n: 2 });
    await (await leaving).body!.getReader().read();
    abort.abort();
    const text = await (await staying).text();
    expect(text.match(/"finish_reason":"stop"/g)).toHaveLength(2);
    expect(running.engine.signals.map((signal) => signal!.aborted)).toEqual([true, true, true, false, false]);
  });
});

/** An engine that never gives a token, until it is told to stop. */
class Prefilling extends TestEngine {
  constructor() {
    super({ emit: () => "" });
  }

  override async *generate(
    request: GenerateRequest,
    signal?: AbortSignal,
  ): ReturnType<TestEngine["generate"]> {
    this.requests.push(request);
    this.signals.push(signal);
    this.live++;
    try {
      await new Promise<void>((resolve) =>
        signal!.addEventListener("abort", () => resolve(), { once: true }),
      );
      yield { type: "finish", index: 0, reason: "abort" };
    } finally {
      this.live--;
    }
  }
}

describe("an engine that fails", () => {
  it("after any number of tokens: an error event and a proper end, never a cut body; others go on", async () => {
    const tokens = harmony.encode(answerText("one two three"), { allowedSpecial: "all" }).length;
    for (const path of paths) {
      for (let after = 1; after < tokens; after++) {
        const running = await serverFor({
          emit: () => answerText("one two three"),
          fail: { after, error: new Error("boom") },
        });
        const response = await send(running, path, true);
        const text = await response.text();
        expect(response.status).toBe(200);
        expect(text, `${path} after ${after}`).toMatch(/"error":\{/);
        expect(text).toMatch(path === "/v1/messages" ? /\n\n$/ : /data: \[DONE\]\n\n$/);
        expect(text).not.toContain("boom");
        expect(running.engine.live).toBe(0);
        const whole = await send(running, path, false);
        expect(whole.status).toBe(500);
        await whole.text();
        await running.server.close();
      }
    }
  }, 30_000);

  it("leaves a stored response that says so", async () => {
    const store = createMemoryStore();
    const running = await serverFor(
      { emit: () => answerText("one two"), fail: { after: 5, error: new Error("boom") } },
      { store },
    );
    const text = await (await send(running, "/v1/responses", true)).text();
    const id = /"id":"(resp_[0-9a-f]+)"/.exec(text)![1]!;
    const stored = await (await fetch(`${running.url}/v1/responses/${id}`)).json();
    expect(stored).toMatchObject({ status: "failed", error: { code: "server_error" } });
    await store.close();
  });

  it.each([
    ["invalid_request", 400],
    ["context_length", 400],
    ["unsupported", 400],
    ["overloaded", 429],
    ["unavailable", 503],
    ["timeout", 504],
    ["internal", 500],
  ] as const)("before the first byte with %s: a status %i, never 200 and a stream", async (code, status) => {
    const running = await serverFor({
      emit: () => "",
      fail: { before: new EngineError(code, "no", { retryAfterMs: 2_500 }) },
    });
    for (const path of paths) {
      for (const stream of [true, false]) {
        const response = await send(running, path, stream);
        expect(response.status, `${path} ${stream}`).toBe(status);
        expect(response.headers.get("content-type")).toContain("application/json");
        expect(response.headers.get("retry-after-ms")).toBe("2500");
        await response.text();
      }
    }
  });

  it("early errors of the request are a 4xx, also where a stream was asked for", async () => {
    const running = await serverFor({ emit: () => answerText("x") });
    const wrong = [
      { model: "none" },
      { temperature: 9 },
      { messages: [], input: [], prompt: [] },
      { tool_choice: 7 },
    ];
    for (const path of paths) {
      for (const more of wrong) {
        // Completions know no tools.
        if (path === "/v1/completions" && "tool_choice" in more) continue;
        const response = await send(running, path, true, more);
        expect(response.status, `${path} ${JSON.stringify(more)}`).toBeGreaterThanOrEqual(400);
        expect(response.status).toBeLessThan(500);
        expect(response.headers.get("content-type")).toContain("application/json");
        await response.text();
      }
    }
    expect(running.engine.requests).toHaveLength(0);
  });
});

describe("an engine that hangs", () => {
  it.each(["firstToken", "total"] as const)(
    "is given up by the %s timeout, and told to stop",
    async (which) => {
      const engine = new Prefilling();
      const running = await serverFor(engine, { timeouts: { [which]: 60 } });
      for (const path of paths) {
        const response = await send(running, path, false);
        expect(response.status, path).toBe(504);
        await response.text();
      }
      await until(() => engine.live === 0);
      expect(engine.signals.every((signal) => signal!.aborted)).toBe(true);
    },
  );

  it("between two tokens ends its stream with an error", async () => {
    const running = await serverFor(
      { emit: () => answerText("word word word"), delayMs: 400 },
      { timeouts: { betweenTokens: 60 } },
    );
    const text = await (await send(running, "/v1/chat/completions", true)).text();
    expect(text).toContain('"code":"timeout"');
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
    expect(running.engine.signals[0]!.aborted).toBe(true);
  });
});

describe("silence: a proxy that waits 60 s for a byte must not cut a long prefill", () => {
  it.each(paths)("%s sends something while there is nothing to say, in the queue as well", async (path) => {
    const running = await serverFor(new Prefilling(), {
      keepAlive: 20,
      limits: { running: 1, waiting: 5 },
      timeouts: { firstToken: 1_000, queue: 1_000 },
    });
    const abort = new AbortController();
    const streams = await Promise.all([1, 2].map(() => send(running, path, true, {}, abort.signal)));
    for (const response of streams) {
      const { value } = await response.body!.getReader().read();
      expect(new TextDecoder().decode(value)).toMatch(
        path === "/v1/messages" ? /event: ping/ : /^: keepalive/,
      );
    }
    abort.abort();
  });

  it("the body ends right after [DONE]: clients wait for its end", async () => {
    const running = await serverFor({ emit: () => answerText("x") });
    for (const path of paths.slice(0, 3)) {
      const reader = (await send(running, path, true)).body!.getReader();
      let text = "";
      let lastPiece = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        lastPiece = new TextDecoder().decode(value);
        text += lastPiece;
      }
      expect(text).toMatch(/data: \[DONE\]\n\n$/);
      // The terminator left together with what was before it, and the end of the body with both.
      expect(lastPiece).toContain("data: [DONE]");
    }
  });
});

describe("overload", () => {
  it("is refused beyond the queue with 429 and when to come back; what was taken is answered", async () => {
    const running = await serverFor(
      { emit: () => answerText("a few words here"), delayMs: 3 },
      { limits: { running: 2, waiting: 3 } },
    );
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, at) => send(running, paths[at % 4]!, at % 3 === 0)),
    );
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    const ok = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 429);
    expect(ok.length + refused.length).toBe(40);
    expect(ok.length).toBeGreaterThanOrEqual(5);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(Number(answer.headers.get("retry-after-ms"))).toBeGreaterThan(0);
    }
    for (const [at, answer] of answers.entries()) {
      if (answer.status === 200) expect(texts[at]).toContain("here");
    }
    expect(running.engine.requests).toHaveLength(ok.length);
  });

  it("a request that waits too long is answered with 503", async () => {
    const engine = new Prefilling();
    const running = await serverFor(engine, { limits: { running: 1 }, timeouts: { queue: 50 } });
    const abort = new AbortController();
    const first = send(running, "/v1/chat/completions", false, {}, abort.signal).catch(() => undefined);
    await until(() => engine.live === 1);
    const second = await send(running, "/v1/chat/completions", false);
    expect(second.status).toBe(503);
    expect(second.headers.get("retry-after")).not.toBeNull();
    await second.text();
    abort.abort();
    await first;
  });
});

describe("malformed output of a model is never an HTTP 500", () => {
  it("whatever tokens it samples", async () => {
    const words = [
      "<|channel|>",
      "analysis",
      "final",
      "<|message|>",
      "<|start|>",
      "<|call|>",
      "<|end|>",
      " to=",
      "{",
    ];
    const sample = fc.sample(fc.array(fc.constantFrom(...words, "text ", "functions.f"), { maxLength: 12 }), {
      seed: 11,
      numRuns: 60,
    });
    let at = 0;
    const running = await serverFor({ emit: () => `${sample[at++ % sample.length]!.join("")}<|return|>` });
    for (let round = 0; round < sample.length; round++) {
      const path = paths[round % 4]!;
      const response = await send(running, path, round % 2 === 0);
      const text = await response.text();
      expect(response.status, sample[round]!.join("")).toBe(200);
      expect(text).not.toMatch(/"type":"server_error"|"api_error"/);
    }
  });
});

describe("memory does not grow with requests", () => {
  it("nothing is kept of those that ended, failed or were cut", async () => {
    const running = await serverFor({ emit: () => answerText("one two three") });
    const ask = async (requests: number): Promise<void> => {
      for (let at = 0; at < requests; at++) {
        const path = paths[at % 4]!;
        if (at % 5 === 4) await cut(running, { path, stream: true, limit: 500 }, 1);
        else await (await send(running, path, at % 2 === 0, at % 5 === 3 ? { temperature: 9 } : {})).text();
      }
      await until(() => running.engine.live === 0);
      running.engine.requests.length = 0;
      running.engine.signals.length = 0;
    };
    /** Objects that are alive after a collection of garbage: those that each request has one of. */
    const alive = (): number[] =>
      [Observation, AbortController].map((kind) => queryObjects(kind, { format: "count" }));
    await ask(20);
    const before = alive();
    await ask(80);
    // The last few may still be on their way out of a connection or a timer.
    let more: number[] = [];
    for (let tries = 0; tries < 5; tries++) {
      more = alive().map((count, kind) => count - before[kind]!);
      if (Math.max(...more) <= 10) break;
      await delay(100);
    }
    expect(Math.max(...more)).toBeLessThanOrEqual(10);
  });
});
