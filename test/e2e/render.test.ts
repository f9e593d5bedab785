// A request rendered to ids, generated, and derendered is the chat completion that the server gives in one step.

import { getEncoding } from "@tokenwire/encodings";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createScriptedEngine, type Script } from "../../packages/tokenwire/src/engines/index.ts";
import {
  createEngine,
  createHarmonyProfile,
  type Engine,
  type Server,
  serve,
} from "../../packages/tokenwire/src/index.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are compared, not typed.
type Json = any;

const tokenizer = getEncoding("o200k_harmony");
const ids = (text: string): number[] => [...tokenizer.encode(text, { allowedSpecial: "all" })];

let embedded: Engine;
let server: Server;
let model: string;
beforeAll(async () => {
  embedded = createEngine({ kind: "embedded", tokenizer });
  server = await serve(embedded, { port: 0, currentDate: "2026-01-02" });
  model = server.models[0]!.id;
});
afterAll(async () => {
  await server.close();
  await embedded.close();
});

async function send(path: string, body: object, to = server): Promise<{ status: number; body: Json }> {
  const response = await fetch(to.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

async function post(path: string, body: object, to = server): Promise<Json> {
  const answer = await send(path, body, to);
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
  return answer.body;
}

async function chunksOf(body: object, to = server): Promise<Json[]> {
  const response = await fetch(`${to.url}/inference/v1/generate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const data = (await response.text()).split("\n").filter((line) => line.startsWith("data: "));
  expect(data.pop()).toBe("data: [DONE]");
  return data.map((line) => JSON.parse(line.slice(6)));
}

/** Less what differs between any two answers: ids, time, and what a prefix cache held. */
function comparable(completion: Json): Json {
  const copy = structuredClone(completion);
  delete copy.id;
  delete copy.created;
  delete copy.usage?.prompt_tokens_details;
  for (const { message } of copy.choices) for (const call of message?.tool_calls ?? []) delete call.id;
  return copy;
}

const tools = [
  {
    type: "function",
    function: {
      name: "get_weather",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  },
];
const weather = ids(
  '<|channel|>analysis<|message|>Where? 🌦<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{"city":"Tromsø"}<|call|>',
);
const messages = [{ role: "user", content: "What is the weather in Tromsø?" }];

/** One chat in one step, and in three. */
async function bothWays(chat: object, to = server): Promise<{ direct: Json; derendered: Json }> {
  const direct = await post("/v1/chat/completions", chat, to);
  const rendered = await post("/v1/chat/completions/render", chat, to);
  const generated = await post("/inference/v1/generate", { ...rendered, stream: false }, to);
  expect(generated.request_id).toBe(rendered.request_id);
  const derendered = await post(
    "/v1/chat/completions/derender",
    { generate_response: generated, prompt_token_ids: rendered.token_ids, chat_request: chat },
    to,
  );
  expect(derendered.id).toBe(rendered.request_id);
  return { direct, derendered };
}

async function scripted(scripts: readonly Script[]): Promise<Server> {
  return serve(createScriptedEngine({ scripts }), { port: 0 });
}

/** Derenders a stream in pieces of `size` tokens and folds the chunks. */
async function fold(generated: Json, request: object, size: number, to = server): Promise<Json> {
  const [choice] = generated.choices;
  const message: Json = { content: "", reasoning: "", calls: [], logprobs: [], finish: null, roles: 0 };
  let state: Json = null;
  for (let at = 0; at < choice.token_ids.length; at += size) {
    const end = at + size;
    const isLast = end >= choice.token_ids.length;
    const part = {
      index: 0,
      token_ids: choice.token_ids.slice(at, end),
      logprobs: choice.logprobs && { content: choice.logprobs.content.slice(at, end) },
      finish_reason: isLast ? choice.finish_reason : null,
      stop_reason: isLast ? choice.stop_reason : null,
    };
    const answer = await post(
      "/v1/chat/completions/derender",
      {
        stream: true,
        generate_chunk: { request_id: "r", choices: [part] },
        stream_state: state,
        prompt_token_ids: [1],
        chat_request: request,
      },
      to,
    );
    state = answer.stream_state;
    const { delta, logprobs, finish_reason: finish } = answer.chunk.choices[0];
    if (delta.role) message.roles++;
    message.content += delta.content ?? "";
    message.reasoning += delta.reasoning ?? "";
    message.logprobs.push(...(logprobs?.content ?? []));
    message.finish = finish ?? message.finish;
    for (const call of delta.tool_calls ?? []) {
      if (call.id) message.calls.push({ name: call.function.name, arguments: "" });
      message.calls[call.index].arguments += call.function.arguments;
    }
  }
  expect(state.output_token_ids).toEqual(choice.token_ids);
  return message;
}

describe("render, generate, derender", () => {
  it.each([
    ["a plain chat", {}],
    ["log-probabilities", { logprobs: true, top_logprobs: 3 }],
    ["two sampled answers", { n: 2, seed: 4, temperature: 1 }],
    ["a stop string", { stop: [" "] }],
    ["a length limit", { max_tokens: 7 }],
  ])("equals the chat completion: %s", async (_name, rest) => {
    const chat = { model, messages, temperature: 0, max_tokens: 60, ...rest };
    const { direct, derendered } = await bothWays(chat);
    expect(direct.usage.completion_tokens).toBeGreaterThan(0);
    expect(comparable(derendered)).toEqual(comparable(direct));
  });

  it("equals the chat completion with a tool call and reasoning", async () => {
    const to = await scripted([{ steps: [{ tokens: weather }] }]);
    const chat = { model: to.models[0]!.id, messages, tools };
    const { direct, derendered } = await bothWays(chat, to);
    expect(direct.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { reasoning: "Where? 🌦" },
    });
    expect(comparable(derendered)).toEqual(comparable(direct));
    await to.close();
  });

  it("carries the constraint of a required tool", async () => {
    const chat = { model, messages, tools, tool_choice: "required", temperature: 0, max_tokens: 60 };
    const rendered = await post("/v1/chat/completions/render", chat);
    const kinds = (await embedded.info()).capabilities.constraints;
    if (kinds.length > 0) expect(rendered.sampling_params.structured_outputs).toHaveProperty("json");
    const { direct, derendered } = await bothWays(chat);
    expect(comparable(derendered)).toEqual(comparable(direct));
  });

  it("serves the engine adapter for vLLM", async () => {
    const engine = createEngine({ kind: "vllm", url: server.url });
    const front = await serve(engine, {
      port: 0,
      currentDate: "2026-01-02",
      profile: createHarmonyProfile({ id: model, contextLength: 4096 }),
    });
    const chat = { model, messages, temperature: 0, max_tokens: 60, logprobs: true, top_logprobs: 2 };
    const through = comparable(await post("/v1/chat/completions", chat, front));
    const direct = comparable(await post("/v1/chat/completions", chat));
    expect(through.choices).toEqual(direct.choices);
    expect(through.usage).toEqual(direct.usage);
    await front.close();
    await engine.close();
  });

  it("streams the same tokens as it gives at once", async () => {
    const body = { token_ids: ids("Once upon a time"), sampling_params: { max_tokens: 12, temperature: 0 } };
    const once = await post("/inference/v1/generate", body);
    const chunks = await chunksOf({ ...body, stream: true, stream_options: { include_usage: true } });
    expect(chunks.flatMap((chunk) => chunk.choices.flatMap((choice: Json) => choice.token_ids))).toEqual(
      once.choices[0].token_ids,
    );
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 12 } });
    expect(chunks.at(-2).choices[0].finish_reason).toBe("length");
  });
});

describe("derender as a stream", () => {
  it.each([1, 2, 5, 1000])("folds to the whole answer in pieces of %i tokens", async (size) => {
    const chat = { model, messages, temperature: 0, max_tokens: 40, logprobs: true, top_logprobs: 2 };
    const rendered = await post("/v1/chat/completions/render", chat);
    const generated = await post("/inference/v1/generate", rendered);
    const [whole] = (
      await post("/v1/chat/completions/derender", { generate_response: generated, chat_request: chat })
    ).choices;
    const folded = await fold(generated, chat, size);
    expect(folded.content).toBe(whole.message.content);
    expect(folded.reasoning).toBe(whole.message.reasoning ?? "");
    expect(folded.logprobs).toEqual(whole.logprobs.content);
    expect(folded).toMatchObject({ finish: whole.finish_reason, roles: 1 });
  });

  it.each([1, 3, 7])("folds a tool call in pieces of %i tokens", async (size) => {
    const choice = { index: 0, token_ids: weather, finish_reason: "stop", stop_reason: null };
    const folded = await fold({ choices: [choice] }, { model, messages, tools }, size);
    expect(folded).toMatchObject({
      reasoning: "Where? 🌦",
      calls: [{ name: "get_weather", arguments: '{"city":"Tromsø"}' }],
      finish: "tool_calls",
    });
  });

  it("continues text completions with their offsets", async () => {
    const tokens = ids("Grüße 🌦 an alle");
    const entry = (id: number) => ({ token: `token_id:${id}`, logprob: -0.5, top_logprobs: [] });
    const lists: Json = { tokens: [], text_offset: [] };
    let text = "";
    let state: Json = null;
    for (const [at, id] of tokens.entries()) {
      const { chunk, stream_state } = await post("/v1/completions/derender", {
        stream: true,
        stream_state: state,
        generate_chunk: {
          choices: [
            {
              index: 0,
              token_ids: [id],
              logprobs: { content: [entry(id)] },
              finish_reason: at === tokens.length - 1 ? "length" : null,
            },
          ],
        },
      });
      state = stream_state;
      text += chunk.choices[0].text;
      lists.tokens.push(...(chunk.choices[0].logprobs?.tokens ?? []));
      lists.text_offset.push(...(chunk.choices[0].logprobs?.text_offset ?? []));
    }
    const whole = await post("/v1/completions/derender", {
      prompt_tokens: [3],
      generate_responses: [
        {
          request_id: "cmpl-1",
          choices: [
            {
              index: 0,
              token_ids: tokens,
              logprobs: { content: tokens.map(entry) },
              finish_reason: "length",
            },
          ],
        },
      ],
    });
    expect(text).toBe("Grüße 🌦 an alle");
    expect(whole).toMatchObject({
      id: "cmpl-1",
      choices: [{ text, finish_reason: "length", logprobs: lists }],
      usage: { prompt_tokens: 3, completion_tokens: tokens.length },
    });
  });
});

describe("what is refused", () => {
  const good = { index: 0, token_ids: [1], finish_reason: "stop" };
  const response = (choice: object, rest: object = {}) => ({
    generate_response: { choices: [{ ...good, ...choice }], ...rest },
  });
  const chunk = (rest: object) => ({
    stream: true,
    generate_chunk: { choices: [good] },
    prompt_token_ids: [1],
    chat_request: { messages },
    ...rest,
  });
  it.each([
    [{}, "generate_response"],
    [{ generate_response: { choices: [] } }, "generate_response.choices"],
    [response({ token_ids: [] }), "generate_response.choices[0].token_ids"],
    [response({ token_ids: null }), "generate_response.choices[0].token_ids"],
    [response({ token_ids: [999_999] }), "generate_response.choices[0].token_ids[0]"],
    [response({ token_ids: new Array(200_000).fill(1) }), "generate_response.choices[0].token_ids"],
    [response({ index: 5000 }), "generate_response.choices[0].index"],
    [response({ logprobs: { content: [] } }), "generate_response.choices[0].logprobs.content"],
    [response({}, { output_mode: "text" }), "generate_response.output_mode"],
    [{ ...response({}), chat_request: { messages, top_p: 3 } }, "chat_request.top_p"],
    [{ ...response({}), chat_request: { messages: [] } }, "chat_request.messages"],
    [chunk({ chat_request: null }), "chat_request"],
    [chunk({ prompt_token_ids: null }), "prompt_token_ids"],
    [chunk({ generate_chunk: { choices: [good, good] } }), "generate_chunk.choices"],
    [
      chunk({ stream_state: { output_token_ids: [1, 2], output_chunk_lens: [1] } }),
      "stream_state.output_chunk_lens",
    ],
    [chunk({ stream_state: { output_token_ids: [999_999] } }), "stream_state.output_token_ids[0]"],
    [
      chunk({ stream_state: { tokenwire_state: { version: 1, from: 3, logprobs: [{ logprob: 0 }] } } }),
      "stream_state.tokenwire_state.logprobs",
    ],
  ])("derender names the field at fault, case %#", async (body, param) => {
    const answer = await send("/v1/chat/completions/derender", { model, ...body });
    expect(answer).toMatchObject({ status: 400, body: { error: { param } } });
  });

  it.each([
    [{ token_ids: [] }, "token_ids"],
    [{ token_ids: [999_999] }, "token_ids[0]"],
    [{ token_ids: [1], sampling_params: { top_p: 7 } }, "sampling_params.top_p"],
    [{ token_ids: [1], sampling_params: { allowed_token_ids: [1] } }, "sampling_params.allowed_token_ids"],
    [
      { token_ids: [1], sampling_params: { structured_outputs: { regex: "a", choice: ["b"] } } },
      "sampling_params.structured_outputs",
    ],
    [{ token_ids: [1], features: { mm_hashes: {} } }, "features"],
  ])("generate names the field at fault, case %#", async (body, param) => {
    const answer = await send("/inference/v1/generate", body);
    expect(answer).toMatchObject({ status: 400, body: { error: { param } } });
  });

  it("knows no other model, and no list without responses", async () => {
    const paths = ["/v1/chat/completions/derender", "/v1/completions/derender"];
    for (const path of paths) expect((await send(path, { model: "nope" })).status).toBe(404);
    expect((await send("/inference/v1/generate", { model: "nope", token_ids: [1] })).status).toBe(404);
    const empty = await send("/v1/completions/derender", { generate_responses: [] });
    expect(empty).toMatchObject({ status: 400, body: { error: { param: "generate_responses" } } });
  });
});

describe("render of completions", () => {
  it("returns token prompts as they came", async () => {
    const prompt = [[5, 6, 7], ids("two")];
    const rendered = await post("/v1/completions/render", { model, prompt });
    expect(rendered.map((each: Json) => each.token_ids)).toEqual(prompt);
  });
});
