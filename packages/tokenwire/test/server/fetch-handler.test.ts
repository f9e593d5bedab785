// The server as `(Request) => Promise<Response>`: the same answers, errors, streams and aborts without a connection.

import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerText, type Running, start, until } from "./support.ts";

let running: Running;
beforeAll(async () => {
  running = await start(
    {
      emit: ({ prompt }) =>
        "tokenIds" in prompt && prompt.tokenIds.length > 100
          ? answerText("again ".repeat(50_000))
          : answerText("Hello!"),
      delayMs: 0,
    },
    { apiKeys: ["key"], limits: { body: 100_000 }, corsOrigins: ["https://app.example"] },
  );
});
afterAll(() => running.server.close());

const base = "https://api.example/v1";
const ask = (path: string, body?: object | string, init: RequestInit = {}): Promise<Response> =>
  running.server.fetch(
    new Request(`${base}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { "content-type": "application/json", "x-api-key": "key", origin: "https://app.example" },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      ...init,
    }),
  );
const chat = { model: "test-model", messages: [{ role: "user", content: "hi" }] };
const long = { ...chat, messages: [{ role: "user", content: "word ".repeat(200) }], max_tokens: 3_000 };

describe("server.fetch", () => {
  it("serves the official client, whole and streamed", async () => {
    const openai = new OpenAI({
      baseURL: base,
      apiKey: "key",
      fetch: (url, init) => running.server.fetch(new Request(url as string, init)),
    });
    const call = { model: "test-model", messages: [{ role: "user" as const, content: "hi" }] };
    expect((await openai.chat.completions.create(call)).choices[0]!.message.content).toBe("Hello!");
    let streamed = "";
    for await (const chunk of await openai.chat.completions.create({ ...call, stream: true })) {
      streamed += chunk.choices[0]?.delta.content ?? "";
    }
    expect(streamed).toBe("Hello!");
    expect((await openai.models.list()).data[0]!.id).toBe("test-model");
  });

  it("answers as the connection does: status, headers, errors", async () => {
    const overHttp = await fetch(`${running.url}/v1/chat/completions`, { method: "POST", body: "{" });
    const handed = await ask("/chat/completions", "{", { headers: { "content-type": "application/json" } });
    expect([handed.status, overHttp.status]).toEqual([401, 401]);
    expect(handed.headers.get("www-authenticate")).toBe("Bearer");
    const good = await ask("/chat/completions", chat);
    expect(good.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(good.headers.get("x-request-id")).toMatch(/^req_/);
    expect(good.headers.get("transfer-encoding")).toBeNull();
    await good.text();
    expect((await ask("/chat/completions", "x".repeat(200_000))).status).toBe(413);
    expect((await ask("/nothing")).status).toBe(404);
    const head = await ask("/models", undefined, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    const options = await ask("/models", undefined, { method: "OPTIONS" });
    expect([options.status, options.body]).toEqual([204, null]);
  });

  it("stops the engine when the request is aborted or its answer cancelled", async () => {
    const abort = new AbortController();
    const waiting = ask("/chat/completions", long, { signal: abort.signal });
    await until(() => running.engine.live === 1);
    abort.abort();
    await expect(waiting).rejects.toThrow();
    await until(() => running.engine.live === 0);
    const stream = await ask("/chat/completions", { ...long, stream: true });
    await stream.body!.cancel();
    await until(() => running.engine.live === 0);
    expect(running.engine.signals.at(-1)!.aborted).toBe(true);
  });

  it("makes the engine wait for a reader that does not read", async () => {
    const before = running.engine.emitted;
    const stream = await ask("/chat/completions", { ...long, stream: true });
    let seen = -1;
    await until(() => {
      const still = running.engine.emitted === seen && seen > before;
      seen = running.engine.emitted;
      return still;
    });
    expect(seen - before).toBeLessThan(3_000);
    const text = await stream.text();
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
  });
});
