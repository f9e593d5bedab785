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

describe("tokens of a key", () => {
  const headers = new Map<string, string>();
  const setHeader = (name: string, value: string): void => void headers.set(name, value);
  const errorOf = (act: () => void): unknown => {
    try {
      act();
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it("are taken for prompts at once, for answers afterwards, and a debt is waited for", () => {
    let now = 0;
    const limits = new KeyLimits({ tokensPerMinute: 600 }, () => now);
    limits.enter("a", setHeader);
    expect(headers.get("x-ratelimit-limit-tokens")).toBe("600");
    limits.takePrompt("a", 100, setHeader);
    expect(headers.get("x-ratelimit-remaining-tokens")).toBe("500");
    expect(headers.get("x-ratelimit-reset-tokens")).toBe("10s");
    limits.takeAnswer("a", 700);
    expect(errorOf(() => limits.enter("a", setHeader))).toMatchObject({
      status: 429,
      headers: { "retry-after": "21" },
    });
    expect(headers.get("x-ratelimit-remaining-tokens")).toBe("0");
    expect(headers.get("x-ratelimit-reset-tokens")).toBe("1m20s");
    limits.enter("b", setHeader);
    now = 21_000;
    limits.enter("a", setHeader);
    expect(errorOf(() => limits.takePrompt("a", 20, setHeader))).toMatchObject({ status: 429 });
    limits.takePrompt("a", 10, setHeader);
  });

  it("refuse for good what alone is more than a minute allows", () => {
    const limits = new KeyLimits({ tokensPerMinute: 10 }, () => 0);
    const error = errorOf(() => limits.takePrompt("a", 11, setHeader));
    expect(error).toMatchObject({ status: 429, headers: { "x-should-retry": "false" } });
  });

  it("that are refused cost no request", () => {
    const limits = new KeyLimits({ tokensPerMinute: 10, requestsPerMinute: 5 }, () => 0);
    limits.takeAnswer("a", 10);
    for (let i = 0; i < 9; i++) expect(errorOf(() => limits.enter("a", setHeader))).toBeDefined();
    expect(headers.get("x-ratelimit-remaining-requests")).toBe("5");
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

  it("counts tokens of whole and streamed answers, and lets pages read what is left", async () => {
    const origin = "https://app.example";
    running = await start(
      { emit: () => answerText("one two three four five six seven eight") },
      { apiKeys: ["one", "two"], keyLimits: { tokensPerMinute: 100 }, corsOrigins: [origin] },
    );
    const stream = (stream: boolean, key = "one"): Promise<Response> =>
      fetch(`${running.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${key}`, origin },
        body: JSON.stringify({ model: "test-model", stream, messages: [{ role: "user", content: "hi" }] }),
      });
    const first = await stream(true);
    expect(first.status).toBe(200);
    expect(first.headers.get("x-ratelimit-limit-tokens")).toBe("100");
    // The prompt is taken before the headers leave.
    const left = Number(first.headers.get("x-ratelimit-remaining-tokens"));
    expect(left).toBeLessThan(60);
    expect(first.headers.get("x-ratelimit-reset-tokens")).toMatch(/^\d+s$/);
    const exposed = first.headers.get("access-control-expose-headers")!;
    for (const name of first.headers.keys()) {
      if (name.startsWith("x-ratelimit-")) expect(exposed).toContain(name);
    }
    expect(exposed).toContain("retry-after");
    await first.text();
    const second = await stream(false);
    expect(second.status).toBe(429);
    expect(Number(second.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await stream(false, "two")).status).toBe(200);
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

describe("many callers", () => {
  it("are forgotten once their allowance is back", () => {
    let now = 0;
    const limits = new KeyLimits({ requestsPerMinute: 60, tokensPerMinute: 60 }, () => now);
    const nothing = (): void => undefined;
    for (let caller = 0; caller < 5_000; caller++) {
      now += 100;
      limits.enter(`caller ${caller}`, nothing);
      limits.takePrompt(`caller ${caller}`, 1, nothing);
      limits.leave(`caller ${caller}`);
    }
    expect(limits.size).toBeLessThan(1_100);
    limits.enter("stays", nothing);
    limits.takeAnswer("stays", 100);
    now += 10_000;
    for (let caller = 0; caller < 2_000; caller++) limits.enter(`other ${caller}`, nothing);
    expect(() => limits.enter("stays", nothing)).toThrow(/tokens per minute/);
  });
});
