// The official client against the scripted engine: what a real model does only sometimes happens here on demand.

import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { EngineError, type Script } from "../../packages/tokenwire/src/engines/index.ts";
import type { ServeOptions } from "../../packages/tokenwire/src/server/index.ts";
import { type Backend, calls, final, idsOf, outcomes, scripted } from "./backend.ts";

async function clientFor(
  scripts: readonly (string | Script)[],
  options: ServeOptions = {},
): Promise<Backend & { readonly client: OpenAI }> {
  const server = await scripted(scripts, options);
  const { baseURL, apiKey } = server;
  return { ...server, client: new OpenAI({ baseURL, apiKey, maxRetries: 0 }) };
}

const messages = [{ role: "user" as const, content: "hi" }];

describe("the openai client over the scripted engine", () => {
  it("makes two parallel calls and answers from both results", async () => {
    const { client, model } = await clientFor([
      calls(["get_weather", { city: "Oslo" }], ["get_weather", { city: "Rome" }]),
      final("Rain and sun."),
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
      { steps: [{ throwBeforeStart: overloaded }] },
      final("Now."),
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
      { steps: [{ tokens: idsOf(final("one two three four five")) }, { failAfter: 6, error: broken }] },
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
    const server = await clientFor([
      { steps: [{ hang: true }] },
      { steps: [{ tokens: idsOf("<|channel|>final<|message|>one two") }, { hang: true }] },
      final("done"),
    ]);
    const { client, engine, model } = server;
    const prefill = new AbortController();
    const first = client.chat.completions.create({ model, messages }, { signal: prefill.signal });
    await expect.poll(() => engine.calls.length).toBe(1);
    prefill.abort();
    await expect(first).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
      if (chunk.choices[0]?.delta.content) break;
    }
    await client.chat.completions.create({ model, messages });
    expect(await outcomes(server)).toEqual(["aborted", "aborted", "finished"]);
  });

  it("times out an engine that hangs, as a retryable error", async () => {
    const { client, model } = await clientFor([{ steps: [{ hang: true }] }], {
      timeouts: { firstToken: 30 },
    });
    await expect(client.chat.completions.create({ model, messages })).rejects.toMatchObject({ status: 504 });
  });
});
