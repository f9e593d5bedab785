// The Responses API: objects, events, chains, conversations, background work, storage.

import fc from "fast-check";
import OpenAI from "openai";
import { afterEach, describe, expect, it } from "vitest";
import { EngineError } from "../../src/engines/index.ts";
import { createMemoryStore } from "../../src/store/index.ts";
import { checkLifecycle, parseResponseStream } from "./lifecycle.ts";
import {
  answerText,
  harmony,
  type Running,
  series,
  start,
  type TestEngineOptions,
  until,
} from "./support.ts";
import { checkAnswer } from "./wire-check.ts";

const open: Running[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ server }) => server.close()));
});

async function serverFor(
  engine: TestEngineOptions,
  options: Parameters<typeof start>[1] = {},
): Promise<Running> {
  const running = await start(engine, options);
  open.push(running);
  return running;
}

// biome-ignore lint/suspicious/noExplicitAny: the wire's JSON, whose shape is what is tested
type Body = Record<string, any>;

async function call(
  running: Running,
  path: string,
  body?: object,
  method = body ? "POST" : "GET",
  key?: string,
) {
  const response = await fetch(`${running.url}/v1${path}`, {
    method,
    headers: {
      ...(body && { "content-type": "application/json" }),
      ...(key && { authorization: `Bearer ${key}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  checkAnswer(method, `/v1${path.split("?", 1)[0]}`, response, text);
  return { status: response.status, body: JSON.parse(text) as Body };
}

const create = (running: Running, body: object) =>
  call(running, "/responses", { model: "test-model", ...body });

async function stream(running: Running, body: object) {
  const response = await fetch(`${running.url}/v1/responses`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "test-model", stream: true, ...body }),
  });
  expect(response.status).toBe(200);
  return parseResponseStream(await response.text());
}

const weather = { type: "function", name: "get_weather", parameters: { type: "object" } };
const toolTurn =
  '<|channel|>analysis<|message|>Look.<|end|><|start|>assistant<|channel|>commentary<|message|>One moment.<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{"city":"Oslo"}<|call|>';

/** The text of the last prompt the engine got. */
function lastPrompt(running: Running): string {
  return harmony.decode((running.engine.requests.at(-1)!.prompt as { tokenIds: Uint32Array }).tokenIds);
}

/** Ids and times differ between two runs of the same request. */
function comparable(value: unknown): unknown {
  const text = JSON.stringify(value, (key, inner: unknown) =>
    ["id", "item_id", "call_id", "created_at", "completed_at", "stream"].includes(key) ? "…" : inner,
  );
  return JSON.parse(text);
}

describe("the response object", () => {
  it("has every key, always", async () => {
    const running = await serverFor({ emit: () => answerText("Hi!") });
    const { status, body } = await create(running, { input: "Hello", metadata: { a: "b" } });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: expect.stringMatching(/^resp_[0-9a-f]{32}$/),
      object: "response",
      status: "completed",
      incomplete_details: null,
      previous_response_id: null,
      instructions: null,
      error: null,
      tools: [],
      tool_choice: "auto",
      truncation: "disabled",
      parallel_tool_calls: true,
      text: { format: { type: "text" }, verbosity: "medium" },
      top_p: 1,
      presence_penalty: 0,
      frequency_penalty: 0,
      top_logprobs: 0,
      temperature: 1,
      reasoning: { effort: null, summary: null },
      max_output_tokens: null,
      max_tool_calls: null,
      store: true,
      background: false,
      service_tier: "default",
      metadata: { a: "b" },
      safety_identifier: null,
      prompt_cache_key: null,
      usage: {
        input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
        output_tokens_details: { reasoning_tokens: 0 },
      },
    });
    expect(body["completed_at"]).toBeGreaterThanOrEqual(body["created_at"]);
    expect(body["usage"].total_tokens).toBe(body["usage"].input_tokens + body["usage"].output_tokens);
    expect("user" in body).toBe(false);
    expect(body["output"]).toEqual([
      {
        id: expect.stringMatching(/^msg_/),
        type: "message",
        status: "completed",
        role: "assistant",
        content: [{ type: "output_text", text: "Hi!", annotations: [], logprobs: [] }],
      },
    ]);
  });

  it("has reasoning, preamble and call as items of their own", async () => {
    const running = await serverFor({ emit: () => toolTurn });
    const { body } = await create(running, {
      input: "Weather?",
      tools: [weather],
      reasoning: { summary: "auto" },
    });
    expect(body["output"].map((item: Body) => item["type"])).toEqual([
      "reasoning",
      "message",
      "function_call",
    ]);
    expect(body["output"][0]).toMatchObject({
      summary: [{ type: "summary_text", text: "Look." }],
      content: [{ type: "reasoning_text", text: "Look." }],
    });
    expect(body["output"][2]).toMatchObject({
      name: "get_weather",
      arguments: '{"city":"Oslo"}',
      status: "completed",
    });
    expect(body["tools"][0]).toEqual({ ...weather, description: null, strict: true });
  });

  it("is incomplete at the limit, and the cut item with it", async () => {
    const running = await serverFor({ emit: () => answerText("one two three four five six") });
    const { body } = await create(running, { input: "x", max_output_tokens: 6 });
    expect(body).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      completed_at: null,
    });
    expect(body["output"].at(-1).status).toBe("incomplete");
  });

  it("carries log-probabilities when included", async () => {
    const running = await serverFor({ emit: () => answerText("Hi there") });
    const { body } = await create(running, {
      input: "x",
      include: ["message.output_text.logprobs"],
      top_logprobs: 1,
    });
    const { logprobs } = body["output"][0].content[0];
    expect(logprobs.map((entry: Body) => entry["token"]).join("")).toBe("Hi there");
  });
});

describe("events", () => {
  it.each([
    ["an answer", answerText("Hello there"), {}],
    ["reasoning and a call", toolTurn, { tools: [weather] }],
    ["a summary", toolTurn, { tools: [weather], reasoning: { summary: "auto" } }],
    ["a cut answer", answerText("one two three four"), { max_output_tokens: 5 }],
    ["a cut call", toolTurn, { tools: [weather], max_output_tokens: 30 }],
    ["nothing", "<|return|>", {}],
  ])("fold to the object the same request gives: %s", async (_name, said, body) => {
    const running = await serverFor({ emit: () => said });
    const events = await stream(running, { input: "x", ...body });
    const final = checkLifecycle(events);
    const whole = (await create(running, { input: "x", ...body })).body;
    expect(comparable(final)).toEqual(comparable(whole));
    const stored = (await call(running, `/responses/${final["id"]}`)).body;
    expect(stored).toEqual(final);
  });

  it("keep the rules whatever the model says", async () => {
    const pieces = fc.constantFrom(
      "<|channel|>final<|message|>",
      "<|channel|>analysis<|message|>",
      "<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>",
      "<|end|>",
      "<|start|>assistant",
      "<|call|>",
      "<|message|>",
      "hello 🐔",
      '{"a":1}',
    );
    let said = "";
    const running = await serverFor({ emit: () => said });
    await fc.assert(
      fc.asyncProperty(
        fc.array(pieces, { maxLength: 14 }),
        fc.integer({ min: 1, max: 40 }),
        async (parts, limit) => {
          said = parts.join("");
          const body = { input: "x", tools: [weather], max_output_tokens: limit, store: false };
          const final = checkLifecycle(await stream(running, body));
          expect(comparable(final)).toEqual(comparable((await create(running, body)).body));
        },
      ),
      { numRuns: Number(process.env["TOKENWIRE_FUZZ"] ?? 60), seed: 5 + series },
    );
  });

  it("tell a failure in both shapes and end", async () => {
    const running = await serverFor({
      emit: () => answerText("one two three four"),
      fail: { after: 5, error: new EngineError("internal", "broken") },
    });
    const events = await stream(running, { input: "x" });
    const final = checkLifecycle(events);
    expect(final).toMatchObject({ status: "failed", error: { code: "server_error", message: "broken" } });
    expect(events.at(-2)).toMatchObject({ type: "error", message: "broken", error: { message: "broken" } });
    expect((await call(running, `/responses/${final["id"]}`)).body["status"]).toBe("failed");
    expect((await create(running, { input: "x" })).status).toBe(500);
  });

  it("fail when the answer cannot be stored", async () => {
    const store = createMemoryStore();
    store.putResponse = () => Promise.reject(new Error("disk full"));
    const running = await serverFor({ emit: () => answerText("x") }, { store });
    const final = checkLifecycle(await stream(running, { input: "x" }));
    expect(final["status"]).toBe("failed");
    expect(JSON.stringify(final)).not.toContain("disk full");
  });
});

describe("chains", () => {
  it("put earlier input and output before the new input", async () => {
    const running = await serverFor({ emit: (_, n) => answerText(`answer ${n}`) });
    const first = (await create(running, { input: "question 0", instructions: "Be brief." })).body;
    await create(running, { input: "question 1", previous_response_id: first["id"] });
    const prompt = lastPrompt(running);
    const order = ["question 0", "answer 0", "question 1"].map((text) => prompt.indexOf(text));
    expect(order.every((at) => at > 0)).toBe(true);
    expect([...order].sort((a, b) => a - b)).toEqual(order);
    expect(prompt).not.toContain("Be brief.");
  });

  it("go on without new input", async () => {
    const running = await serverFor({ emit: () => answerText("word") });
    const first = (await create(running, { input: "one" })).body;
    expect((await create(running, { previous_response_id: first["id"] })).status).toBe(200);
    expect(lastPrompt(running)).toContain("one");
  });

  it("take a call's result without the tools being sent again", async () => {
    const running = await serverFor({ emit: (_, n) => (n === 0 ? toolTurn : answerText("Rain.")) });
    const first = (await create(running, { input: "Weather?", tools: [weather] })).body;
    const called = first["output"].find((item: Body) => item["type"] === "function_call");
    const second = await create(running, {
      previous_response_id: first["id"],
      input: [{ type: "function_call_output", call_id: called.call_id, output: "rainy" }],
    });
    expect(second.body["status"]).toBe("completed");
    expect(lastPrompt(running)).toContain(
      "<|start|>functions.get_weather to=assistant<|channel|>commentary<|message|>rainy",
    );
    expect(lastPrompt(running)).toContain("Look.");
  });

  it("refuse what does not exist", async () => {
    const running = await serverFor({ emit: () => answerText("x") });
    const hidden = (await create(running, { input: "x", store: false })).body;
    for (const id of ["resp_none", hidden["id"]]) {
      const { status, body } = await create(running, { input: "x", previous_response_id: id });
      expect(status).toBe(400);
      expect(body["error"]).toMatchObject({
        code: "previous_response_not_found",
        param: "previous_response_id",
      });
    }
    expect((await call(running, `/responses/${hidden["id"]}`)).status).toBe(404);
  });

  it("keep tenants apart", async () => {
    const running = await serverFor({ emit: () => answerText("x") }, { apiKeys: ["a", "b"] });
    const { body } = await call(running, "/responses", { model: "test-model", input: "x" }, "POST", "a");
    expect((await call(running, `/responses/${body["id"]}`, undefined, "GET", "a")).status).toBe(200);
    expect((await call(running, `/responses/${body["id"]}`, undefined, "GET", "b")).status).toBe(404);
    expect((await call(running, `/responses/${body["id"]}`, undefined, "DELETE", "b")).status).toBe(404);
  });

  it("drop the oldest turns when truncation is auto", async () => {
    const running = await serverFor({ emit: () => answerText("x") });
    const input = Array.from({ length: 12 }, (_, index) => [
      { role: "user", content: `question ${index} ${"word ".repeat(400)}` },
      { role: "assistant", content: `answer ${index}` },
    ]).flat();
    input.push({ role: "user", content: "the last question" });
    const refused = await create(running, { input });
    expect(refused.body["error"]).toMatchObject({ code: "context_length_exceeded", param: "input" });
    expect((await create(running, { input, truncation: "auto" })).status).toBe(200);
    expect(lastPrompt(running)).toContain("the last question");
    expect(lastPrompt(running)).not.toContain("question 0 ");
  });
});

describe("input", () => {
  it.each([
    [{}, "input", "Missing required parameter: 'input'"],
    [{ input: [] }, "input", "Input items cannot be empty"],
    [{ input: "" }, "input", "Input text cannot be empty"],
    [{ input: [{ role: "user", content: "" }] }, "input[0].content", "Message content cannot be empty"],
    [
      { input: [{ type: "function_call_output", call_id: "c", output: "" }] },
      "input[0].output",
      "Function call output cannot be empty",
    ],
    [
      { input: [{ type: "custom_tool_call_output", call_id: "c", output: "" }] },
      "input[0].output",
      "Custom tool call output cannot be empty",
    ],
    [{ input: "x".repeat(10 * 1024 * 1024 + 1) }, "input", "at most"],
    [{ input: "x", reasoning: { effort: "low", context: "auto" } }, "reasoning.context", "not supported"],
    [{ input: [{ type: "compaction" }] }, "input[0].encrypted_content", "Missing required"],
    [{ input: [{ type: "computer_call", id: "x" }] }, "input[0].type", '"computer_call" are not supported'],
    [
      { input: [{ role: "user", content: [{ type: "input_image" }] }] },
      "input[0].content[0]",
      '"input_image"',
    ],
    [{ input: [{ type: "function_call_output", call_id: "c9", output: "x" }] }, "input[0].call_id", "c9"],
    [{ input: "x", include: ["everything"] }, "include[0]", "reasoning.encrypted_content"],
    [{ input: "x", top_logprobs: 2 }, "top_logprobs", "requires include"],
    [{ input: "x", background: true, store: false }, "background", "store"],
    [{ input: "x", tools: [{ type: "computer" }] }, "tools[0].type", "not enabled"],
    [
      { input: "x", conversation: "conv_a", previous_response_id: "resp_a" },
      "previous_response_id",
      "Mutually exclusive",
    ],
    [{ input: "x", prompt: { id: "p" } }, "prompt", "not available"],
    [{ input: [{ role: "user", content: 5 }] }, "input[0].content", "expected string or array, got 5"],
    [{ input: [{ type: "item_reference", id: "msg_1" }] }, "input[0].id", "msg_1"],
  ])("refuses %#: %o", async (body, param, message) => {
    const running = await serverFor({ emit: () => answerText("x") });
    const { status, body: answer } = await create(running, body);
    expect(status).toBe(400);
    expect(answer["error"].param).toBe(param);
    expect(answer["error"].message).toContain(message);
  });

  it("takes its own output items back", async () => {
    const running = await serverFor({ emit: (_, n) => (n === 0 ? toolTurn : answerText("Done.")) });
    const first = (await create(running, { input: "Weather?", tools: [weather], store: false })).body;
    const called = first["output"].at(-1);
    const input = [
      { role: "user", content: "Weather?" },
      ...first["output"],
      { type: "function_call_output", call_id: called.call_id, output: "rain", status: "completed" },
    ];
    expect((await create(running, { input, tools: [weather], store: false })).status).toBe(200);
    expect(lastPrompt(running)).toContain("One moment.");
  });

  it("finds items of earlier responses by their id alone", async () => {
    const running = await serverFor({ emit: (_, n) => (n === 0 ? toolTurn : answerText("Done.")) });
    const first = (await create(running, { input: "Weather?", tools: [weather] })).body;
    const [reasoning, , called] = first["output"];
    const input = [
      { role: "user", content: "Weather?" },
      { type: "item_reference", id: reasoning.id },
      { type: "item_reference", id: called.id },
      { type: "function_call_output", call_id: called.call_id, output: "rain" },
    ];
    expect((await create(running, { input, tools: [weather] })).status).toBe(200);
    expect(lastPrompt(running)).toContain("Look.");
    expect(lastPrompt(running)).toContain('{"city":"Oslo"}');
  });

  it("opens reasoning that it sealed itself, and no other", async () => {
    const running = await serverFor({ emit: (_, n) => (n === 0 ? toolTurn : answerText("Done.")) });
    const include = ["reasoning.encrypted_content"];
    const first = (await create(running, { input: "Weather?", tools: [weather], store: false, include }))
      .body;
    const [reasoning, , called] = first["output"];
    expect(reasoning.encrypted_content).toBeTypeOf("string");
    const replay = (sealed: string) => [
      { role: "user", content: "Weather?" },
      { type: "reasoning", id: reasoning.id, summary: [], encrypted_content: sealed },
      called,
      { type: "function_call_output", call_id: called.call_id, output: "rain" },
    ];
    await create(running, { input: replay(reasoning.encrypted_content), store: false });
    expect(lastPrompt(running)).toContain("Look.");
    const forged = await create(running, { input: replay(`x${reasoning.encrypted_content}`), store: false });
    expect(forged.body["error"].code).toBe("invalid_encrypted_content");
  });
});

it("echoes numbers of any size in a schema", async () => {
  const running = await serverFor({ emit: () => answerText("x") });
  const parameters = '{"type":"object","maximum":21058663628911751,"minimum":-1e999,"__proto__":{"a":1e400}}';
  const schema = `{"type":"json_schema","name":"x","schema":${parameters}}`;
  for (const path of ["/v1/responses", "/v1/chat/completions"]) {
    const own = path.endsWith("responses")
      ? `"input":"x","text":{"format":${schema}}`
      : `"messages":[{"role":"user","content":"x"}],
         "response_format":{"type":"json_schema","json_schema":{"name":"x","schema":${parameters}}}`;
    const body = `{"model":"test-model",${own},"store":true,
      "tools":[{"type":"function","name":"f","parameters":${parameters},"function":{"name":"f","parameters":${parameters}}}]}`;
    const answer = await fetch(running.url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    const text = await answer.text();
    expect(answer.status, text).toBe(200);
    if (path.endsWith("responses"))
      expect(text).toContain('"maximum":21058663628911750,"minimum":null,"__proto__":{"a":null}');
  }
});

describe("unknown fields", () => {
  it("are ignored, or refused where the operator wants it", async () => {
    const lenient = await serverFor({ emit: () => answerText("x") });
    expect((await create(lenient, { input: "x", colour: "red" })).status).toBe(200);
    const strict = await serverFor({ emit: () => answerText("x") }, { strict: true });
    const { status, body } = await create(strict, { input: "x", colour: "red" });
    expect(status).toBe(400);
    expect(body["error"]).toMatchObject({ param: "colour", code: "unsupported_parameter" });
    expect((await create(strict, { input: "x", prompt_cache_options: {} })).status).toBe(200);
  });
});

describe("obfuscation", () => {
  it("pads deltas to lengths that tell nothing, live and replayed", async () => {
    const running = await serverFor({ emit: () => toolTurn });
    const asked = { input: "x", tools: [weather] };
    const padded = await stream(running, { ...asked, stream_options: { include_obfuscation: true } });
    const final = checkLifecycle(padded);
    const again = await fetch(
      `${running.url}/v1/responses/${final["id"]}?stream=true&include_obfuscation=true`,
    );
    for (const events of [padded, parseResponseStream(await again.text())]) {
      const deltas = events.filter(({ type }) => type.endsWith(".delta"));
      expect(deltas.length).toBeGreaterThan(2);
      for (const event of deltas) {
        expect((String(event["delta"]).length + String(event["obfuscation"]).length) % 32).toBe(0);
      }
    }
    const plain = await stream(running, asked);
    expect(plain.filter((event) => "obfuscation" in event)).toEqual([]);
  });
});

describe("stored responses", () => {
  it("list their input, newest first, in pages", async () => {
    const running = await serverFor({ emit: () => answerText("x") });
    const input = [1, 2, 3].map((n) => ({ role: "user", content: `q${n}` }));
    const { body } = await create(running, { input });
    const page = (await call(running, `/responses/${body["id"]}/input_items?limit=2`)).body;
    expect(page).toMatchObject({ object: "list", has_more: true });
    expect(page["data"].map((item: Body) => item["content"][0].text)).toEqual(["q3", "q2"]);
    const rest = (await call(running, `/responses/${body["id"]}/input_items?after=${page["last_id"]}`)).body;
    expect(rest["data"].map((item: Body) => item["content"][0].text)).toEqual(["q1"]);
    expect((await call(running, `/responses/${body["id"]}/input_items?limit=0`)).status).toBe(400);
  });

  it("are deleted once", async () => {
    const running = await serverFor({ emit: () => answerText("x") });
    const { body } = await create(running, { input: "x" });
    expect((await call(running, `/responses/${body["id"]}`, undefined, "DELETE")).body["deleted"]).toBe(true);
    expect((await call(running, `/responses/${body["id"]}`, undefined, "DELETE")).status).toBe(404);
  });

  it("replay as events", async () => {
    const running = await serverFor({ emit: () => toolTurn });
    const { body } = await create(running, { input: "x", tools: [weather] });
    const replay = async (query: string) =>
      parseResponseStream(
        await (await fetch(`${running.url}/v1/responses/${body["id"]}?stream=true${query}`)).text(),
      );
    const events = await replay("");
    expect(checkLifecycle(events)).toEqual(body);
    expect(await replay("&starting_after=4")).toEqual(events.slice(5));
    expect(await replay("&starting_after=9999")).toEqual([]);
    const bad = await fetch(`${running.url}/v1/responses/${body["id"]}?stream=true&starting_after=-1`);
    expect(bad.status).toBe(400);
  });

  it("count input tokens as the create call does", async () => {
    const running = await serverFor({ emit: () => answerText("x") });
    const body = { input: "Hello there", instructions: "Be kind.", tools: [weather] };
    const counted = await call(running, "/responses/input_tokens", { model: "test-model", ...body });
    const { usage } = (await create(running, body)).body as { usage: Body };
    expect(counted.body).toEqual({ object: "response.input_tokens", input_tokens: usage["input_tokens"] });
  });
});

describe("background", () => {
  it("goes on without the client, and can be read later", async () => {
    const running = await serverFor({ emit: () => answerText("word ".repeat(10)), delayMs: 2 });
    const { body } = await create(running, { input: "x", background: true });
    expect(body["status"]).toBe("queued");
    let final: Body = {};
    await until(() => running.engine.emitted > 3);
    for (let tries = 0; tries < 400 && final["status"] !== "completed"; tries++) {
      final = (await call(running, `/responses/${body["id"]}`)).body;
      await new Promise((go) => setTimeout(go, 5));
    }
    expect(final["status"]).toBe("completed");
    const streamed = await fetch(`${running.url}/v1/responses/${body["id"]}?stream=true`);
    expect(checkLifecycle(parseResponseStream(await streamed.text()))["status"]).toBe("completed");
  });

  it("is cancelled on demand, and the engine with it", async () => {
    const running = await serverFor({ emit: () => answerText("word"), endless: true, delayMs: 2 });
    const { body } = await create(running, { input: "x", background: true });
    await until(() => running.engine.emitted > 3);
    const cancelled = await call(running, `/responses/${body["id"]}/cancel`, {});
    expect(cancelled.body["status"]).toBe("cancelled");
    await until(() => running.engine.live === 0);
    expect((await call(running, `/responses/${body["id"]}`)).body["status"]).toBe("cancelled");
    const again = await call(running, `/responses/${body["id"]}/cancel`, {});
    expect(again.body["status"]).toBe("cancelled");
  });

  it("can be followed from any event, live and afterwards", async () => {
    const running = await serverFor({ emit: () => answerText("word ".repeat(30)), delayMs: 2 });
    const abort = new AbortController();
    const first = await fetch(`${running.url}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "test-model", input: "x", background: true, stream: true }),
      signal: abort.signal,
    });
    const reader = first.body!.getReader();
    const head = new TextDecoder().decode((await reader.read()).value);
    const id = /"id":"(resp_[0-9a-f]+)"/.exec(head)![1]!;
    await until(() => running.engine.emitted > 5);
    abort.abort();
    const rest = await fetch(`${running.url}/v1/responses/${id}?stream=true&starting_after=1`);
    const events = parseResponseStream(await rest.text());
    expect(events[0]!.sequence_number).toBe(2);
    expect(events.at(-1)!.type).toBe("response.completed");
    const later = await fetch(`${running.url}/v1/responses/${id}?stream=true&starting_after=1`);
    expect(parseResponseStream(await later.text())).toEqual(events);
  });

  it("has its conversation to itself until it is complete", async () => {
    const running = await serverFor({ emit: () => answerText("word ".repeat(10)), delayMs: 5 });
    const conversation = (await call(running, "/conversations", {})).body["id"];
    const { body } = await create(running, { input: "one", conversation, background: true });
    const second = await create(running, { input: "two", conversation });
    expect(second).toMatchObject({ status: 409, body: { error: { code: "conversation_locked" } } });
    let status = "";
    for (let tries = 0; tries < 500 && status !== "completed"; tries++) {
      status = (await call(running, `/responses/${body["id"]}`)).body["status"];
      await new Promise((go) => setTimeout(go, 5));
    }
    expect((await create(running, { input: "two", conversation })).status).toBe(200);
    const items = (await call(running, `/conversations/${conversation}/items?order=asc`)).body["data"];
    expect(items.map(({ role }: Body) => role)).toEqual(["user", "assistant", "user", "assistant"]);
  });

  it("is failed by the next server when this one dies", async () => {
    const store = createMemoryStore();
    const running = await serverFor({ emit: () => answerText("x"), endless: true, delayMs: 5 }, { store });
    const { body } = await create(running, { input: "x", background: true });
    const orphan = (await store.getResponse("public", body["id"]))!;
    expect(orphan.response.status).toBe("in_progress");
    const next = await serverFor({ emit: () => answerText("x") }, { store });
    const failed = (await call(next, `/responses/${body["id"]}`)).body;
    expect(failed).toMatchObject({ status: "failed", error: { code: "server_error" } });
    await call(running, `/responses/${body["id"]}/cancel`, {});
  });
});

describe("conversations", () => {
  it("collect items and feed responses", async () => {
    const running = await serverFor({ emit: (_, n) => answerText(`answer ${n}`) });
    const items = [{ role: "user", content: "My name is Ada." }];
    const { body: conversation } = await call(running, "/conversations", { items, metadata: { k: "v" } });
    expect(conversation).toMatchObject({ object: "conversation", metadata: { k: "v" } });
    const id = conversation["id"] as string;
    const first = (await create(running, { input: "question", conversation: id })).body;
    expect(first["conversation"]).toEqual({ id });
    await create(running, { input: "again", conversation: { id } });
    expect(lastPrompt(running)).toContain("My name is Ada.");
    expect(lastPrompt(running)).toContain("answer 0");
    const list = (await call(running, `/conversations/${id}/items?order=asc`)).body;
    expect(list["data"]).toHaveLength(5);
    const [item] = list["data"];
    expect((await call(running, `/conversations/${id}/items/${item.id}`)).body).toEqual(item);
    expect(
      (await call(running, `/conversations/${id}/items/${item.id}`, undefined, "DELETE")).body["id"],
    ).toBe(id);
    expect((await call(running, `/conversations/${id}/items/${item.id}`)).status).toBe(404);
    const updated = (await call(running, `/conversations/${id}`, { metadata: { k: "w" } })).body;
    expect(updated["metadata"]).toEqual({ k: "w" });
    expect((await call(running, `/conversations/${id}`, undefined, "DELETE")).body["deleted"]).toBe(true);
    expect((await call(running, `/conversations/${id}`)).status).toBe(404);
    expect((await create(running, { input: "x", conversation: id })).status).toBe(404);
  });

  it("are written by one response at a time", async () => {
    const running = await serverFor({ emit: () => answerText("word ".repeat(10)), delayMs: 3 });
    const { body } = await call(running, "/conversations", {});
    const results = await Promise.all(
      [1, 2].map((n) => create(running, { input: `q${n}`, conversation: body["id"] })),
    );
    expect(results.map((result) => result.status).sort()).toEqual([200, 409]);
  });
});

describe("the openai client", () => {
  it("creates, streams, retrieves, lists and deletes", async () => {
    const running = await serverFor({ emit: () => toolTurn });
    const client = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: "x", maxRetries: 0 });
    const body = {
      model: "test-model",
      input: "Weather?",
      tools: [{ type: "function" as const, name: "get_weather", parameters: {}, strict: false }],
    };
    const whole = await client.responses.create(body);
    expect(whole.output_text).toBe("One moment.");
    const seen: string[] = [];
    const runner = client.responses.stream(body).on("event", (event) => seen.push(event.type));
    const final = await runner.finalResponse();
    expect(final.output.map((item) => item.type)).toEqual(["reasoning", "message", "function_call"]);
    expect(seen).toContain("response.function_call_arguments.done");
    expect((await client.responses.retrieve(whole.id)).id).toBe(whole.id);
    expect((await client.responses.inputItems.list(whole.id)).data).toHaveLength(1);
    expect((await client.responses.inputTokens.count(body)).input_tokens).toBe(whole.usage!.input_tokens);
    await client.responses.delete(whole.id);
    await expect(client.responses.retrieve(whole.id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });
});
