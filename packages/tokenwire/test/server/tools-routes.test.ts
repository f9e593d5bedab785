// The endpoints around generation: tokenize, detokenize, parse, embeddings, text completions.

import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEngine } from "../../src/engines/index.ts";
import { type Server, serve } from "../../src/server/index.ts";
import { harmony, type Running, start } from "./support.ts";
import { checkAnswer } from "./wire-check.ts";

let running: Running;
beforeAll(async () => {
  running = await start({ emit: () => " one two three<|return|>" });
});
afterAll(() => running.server.close());

// biome-ignore lint/suspicious/noExplicitAny: the wire's JSON, whose shape is what is tested
type Body = Record<string, any>;

async function post(path: string, body: object, url = running.url): Promise<{ status: number; body: Body }> {
  const response = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  checkAnswer("POST", path, response, text);
  return { status: response.status, body: JSON.parse(text) as Body };
}

describe("tokenize", () => {
  it("gives the ids of text, with the keys of every dialect", async () => {
    const { body } = await post("/tokenize", {
      model: "test-model",
      prompt: "hello world 🐔",
      return_token_strs: true,
    });
    const tokens = [...harmony.encodeOrdinary("hello world 🐔")];
    expect(body).toMatchObject({ tokens, count: tokens.length, char_count: 13, max_model_len: 4096 });
    expect(body["token_strs"]).toHaveLength(tokens.length);
  });

  it("takes batches and llama.cpp's keys", async () => {
    const batch = (await post("/v1/tokenize", { prompt: ["a", "b c"] })).body;
    expect(batch["count"]).toEqual([1, 2]);
    const pieces = (await post("/tokenize", { content: "hello", with_pieces: true })).body;
    expect(pieces["tokens"]).toEqual([{ id: harmony.encodeOrdinary("hello")[0], piece: "hello" }]);
  });

  it("keeps special tokens text unless told otherwise", async () => {
    expect((await post("/tokenize", { prompt: "<|end|>" })).body["count"]).toBeGreaterThan(1);
    expect((await post("/tokenize", { content: "<|end|>", parse_special: true })).body["tokens"]).toEqual([
      200_007,
    ]);
  });

  it("gives the ids that generation uses for messages", async () => {
    const messages = [{ role: "user", content: "hi" }];
    const { body } = await post("/tokenize", { messages });
    await post("/v1/chat/completions", { model: "test-model", messages });
    const { tokenIds } = running.engine.requests.at(-1)!.prompt as { tokenIds: Uint32Array };
    expect(body["tokens"]).toEqual([...tokenIds]);
    expect((await post("/apply-template", { messages })).body["prompt"]).toBe(harmony.decode(tokenIds));
  });

  it("goes back", async () => {
    const tokens = [...harmony.encodeOrdinary("hello 🐔")];
    expect((await post("/detokenize", { tokens })).body).toEqual({
      prompt: "hello 🐔",
      text: "hello 🐔",
      content: "hello 🐔",
    });
    expect((await post("/v1/detokenize", { tokens: [tokens, tokens] })).body["text"]).toHaveLength(2);
    expect(
      (await post("/detokenize", { tokens: [200_007, ...tokens], skip_special_tokens: true })).body["text"],
    ).toBe("hello 🐔");
    const { status, body } = await post("/detokenize", { tokens: [1, 999_999] });
    expect(status).toBe(400);
    expect(body["error"].param).toBe("tokens[1]");
  });
});

it.each(["/tokenize", "/detokenize", "/apply-template"])(
  "%s refuses a model that is no name",
  async (path) => {
    const { status, body } = await post(path, { model: [1], messages: [], tokens: [] });
    expect([status, body["error"].param]).toEqual([400, "model"]);
  },
);

describe("parse", () => {
  it("finds calls and reasoning in text", async () => {
    const text = 'Hm. <tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>';
    const { body } = await post("/parse/function_call", { text, tool_call_parser: "hermes", tools: [] });
    expect(body["success"]).toBe(true);
    expect(body["tool_calls"]).toMatchObject([
      { type: "function", function: { name: "f", arguments: '{"a": 1}' } },
    ]);
    const none = (await post("/v1/parse/function_call", { text: "plain", tool_call_parser: "hermes" })).body;
    expect(none).toEqual({ remaining_text: "plain", tool_calls: [], success: false });
    const reasoning = (
      await post("/v1/parse/reasoning", { text: "<think>why</think>so", reasoning_parser: "qwen3" })
    ).body;
    expect(reasoning).toEqual({ normal_text: "so", reasoning_text: "why", success: true });
  });

  it.each([
    ["/v1/parse/function_call", { text: "x", tool_call_parser: "nope" }, "tool_call_parser"],
    ["/parse/reasoning", { text: "x" }, "reasoning_parser"],
    ["/separate_reasoning", { text: "x", reasoning_parser: "nope" }, "reasoning_parser"],
  ])("says in errors too that it did not work: %s", async (path, request, param) => {
    const { status, body } = await post(path, request);
    expect([status, body["success"], body["error"].param]).toEqual([400, false, param]);
  });

  it.each(["/v1/rerank", "/rerank", "/v1/classify", "/classify"])(
    "refuses by name what no engine does: %s",
    async (path) => {
      for (const model of ["test-model", undefined]) {
        const { status, body } = await post(path, { model, query: "a", documents: ["b"], input: "x" });
        expect([status, body["error"].code, body["error"].param]).toEqual([
          400,
          "unsupported_parameter",
          "model",
        ]);
        expect(body["error"].message).toMatch(
          /^The model "test-model" cannot .*What it can do: completions, chat/,
        );
      }
    },
  );

  it("refuses a page after what is not in the list, which would begin anew for ever", async () => {
    const { body: conversation } = await post("/v1/conversations", {
      items: [{ role: "user", content: "a" }],
    });
    const chat = { model: "test-model", messages: [{ role: "user", content: "a" }] };
    const { body: completion } = await post("/v1/chat/completions", { ...chat, store: true });
    const { body: response } = await post("/v1/responses", { model: "test-model", input: "a" });
    for (const path of [
      `/v1/conversations/${conversation["id"]}/items`,
      `/v1/chat/completions/${completion["id"]}/messages`,
      `/v1/responses/${response["id"]}/input_items`,
      "/v1/chat/completions",
    ]) {
      const list = (await (await fetch(`${running.url}${path}`)).json()) as Body;
      expect(list["data"]).toHaveLength(1);
      const rest = await fetch(`${running.url}${path}?after=${list["last_id"]}`);
      expect(((await rest.json()) as Body)["data"]).toEqual([]);
      const gone = await fetch(`${running.url}${path}?after=gone`);
      expect([gone.status, ((await gone.json()) as Body)["error"].param]).toEqual([400, "after"]);
    }
  });

  it("refuses an include of a query that names nothing", async () => {
    for (const path of ["/v1/responses/resp_x?include[]=all", "/v1/conversations/conv_x/items?include=all"]) {
      const response = await fetch(`${running.url}${path}`);
      expect([response.status, ((await response.json()) as Body)["error"].param]).toEqual([400, "include"]);
    }
    const known = await fetch(`${running.url}/v1/responses/resp_x?include[]=reasoning.encrypted_content`);
    expect(known.status).toBe(404);
  });

  it("names the parsers it knows", async () => {
    const { status, body } = await post("/v1/parse/reasoning", { text: "x", reasoning_parser: "nope" });
    expect(status).toBe(400);
    expect(body["error"].message).toContain("qwen3");
  });
});

describe("render", () => {
  it("says what generation would ask the engine", async () => {
    const chat = {
      model: "test-model",
      messages: [{ role: "user", content: "hi" }],
      max_tokens: 5,
      stop: ["x"],
    };
    const rendered = (await post("/v1/chat/completions/render", chat)).body;
    await post("/v1/chat/completions", chat);
    const { prompt, sampling, stop } = running.engine.requests.at(-1)!;
    expect(rendered["token_ids"]).toEqual([...(prompt as { tokenIds: Uint32Array }).tokenIds]);
    expect(rendered).toMatchObject({ features: null, model: "test-model", stream: false });
    expect(rendered["sampling_params"]).toMatchObject({
      max_tokens: sampling.maxTokens,
      temperature: 1,
      stop: ["x"],
      stop_token_ids: stop!.tokenIds,
    });
    const { max_tokens, messages, model } = chat;
    const message = (await post("/v1/messages/render", { model, messages, max_tokens })).body;
    expect(message["token_ids"]).toEqual(rendered["token_ids"]);
    const tokens = [[1, 2], [3]];
    const batch = (await post("/v1/completions/render", { model, prompt: tokens })).body as unknown as Body[];
    expect(batch.map((entry) => entry["token_ids"])).toEqual(tokens);
    expect((await post("/v1/chat/completions/render", { ...chat, model: "nope" })).status).toBe(404);
  });
});

describe("text completions", () => {
  it("echo, batch and give log-probabilities with offsets", async () => {
    const body = { model: "test-model", prompt: ["a b", "c d"], echo: true, logprobs: 1, max_tokens: 3 };
    const { choices, usage } = (await post("/v1/completions", body)).body;
    expect(choices).toHaveLength(2);
    expect(choices[0].text).toBe("a b one two three");
    const { tokens, text_offset } = choices[0].logprobs as { tokens: string[]; text_offset: number[] };
    tokens.forEach((token, index) => {
      expect(choices[0].text.slice(text_offset[index]).startsWith(token)).toBe(true);
    });
    expect(usage.prompt_tokens).toBe(4);
  });

  it("answer nothing but the echo for max_tokens 0", async () => {
    const { body } = await post("/v1/completions", {
      model: "test-model",
      prompt: "a b",
      echo: true,
      max_tokens: 0,
    });
    expect(body["choices"][0]).toMatchObject({ text: "a b", finish_reason: "length" });
  });

  it.each([
    [{ prompt: [] }, "prompt"],
    [{ prompt: "x", suffix: "y" }, "suffix"],
    [{ prompt: "x", n: 3, best_of: 2 }, "best_of"],
    [{ prompt: "x", n: 1, best_of: 2, stream: true }, "best_of"],
    [{ prompt: [[999_999]] }, "prompt[0]"],
    [{ prompt: "x", logprobs: 6 }, "logprobs"],
  ])("refuse %j", async (body, param) => {
    const answer = await post("/v1/completions", { model: "test-model", ...body });
    expect(answer.status).toBe(400);
    expect(answer.body["error"].param).toBe(param);
  });
});

describe("embeddings", () => {
  let server: Server;
  beforeAll(async () => {
    server = await serve(createEngine({ kind: "embedded", tokenizer: harmony }), { port: 0 });
  });
  afterAll(() => server.close());

  it("are the same as floats and as the client's base64", async () => {
    const model = server.models[0]!.id;
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "x" });
    const { data, usage } = await client.embeddings.create({ model, input: ["hello", "world wide"] });
    const plain = (await post("/v1/embeddings", { model, input: ["hello", "world wide"] }, server.url)).body;
    expect(data.map((entry) => entry.embedding.map(Math.fround))).toEqual(
      plain["data"].map((entry: { embedding: number[] }) => entry.embedding.map(Math.fround)),
    );
    expect(usage.prompt_tokens).toBe(3);
  });

  it.each([
    [{ input: "" }, "input"],
    [{ input: ["a", ""] }, "input[1]"],
    [{ input: [] }, "input"],
    [{ input: "word ".repeat(5_000) }, "input"],
    [{ input: "x", dimensions: 4 }, "dimensions"],
  ])("refuse %j", async (body, param) => {
    const answer = await post("/v1/embeddings", { model: server.models[0]!.id, ...body }, server.url);
    expect(answer.status).toBe(400);
    expect(answer.body["error"].param).toBe(param);
  });

  it("are refused where the engine has none", async () => {
    const answer = await post("/v1/embeddings", { model: "test-model", input: "x" });
    expect(answer.body["error"]).toMatchObject({ code: "unsupported_parameter" });
  });
});
