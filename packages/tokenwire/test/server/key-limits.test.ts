import { afterEach, describe, expect, it } from "vitest";
import { ApiError } from "../../src/protocol/index.ts";
import { KeyLimits } from "../../src/server/key-limits.ts";
import { answerText, type Running, start, until } from "./support.ts";

describe("limits of a key", () => {
  const headers = new Map<string, string>();
  const setHeader = (name: string, value: string): void => void headers.set(name, value);

  it("refill steadily, key by key, and say when to come back", () => {
    let now = 0;
    const limits = new KeyLimits({ requestsPerMinute: 2 }, () => now);
    limits.enter("a", setHeader);
    expect(headers.get("x-ratelimit-remaining-requests")).toBe("1");
    expect(headers.get("x-ratelimit-reset-requests")).toBe("30s");
    limits.enter("a", setHeader);
    expect(headers.get("x-ratelimit-reset-requests")).toBe("1m0s");
    now = 10_000;
    const refused = (): unknown => {
      try {
        limits.enter("a", setHeader);
      } catch (error) {
        return error;
      }
      return undefined;
    };
    const error = refused();
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 429, headers: { "retry-after": "20" } });
    limits.enter("b", setHeader);
    now = 30_000;
    limits.enter("a", setHeader);
    expect(refused()).toBeDefined();
  });
});

describe("a server with limits of keys", () => {
  let running: Running;
  afterEach(() => running.server.close());
  const ask = (key: string): Promise<Response> =>
    fetch(`${running.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({ model: "test-model", messages: [{ role: "user", content: "hi" }] }),
    });

  it("answers 429 with the headers clients read, to that key alone", async () => {
    running = await start(
      { emit: () => answerText("hello") },
      { apiKeys: ["one", "two"], keyLimits: { requestsPerMinute: 1 } },
    );
    const first = await ask("one");
    expect(first.status).toBe(200);
    expect(first.headers.get("x-ratelimit-limit-requests")).toBe("1");
    const second = await ask("one");
    expect(second.status).toBe(429);
    expect(Number(second.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(second.headers.get("x-ratelimit-remaining-requests")).toBe("0");
    expect(((await second.json()) as { error: { code: string } }).error.code).toBe("rate_limit_exceeded");
    expect((await ask("two")).status).toBe(200);
    expect((await fetch(`${running.url}/health`)).status).toBe(200);
  });

  it("answers a key's requests so many at a time, and frees the place of one that ended", async () => {
    running = await start(
      { emit: () => answerText("hello there"), delayMs: 50 },
      { apiKeys: ["one", "two"], keyLimits: { parallel: 1 } },
    );
    const first = ask("one");
    await until(() => running.engine.live === 1);
    expect((await ask("one")).status).toBe(429);
    expect((await ask("two")).status).toBe(200);
    expect((await first).status).toBe(200);
    await until(() => running.engine.live === 0);
    expect((await ask("one")).status).toBe(200);
  });
});
