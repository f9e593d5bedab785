// The official client against the scripted engine: what a real model does only sometimes happens here on demand.

import { getEncoding } from "@tokenwire/encodings";
import OpenAI from "openai";
import { afterEach, describe, expect, it } from "vitest";
import {
  createScriptedEngine,
  EngineError,
  type Script,
  type ScriptedEngine,
} from "../../packages/tokenwire/src/engines/index.ts";
import { type ServeOptions, type Server, serve } from "../../packages/tokenwire/src/server/index.ts";

const tokenizer = getEncoding("o200k_harmony");
const ids = (text: string): number[] => [...tokenizer.encode(text, { allowedSpecial: "all" })];
const final = (text: string): number[] => ids(`<|channel|>final<|message|>${text}<|return|>`);

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function clientFor(
  scripts: readonly Script[],
  options: ServeOptions = {},
): Promise<{ client: OpenAI; engine: ScriptedEngine; model: string }> {
  const engine = createScriptedEngine({ scripts });
  const server = await serve(engine, { port: 0, ...options });
  servers.push(server);
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "x", maxRetries: 0 });
  return { client, engine, model: server.models[0]!.id };
}

const messages = [{ role: "user" as const, content: "hi" }];

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1_000 && !condition(); tries++) await new Promise((go) => setTimeout(go, 5));
  expect(condition()).toBe(true);
}

describe("the openai client over the scripted engine", () => {
  it("makes two parallel calls and answers from both results", async () => {
    const call = (city: string, end: string): string =>
      `<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{"city":"${city}"}${end}`;
    const { client, model } = await clientFor([
      {
        match: { call: 1 },
        steps: [{ tokens: ids(`${call("Oslo", "<|end|>")}<|start|>assistant${call("Rome", "<|call|>")}`) }],
      },
      { match: { call: 2 }, steps: [{ tokens: final("Rain and sun.") }] },
    ]);
    const asked: string[] = [];
    const runner = client.chat.completions.runTools({
      model,
      messages,
      stream: true,
      tools: [
        {
          type: "function",
          function: {
            name: "get_weather",
            description: "Weather",
            parameters: { type: "object", properties: { city: { type: "string" } } },
            parse: JSON.parse,
            function: ({ city }: { city: string }) => {
              asked.push(city);
              return "ok";
            },
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe("Rain and sun.");
    expect(asked).toEqual(["Oslo", "Rome"]);
  });

  it("retries an overloaded engine as told", async () => {
    const overloaded = new EngineError("overloaded", "busy", { retryable: true, retryAfterMs: 5 });
    const { client, engine, model } = await clientFor([
      { match: { call: 1 }, steps: [{ throwBeforeStart: overloaded }] },
      { steps: [{ tokens: final("Now.") }] },
    ]);
    const completion = await client
      .withOptions({ maxRetries: 1 })
      .chat.completions.create({ model, messages });
    expect(completion.choices[0]!.message.content).toBe("Now.");
    expect(engine.calls).toHaveLength(2);
  });

  it("raises the error of a stream that breaks", async () => {
    const broken = new EngineError("internal", "the device is gone");
    const { client, model } = await clientFor([
      { steps: [{ tokens: final("one two three four five") }, { failAfter: 6, error: broken }] },
    ]);
    let text = "";
    const read = async (): Promise<void> => {
      for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
        text += chunk.choices[0]?.delta.content ?? "";
      }
    };
    await expect(read()).rejects.toThrow("the device is gone");
    expect("one two three four five".startsWith(text)).toBe(true);
  });

  it("aborts exactly once when the client leaves, in prefill and in the answer, and never after the end", async () => {
    const { client, engine, model } = await clientFor([
      { match: { call: 1 }, steps: [{ hang: true }] },
      { match: { call: 2 }, steps: [{ tokens: final("one two").slice(0, -1) }, { hang: true }] },
      { steps: [{ tokens: final("done") }] },
    ]);
    const prefill = new AbortController();
    const first = client.chat.completions.create({ model, messages }, { signal: prefill.signal });
    await until(() => engine.calls.length === 1);
    prefill.abort();
    await expect(first).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
      if (chunk.choices[0]?.delta.content) break;
    }
    await client.chat.completions.create({ model, messages });
    await until(() => engine.calls.every((call) => call.state !== "running"));
    expect(engine.calls.map((call) => call.state)).toEqual(["aborted", "aborted", "finished"]);
  });

  it("times out an engine that hangs, as a retryable error", async () => {
    const { client, model } = await clientFor([{ steps: [{ hang: true }] }], {
      timeouts: { firstToken: 30 },
    });
    await expect(client.chat.completions.create({ model, messages })).rejects.toMatchObject({ status: 504 });
  });

  it("parses structured output where the engine can promise it", async () => {
    const engine = createScriptedEngine({ scripts: [{ steps: [{ tokens: final('{"name":"Ada"}') }] }] });
    const info = await engine.info();
    const schema = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
    const { client, model } = await clientFor([{ steps: [{ tokens: final('{"name":"Ada"}') }] }]);
    const request = client.chat.completions.parse({
      model,
      messages,
      response_format: { type: "json_schema", json_schema: { name: "person", schema, strict: true } },
    });
    if (info.capabilities.constraints.includes("json_schema")) {
      expect((await request).choices[0]!.message.parsed).toEqual({ name: "Ada" });
    } else
      await expect(request).rejects.toMatchObject({
        code: "unsupported_parameter",
        param: "response_format",
      });
  });
});
