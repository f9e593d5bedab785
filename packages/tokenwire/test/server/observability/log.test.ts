// The log: one line per request with everything an operator asks about, and never a prompt, an answer or a key unless
// that was asked for.

import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import type { ServerOptions } from "../../../src/server/index.ts";
import { routes } from "../../../src/server/routes/index.ts";
import { answerText, type Running, start, type TestEngineOptions, until } from "../support.ts";

let lines: string[] = [];
let running: Running;
afterEach(() => running.server.close());

async function begin(options: Partial<ServerOptions> = {}, engine?: Partial<TestEngineOptions>) {
  lines = [];
  const logger = pino({ level: "trace" }, { write: (line: string) => lines.push(line) });
  running = await start(
    { emit: () => answerText("canary-answer one two"), ...engine },
    { logger, apiKeys: ["canary-key"], ...options },
  );
}

const headers = { "content-type": "application/json", authorization: "Bearer canary-key" };
const chat = { model: "test-model", messages: [{ role: "user", content: "canary-prompt" }] };

const post = (path: string, body: unknown, more: Record<string, string> = {}) =>
  fetch(`${running.url}${path}`, {
    method: "POST",
    headers: { ...headers, ...more },
    body: typeof body === "string" ? body : JSON.stringify(body),
  }).then(async (response) => {
    await response.arrayBuffer();
    return response;
  });

const requestLines = (): Record<string, unknown>[] =>
  lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === "request");

describe("the log", () => {
  it("has one line per request, with what it cost and how it ended", async () => {
    await begin();
    await post("/v1/chat/completions", { ...chat, stream: true }, { "x-request-id": "mine" });
    await until(() => requestLines().length === 1);
    const [line] = requestLines();
    expect(line).toMatchObject({
      requestId: "mine",
      route: "/v1/chat/completions",
      method: "POST",
      status: 200,
      model: "test-model",
      stream: true,
      cachedTokens: 0,
      reasoningTokens: 0,
      finishReasons: ["stop"],
    });
    expect(line!["tenant"]).toMatch(/^[0-9a-f]{32}$/);
    for (const name of ["inputTokens", "outputTokens", "bytes"]) expect(line![name], name).toBeGreaterThan(3);
    for (const name of ["durationMs", "queueMs", "firstTokenMs"]) {
      expect(line![name], name).toBeGreaterThanOrEqual(0);
    }
    await post("/v1/chat/completions", { ...chat, model: "other" });
    await until(() => requestLines().length === 2);
    expect(requestLines()[1]).toMatchObject({ status: 404, error: "model_not_found" });
  });

  it("says why a generation was cut short", async () => {
    await begin({}, { emit: () => answerText("again and again"), endless: true, delayMs: 5 });
    const abort = new AbortController();
    const response = await fetch(`${running.url}/v1/chat/completions`, {
      method: "POST",
      headers,
      body: JSON.stringify({ ...chat, stream: true }),
      signal: abort.signal,
    });
    await response.body!.getReader().read();
    abort.abort();
    await until(() => requestLines().length === 1);
    expect(requestLines()[0]).toMatchObject({ aborted: "client" });
  });

  it("holds no prompt, answer or key, whatever is sent to whichever route", async () => {
    await begin();
    const fields = [
      "model",
      "messages",
      "input",
      "prompt",
      "text",
      "instructions",
      "metadata",
      "user",
      "tools",
    ];
    const values: unknown[] = [
      "canary",
      { canary: "canary" },
      ["canary"],
      [{ role: "user", content: "canary" }],
    ];
    let sent = 0;
    for (const route of routes) {
      const path = route.path.replace("*", "canary").replace(/:\w+/g, "canary");
      if (route.method !== "POST") {
        const response = await fetch(`${running.url}${path}?after=canary&limit=canary`, {
          method: route.method,
          headers,
        });
        await response.arrayBuffer();
        sent++;
        continue;
      }
      const bodies: unknown[] = [
        '{"canary',
        '"canary"',
        { ...chat, input: "canary", prompt: "canary", text: "canary" },
      ];
      for (const field of fields) {
        for (const value of values)
          bodies.push({ ...chat, input: "x", prompt: "x", text: "x", [field]: value });
      }
      const batch = await Promise.all(
        bodies.map((body) => post(path, body, { "x-api-key": "canary-other", cookie: "canary" })),
      );
      sent += batch.length;
    }
    for (const key of ["canary-wrong", "Bearer canary-key"]) {
      await post("/v1/chat/completions", chat, { authorization: `Bearer ${key}` });
      sent++;
    }
    await fetch(`${running.url}/canary/path?canary`, { headers }).then((response) => response.text());
    await until(() => requestLines().length > sent);
    expect(sent).toBeGreaterThan(300);
    const leaks = lines.filter((line) => line.includes("canary"));
    expect(leaks).toEqual([]);
    const page = await (await fetch(`${running.url}/metrics`, { headers })).text();
    expect(page).not.toContain("canary");
  }, 30_000);

  it("escapes what could forge a line or colour a terminal", async () => {
    await begin();
    await post("/v1/chat/completions", chat, { "x-request-id": '"},{"forged":"\\u001b[31m' });
    await until(() => requestLines().length === 1);
    const [line] = lines.filter((entry) => entry.includes("forged"));
    expect(line!.trim().split("\n")).toHaveLength(1);
    expect(requestLines()[0]!["requestId"]).toContain("forged");
    expect(line).not.toContain("\u001b");
  });

  it("holds prompts and answers where that is asked for, still without keys", async () => {
    await begin({ logContent: true });
    await post("/v1/chat/completions", chat);
    await until(() => requestLines().length === 1);
    expect(requestLines()[0]).toMatchObject({
      input: [{ role: "user", parts: [{ type: "text", content: "canary-prompt" }] }],
      output: [{ role: "assistant", parts: [{ type: "text", content: "canary-answer one two" }] }],
    });
    expect(lines.join("")).not.toContain("canary-key");
  });
});
