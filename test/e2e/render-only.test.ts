// A server without an engine in front of one with an engine: rendered here, generated there, derendered here, an answer
// is the chat completion that the other server gives by itself.

import { getEncoding } from "@tokenwire/encodings";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createEngine,
  createHarmonyProfile,
  type Engine,
  type Server,
  serve,
} from "../../packages/tokenwire/src/index.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are compared, not typed.
type Json = any;

let embedded: Engine;
let generating: Server;
let rendering: Server;
let model: string;
beforeAll(async () => {
  embedded = createEngine({ kind: "embedded", tokenizer: getEncoding("o200k_harmony") });
  const { model: id, maxContext: contextLength } = await embedded.info();
  model = id;
  const profile = createHarmonyProfile({ id, contextLength });
  generating = await serve(embedded, { port: 0, currentDate: "2026-01-02", profile });
  rendering = await serve(createEngine("render-only"), { port: 0, currentDate: "2026-01-02", profile });
});
afterAll(async () => {
  await Promise.all([generating.close(), rendering.close()]);
  await embedded.close();
});

async function send(
  to: Server,
  path: string,
  body?: object,
): Promise<{ status: number; body: Json; headers: Headers }> {
  const response = await fetch(to.url + path, {
    ...(body && {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  });
  return { status: response.status, body: await response.json(), headers: response.headers };
}

async function post(to: Server, path: string, body: object): Promise<Json> {
  const answer = await send(to, path, body);
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
  return answer.body;
}

/** Less what differs between any two answers. */
function comparable(completion: Json): Json {
  const { id: _, created: __, system_fingerprint: ___, ...rest } = structuredClone(completion);
  delete rest.usage?.prompt_tokens_details;
  for (const { message } of rest.choices) for (const call of message?.tool_calls ?? []) delete call.id;
  return rest;
}

const weather = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

describe("a server without an engine", () => {
  it.each([
    ["a plain chat", { messages: [{ role: "user", content: "What is the capital of Japan?" }] }],
    [
      "a tool call",
      { messages: [{ role: "user", content: "What is the weather in Oslo?" }], tools: [weather] },
    ],
    [
      "a schema",
      {
        messages: [{ role: "user", content: "Describe Anna, 7, from Oslo as JSON." }],
        response_format: {
          type: "json_schema",
          json_schema: {
            name: "person",
            schema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
          },
        },
      },
    ],
    [
      "log-probabilities",
      { messages: [{ role: "user", content: "Hello!" }], logprobs: true, top_logprobs: 2 },
    ],
    ["two sampled answers", { messages: [{ role: "user", content: "Tell me a story." }], n: 2, seed: 3 }],
  ])("and one with an engine give together what the other gives alone: %s", async (_name, rest) => {
    const chat = { model, temperature: "n" in rest ? 1 : 0, max_tokens: 120, ...rest };
    const direct = await post(generating, "/v1/chat/completions", chat);
    const rendered = await post(rendering, "/v1/chat/completions/render", chat);
    const own = await post(generating, "/v1/chat/completions/render", chat);
    expect(rendered.token_ids).toEqual(own.token_ids);
    const generated = await post(generating, "/inference/v1/generate", rendered);
    const derendered = await post(rendering, "/v1/chat/completions/derender", {
      generate_response: generated,
      prompt_token_ids: rendered.token_ids,
      chat_request: chat,
    });
    expect(direct.usage.completion_tokens).toBeGreaterThan(3);
    expect(comparable(derendered)).toEqual(comparable(direct));
  });

  it("renders and derenders completions", async () => {
    const request = { model, prompt: "Once upon a time", temperature: 0, max_tokens: 12 };
    const direct = await post(generating, "/v1/completions", request);
    const [rendered, ...none] = await post(rendering, "/v1/completions/render", request);
    expect(none).toEqual([]);
    const generated = await post(generating, "/inference/v1/generate", rendered);
    const derendered = await post(rendering, "/v1/completions/derender", {
      generate_responses: [generated],
      prompt_tokens: [rendered.token_ids.length],
    });
    expect(comparable(derendered)).toEqual(comparable(direct));
  });

  it("is alive and ready, names its model, counts tokens", async () => {
    for (const path of ["/health", "/ready"]) expect((await send(rendering, path)).status).toBe(200);
    const { body: models } = await send(rendering, "/v1/models");
    expect(models.data).toMatchObject([{ id: model }]);
    expect(await post(rendering, "/tokenize", { model, prompt: "hello" })).toMatchObject({ count: 1 });
  });

  it.each([
    ["/v1/chat/completions", { messages: [{ role: "user", content: "Hi" }] }],
    ["/v1/chat/completions", { messages: [{ role: "user", content: "Hi" }], stream: true }],
    ["/v1/completions", { prompt: "Hi" }],
    ["/v1/responses", { input: "Hi" }],
    ["/v1/messages", { max_tokens: 5, messages: [{ role: "user", content: "Hi" }] }],
    ["/inference/v1/generate", { token_ids: [1], sampling_params: { max_tokens: 2 } }],
  ])("says that it does not generate, not even once more: %s %#", async (path, body) => {
    const { status, body: answer, headers } = await send(rendering, path, { model, ...body });
    expect([status, headers.get("x-should-retry")]).toEqual([501, "false"]);
    expect(answer.error.message).toMatch(/renders and derenders only/);
  });
});
