// What users of other servers complain about most, class by class. Each class has a test of its name; the details of
// most are tested where they belong.

import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createMemoryStore } from "../../src/store/index.ts";
import { checkLifecycle, parseResponseStream } from "./lifecycle.ts";
import { checkChatStream, checkMessageStream } from "./stream-rules.ts";
import { answerText, harmony, ids, type Running, start, TestEngine, until } from "./support.ts";

const opened: Running[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ server }) => server.close()));
});

async function open(...options: Parameters<typeof start>): Promise<Running> {
  const running = await start(...options);
  opened.push(running);
  return running;
}

// biome-ignore lint/suspicious/noExplicitAny: the wire's JSON, whose shape is what is tested
type Body = any;
const model = "test-model";
const paths = { chat: "/v1/chat/completions", responses: "/v1/responses", messages: "/v1/messages" } as const;
type Api = keyof typeof paths;
const apis = Object.keys(paths) as Api[];

function post({ url }: Running, api: Api, body: object, signal?: AbortSignal): Promise<Response> {
  const said = api === "responses" ? { input: "hi" } : { messages: [{ role: "user", content: "hi" }] };
  return fetch(url + paths[api], {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, ...said, ...(api === "messages" && { max_tokens: 500 }), ...body }),
    ...(signal && { signal }),
  });
}

const json = async (...args: Parameters<typeof post>): Promise<Body> => (await post(...args)).json();
const text = async (...args: Parameters<typeof post>): Promise<string> => (await post(...args)).text();
const prompt = (running: Running, call = -1): string =>
  harmony.decode((running.engine.requests.at(call)!.prompt as { tokenIds: Uint32Array }).tokenIds);

const call = (name: string, args: string, end = "<|call|>"): string =>
  `<|channel|>commentary to=functions.${name} <|constrain|>json<|message|>${args}${end}`;
const thought = (said: string): string => `<|channel|>analysis<|message|>${said}<|end|><|start|>assistant`;
const parameters = { type: "object", properties: { city: { type: "string" } } };
const chatTools = [{ type: "function", function: { name: "get_weather", parameters } }];
const tools = { chat: chatTools, responses: [{ type: "function", name: "get_weather", parameters }] };

describe("class 1: tool-call streaming", () => {
  const two = `${call("get_weather", '{"city":"Oslo"}', "<|end|>")}<|start|>assistant${call("get_weather", '{"city":"Rome"}')}`;

  it("every delta has its index, only the first an id, and there is one finish: tool_calls", async () => {
    const running = await open({ emit: () => two });
    const chunks = checkChatStream(await text(running, "chat", { stream: true, tools: chatTools }));
    const calls = chunks.flatMap(({ choices }) => (choices[0]!.delta as Body).tool_calls ?? []);
    expect(calls.filter((entry: Body) => "id" in entry).map((entry: Body) => entry.index)).toEqual([0, 1]);
    for (const index of [0, 1]) {
      const own = calls.filter((entry: Body) => entry.index === index);
      const joined = own.map((entry: Body) => entry.function.arguments).join("");
      expect(JSON.parse(joined)).toEqual({ city: ["Oslo", "Rome"][index] });
    }
    const finishes = chunks.flatMap(({ choices }) => choices[0]!.finish_reason ?? []);
    expect(finishes).toEqual(["tool_calls"]);
  });

  it("a call that is cut is told as cut", async () => {
    const running = await open({ emit: () => two });
    const chat = await json(running, "chat", { tools: chatTools, max_tokens: 12 });
    expect(chat.choices[0].finish_reason).toBe("length");
    const response = await json(running, "responses", { tools: tools.responses, max_output_tokens: 12 });
    expect(response).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      output: [{ type: "function_call", status: "incomplete" }],
    });
  });

  it("ids are never used again, neither in an answer nor in the next", async () => {
    const running = await open({ emit: () => two });
    const seen: string[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const { choices } = await json(running, "chat", { tools: chatTools, n: 2 });
      for (const { message } of choices) seen.push(...message.tool_calls.map((entry: Body) => entry.id));
    }
    expect(new Set(seen).size).toBe(12);
  });
});

describe("class 2: usage", () => {
  it("is sent once when asked for, with empty choices, and never unasked", async () => {
    const running = await open({ emit: () => answerText("Hello") });
    const asked = await text(running, "chat", {
      stream: true,
      n: 3,
      stream_options: { include_usage: true },
    });
    checkChatStream(asked, { choices: 3, includeUsage: true });
    checkChatStream(await text(running, "chat", { stream: true }), { includeUsage: false });
    const whole = (await json(running, "chat", { n: 3 })).usage;
    expect(checkChatStream(asked).at(-1)!.usage).toMatchObject({
      prompt_tokens: whole.prompt_tokens,
      completion_tokens: whole.completion_tokens,
    });
  });
});

describe("class 3: disconnects", () => {
  it.each(apis.flatMap((api) => [true, false].map((stream) => [api, stream] as const)))(
    "%s, stream %s: the engine stops, in prefill and in the answer, and is aborted once",
    async (api, stream) => {
      for (const delayMs of [3, 100_000]) {
        const running = await open({ emit: () => answerText("word"), endless: true, delayMs });
        const abort = new AbortController();
        const request = post(running, api, { stream, ...(api === "chat" && { n: 2 }) }, abort.signal);
        const read = request.then((response) => response.text()).catch(() => undefined);
        const calls = api === "chat" ? 2 : 1;
        await until(() => running.engine.live === calls && (delayMs > 3 || running.engine.emitted > 4));
        let aborts = 0;
        for (const signal of running.engine.signals) signal!.addEventListener("abort", () => aborts++);
        abort.abort();
        await read;
        await until(() => aborts === calls && (delayMs > 3 || running.engine.live === 0));
      }
    },
  );

  it("a normal end aborts nothing, and one that leaves takes no other along", async () => {
    // Long enough to be left in the middle, however busy the machine is.
    const emit = (_: unknown, call: number) => answerText("word ".repeat(call === 0 ? 2_000 : 20));
    const running = await open({ emit, delayMs: 2 });
    const abort = new AbortController();
    const leaving = post(running, "chat", { stream: true }, abort.signal).then((response) => response.text());
    leaving.catch(() => undefined);
    await until(() => running.engine.requests.length === 1);
    const staying = Array.from({ length: 4 }, () => json(running, "chat", { n: 2 }));
    await until(() => running.engine.requests.length === 9);
    abort.abort();
    for (const { choices } of await Promise.all(staying)) expect(choices[1].finish_reason).toBe("stop");
    await until(() => running.engine.live === 0);
    expect(running.engine.signals.filter((signal) => signal!.aborted)).toHaveLength(1);
  });
});

describe("class 4: events of responses", () => {
  it("are numbered without gaps, and every index is the item's place in the output", async () => {
    const said = `${thought("Hm.")}<|channel|>commentary<|message|>I look.<|end|><|start|>assistant${call("get_weather", '{"city":"Oslo"}', "<|end|>")}<|start|>assistant${call("get_weather", "{}")}`;
    const running = await open({ emit: () => said });
    const events = parseResponseStream(
      await text(running, "responses", { stream: true, tools: tools.responses }),
    );
    const final = checkLifecycle(events);
    expect(final["output"].map((item: Body) => item.type)).toEqual([
      "reasoning",
      "message",
      "function_call",
      "function_call",
    ]);
    const added = events.filter(({ type }) => type === "response.output_item.added");
    expect(added.map((event) => event["output_index"])).toEqual([0, 1, 2, 3]);
    expect(added.map((event) => (event["item"] as Body).id)).toEqual(
      final["output"].map((item: Body) => item.id),
    );
  });
});

describe("class 5: reasoning", () => {
  const history = (field: string) => [
    { role: "user", content: "Weather?" },
    {
      role: "assistant",
      content: null,
      [field]: "I must look.",
      tool_calls: [{ id: "c1", type: "function", function: { name: "get_weather", arguments: "{}" } }],
    },
    { role: "tool", tool_call_id: "c1", content: "rain" },
  ];

  it.each(["reasoning", "reasoning_content"])(
    "sent back as %s reaches the model, and does not leak into the answer",
    async (field) => {
      const running = await open({ emit: () => `${thought("It rains.")}${answerText("Rain.")}` });
      const { choices } = await json(running, "chat", { messages: history(field), tools: chatTools });
      expect(prompt(running)).toContain("<|channel|>analysis<|message|>I must look.<|end|>");
      expect(choices[0].message).toMatchObject({
        content: "Rain.",
        reasoning: "It rains.",
        reasoning_content: "It rains.",
      });
    },
  );

  it("that a client leaves out is no error", async () => {
    const running = await open({ emit: () => answerText("Rain.") });
    const input = [
      { role: "user", content: "Weather?" },
      { type: "function_call", call_id: "c1", name: "get_weather", arguments: "{}" },
      { type: "function_call_output", call_id: "c1", output: "rain" },
    ];
    expect((await post(running, "responses", { input, tools: tools.responses })).status).toBe(200);
  });
});

describe("class 6: UTF-8", () => {
  const said = "🐔👩‍👩‍👧 žluťoučký 漢字 ".repeat(4);

  it.each(apis)("%s streams no half characters", async (api) => {
    const running = await open({ emit: () => answerText(said) });
    const body = await text(running, api, { stream: true });
    expect(body).not.toMatch(/\ufffd|\\ufffd/i);
    const pieces =
      api === "chat"
        ? checkChatStream(body).map(({ choices }) => (choices[0]!.delta as Body).content ?? "")
        : api === "messages"
          ? checkMessageStream(body).map((event: Body) => event.delta?.text ?? "")
          : parseResponseStream(body).map((event: Body) =>
              event.type.endsWith("text.delta") ? event.delta : "",
            );
    expect(pieces.join("")).toBe(said);
    for (const piece of pieces) expect(piece).toBe(piece.toWellFormed());
  });
});

describe("class 7: silence", () => {
  it.each(apis)("%s: something is sent during a long prefill", async (api) => {
    const engine = new TestEngine({ emit: () => answerText("x"), delayMs: 80 });
    const running = await open(engine, { keepAlive: 20 });
    const body = await text(running, api, { stream: true });
    expect(body).toMatch(
      api === "messages" ? /event: ping\n.*\n\nevent: ping/ : /^: keepalive\n\n|\n: keepalive\n\n/,
    );
  });

  it("the body ends after [DONE], even when the engine never lets go", async () => {
    const engine = new TestEngine({ emit: () => answerText("x") });
    const generate = engine.generate.bind(engine);
    engine.generate = (request, signal) => {
      const inner = generate(request, signal);
      const stuck = { next: () => inner.next(), return: () => new Promise<never>(() => undefined) };
      return { [Symbol.asyncIterator]: () => stuck } as unknown as ReturnType<typeof generate>;
    };
    const running = await open(engine);
    const { hostname, port } = new URL(running.url);
    const body = JSON.stringify({ model, stream: true, messages: [{ role: "user", content: "x" }] });
    const raw = await new Promise<string>((resolve, reject) => {
      let received = "";
      const socket = connect(Number(port), hostname, () =>
        socket.write(
          `POST ${paths.chat} HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        ),
      );
      socket.on("data", (chunk) => {
        received += chunk;
        // The last chunk of a chunked body.
        if (received.endsWith("\r\n0\r\n\r\n")) {
          socket.destroy();
          resolve(received);
        }
      });
      socket.on("error", reject);
    });
    expect(raw).toContain("data: [DONE]\n\n");
  });
});

describe("class 8: memory", () => {
  it("a store without an end has a bound, and what is deleted is gone", async () => {
    const store = createMemoryStore({ maxBytes: 200_000 });
    const running = await open({ emit: () => answerText("word ".repeat(100)) }, { store });
    const made: string[] = [];
    for (let i = 0; i < 60; i++) made.push((await json(running, "responses", {})).id);
    const kept = await Promise.all(made.map((id) => store.getResponse("public", id)));
    expect(kept.at(-1)).toBeDefined();
    expect(kept[0]).toBeUndefined();
    const last = made.at(-1)!;
    await fetch(`${running.url}/v1/responses/${last}`, { method: "DELETE" });
    expect(await store.getResponse("public", last)).toBeUndefined();
    expect((await fetch(`${running.url}/v1/responses/${last}`)).status).toBe(404);
  });

  it("nothing of a finished request stays", async () => {
    const running = await open({ emit: () => answerText("x") });
    await Promise.all(
      Array.from({ length: 40 }, (_, i) => text(running, apis[i % 3]!, { stream: i % 2 === 0 })),
    );
    expect(running.engine.live).toBe(0);
    const load = (await (await fetch(`${running.url}/load`)).json()) as Body;
    expect(load).toMatchObject({ running: 0, waiting: 0 });
  });
});

describe("class 9: security", () => {
  it.each(apis)("%s: no text of a user is a control token", async (api) => {
    const running = await open({ emit: () => answerText("x") });
    const controls = (): number => {
      const { tokenIds } = running.engine.requests.at(-1)!.prompt as { tokenIds: Uint32Array };
      return tokenIds.filter((id) => harmony.isSpecialToken(id)).length;
    };
    const attack = [...harmony.specialTokens.keys()].slice(0, 40).join(" ");
    const counts: number[] = [];
    for (const said of ["harmless", attack]) {
      await text(
        running,
        api,
        api === "responses" ? { input: said } : { messages: [{ role: "user", content: said }] },
      );
      counts.push(controls());
    }
    expect(counts[1]).toBe(counts[0]);
  });
});

describe("class 10: malformed output of the model", () => {
  const malformed = [
    "<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{not json<|call|>",
    "<|channel|>commentary to=functions.nope<|message|>{}<|call|>",
    "<|channel|>nowhere<|message|>x<|return|>",
    "<|message|>no header<|return|>",
    "<|start|><|start|>assistant<|channel|>final",
    "<|channel|><|channel|><|end|><|call|>",
    "plain text without any marker",
    "",
  ];

  it.each(apis.flatMap((api) => [true, false].map((stream) => [api, stream] as const)))(
    "is an answer of %s, never a failure (stream %s)",
    async (api, stream) => {
      let said = "";
      const running = await open({ emit: () => (said === "" ? ids("<|return|>") : said) });
      const given = api === "messages" ? [{ name: "get_weather", input_schema: parameters }] : tools[api];
      for (said of malformed) {
        const response = await post(running, api, { stream, tools: given });
        expect(response.status, said).toBe(200);
        const body = await response.text();
        expect(body, said).not.toMatch(/"error":\s*\{/);
        if (stream && api === "chat") checkChatStream(body);
        if (stream && api === "messages") checkMessageStream(body);
        if (stream && api === "responses") checkLifecycle(parseResponseStream(body));
      }
    },
  );
});

describe("class 11: the event loop", () => {
  it("gets its turns while answers are read, however fast the engine is", async () => {
    const running = await open({ emit: () => answerText("word"), endless: true });
    const abort = new AbortController();
    const request = post(running, "chat", {}, abort.signal).catch(() => undefined);
    await until(() => running.engine.live === 1);
    const tokens = running.engine.emitted;
    let turns = 0;
    await new Promise<void>((resolve) => {
      const tick = (): void => {
        turns++;
        if (running.engine.emitted - tokens > 2_000) resolve();
        else setImmediate(tick);
      };
      tick();
    });
    expect(turns).toBeGreaterThan(500);
    abort.abort();
    await request;
    await until(() => running.engine.live === 0);
  });
});
