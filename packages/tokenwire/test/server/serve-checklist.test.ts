// The twelve points that an in-process server must get right, one test or more for each.

import { compileTemplate } from "@tokenwire/core/template";
import { afterEach, describe, expect, it } from "vitest";
import { type CumulativeOutput, EngineError, fromCumulativeText } from "../../src/engines/index.ts";
import { createHarmonyProfile } from "../../src/profiles/index.ts";
import type { ModelProfile } from "../../src/protocol/index.ts";
import { createServer, type Server } from "../../src/server/index.ts";
import { checkChatStream, checkCompletionStream } from "./stream-rules.ts";
import { answerText, harmony, ids, start, TestEngine, until } from "./support.ts";

// biome-ignore lint/suspicious/noExplicitAny: the wire's JSON, whose shape is what is tested
type Body = Record<string, any>;

const opened: Server[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()));
});

async function open(...options: Parameters<typeof start>) {
  const running = await start(...options);
  opened.push(running.server);
  return running;
}

const model = "test-model";
const messages = [{ role: "user", content: "hi" }];

function post(
  url: string,
  body: object,
  path = "/v1/chat/completions",
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, ...(path.includes("chat") && { messages }), ...body }),
    ...(signal && { signal }),
  });
}

// biome-ignore lint/suspicious/noExplicitAny: the wire's JSON, whose shape is what is tested
const json = async (response: Promise<Response>): Promise<any> => (await response).json();
const textOf = (body: string): string =>
  checkChatStream(body)
    .map(({ choices }) => (choices[0]?.delta as { content?: string } | undefined)?.content ?? "")
    .join("");

/** A server over an engine with cumulative text. */
async function cumulative(outputs: readonly CumulativeOutput[], onNonPrefix?: "error" | "common-prefix") {
  const asked: unknown[] = [];
  let returned = 0;
  const engine = fromCumulativeText(
    {
      async *generate_request(request) {
        asked.push(request);
        try {
          for (const output of outputs) yield output;
        } finally {
          returned++;
        }
      },
    },
    { model, maxContext: 4_096, ...(onNonPrefix && { onNonPrefix }) },
  );
  const profile = createHarmonyProfile({ id: model, contextLength: 4_096 });
  const server = await createServer({ port: 0, models: [{ engine, profile }] });
  opened.push(server);
  return { url: await server.listen(), asked, returned: () => returned };
}

const growing = (...texts: string[]): CumulativeOutput[] => texts.map((text) => ({ text }));
const channel = "<|channel|>final<|message|>";

describe("checklist 1: streaming", () => {
  it("chat: role, deltas, finish, usage as asked, [DONE], and no empty delta", async () => {
    const { url } = await open({ emit: () => answerText("Hello there") });
    const asked = await (await post(url, { stream: true, stream_options: { include_usage: true } })).text();
    checkChatStream(asked, { choices: 1, includeUsage: true });
    checkChatStream(await (await post(url, { stream: true })).text(), { choices: 1, includeUsage: false });
  });

  it("completions stream too", async () => {
    const { url } = await open({ emit: () => " one two three<|return|>" });
    const response = await post(url, { prompt: "x", stream: true }, "/v1/completions");
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    expect(checkCompletionStream(await response.text(), { choices: 1 }).length).toBeGreaterThan(2);
  });
});

describe("checklist 2: cumulative text", () => {
  it("is sent on as what is new in it", async () => {
    const outputs = growing(channel, `${channel}Hel`, `${channel}Hel`, `${channel}Hello`);
    const done = {
      text: `${channel}Hello`,
      meta_info: { finish_reason: { type: "stop" }, completion_tokens: 4 },
    };
    const { url, asked } = await cumulative([...outputs, done]);
    expect(textOf(await (await post(url, { stream: true })).text())).toBe("Hello");
    expect((await json(post(url, {}))).choices[0].message.content).toBe("Hello");
    expect(asked[0]).toMatchObject({ rid: expect.stringMatching(/^chatcmpl-/), stream: true });
  });

  it("that takes back what was sent ends in an error, and nothing is sent twice", async () => {
    const { url, returned } = await cumulative(growing(channel, `${channel}Hello`, `${channel}Help`));
    const body = await (await post(url, { stream: true })).text();
    expect(textOf(body)).toBe("Hello");
    expect(body).toContain('"error":{"message":"The engine took back text');
    await until(() => returned() === 1);
    expect((await post(url, {})).status).toBe(500);
  });

  it("that starts over goes on where it was, on demand", async () => {
    const outputs = growing(`${channel}Hello`, channel, `${channel}Hel`, `${channel}Hello you`);
    const { url } = await cumulative(outputs, "common-prefix");
    expect(textOf(await (await post(url, { stream: true })).text())).toBe("Hello you");
    const strict = await cumulative(outputs);
    expect((await post(strict.url, {})).status).toBe(500);
    const other = await cumulative(growing(`${channel}Hello`, `${channel}J`), "common-prefix");
    expect((await post(other.url, {})).status).toBe(500);
  });
});

describe("checklist 3: a disconnect", () => {
  it.each([true, false])("stops the engine within 8 tokens, stream: %s", async (stream) => {
    const { url, engine } = await open({ emit: () => answerText("word"), endless: true, delayMs: 1 });
    const abort = new AbortController();
    const request = post(url, { stream }, undefined, abort.signal).then((response) => response.text());
    request.catch(() => undefined);
    await until(() => engine.emitted > 5);
    const before = engine.emitted;
    abort.abort();
    await expect(request).rejects.toThrow();
    await until(() => engine.live === 0);
    expect(engine.emitted - before).toBeLessThanOrEqual(8 + 2);
    expect(engine.signals[0]!.aborted).toBe(true);
  });
});

describe("checklist 4: a reader that does not read", () => {
  it("holds the engine back at a bounded number of bytes", async () => {
    const { url, engine } = await open({
      emit: () => answerText("word ".repeat(50)),
      endless: true,
      chunk: 1,
    });
    const abort = new AbortController();
    const response = await post(url, { stream: true }, undefined, abort.signal);
    const reader = response.body!.getReader();
    await reader.read();
    let seen = -1;
    await until(() => {
      const stands = engine.emitted === seen;
      seen = engine.emitted;
      return stands;
    });
    // A chunk has more than 200 bytes: what the kernel and the client buffer, and 256 KB here.
    expect(engine.emitted).toBeLessThan(60_000);
    abort.abort();
    await until(() => engine.live === 0);
  });
});

describe("checklist 5: what JSON cannot say", () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    "a log-probability of %s is never a silent null",
    async (logprob) => {
      const engine = new TestEngine({ emit: () => answerText("x") });
      const generate = engine.generate.bind(engine);
      engine.generate = async function* (request, signal) {
        for await (const event of generate(request, signal)) {
          yield event.type === "delta" && event.logprobs
            ? { ...event, logprobs: event.logprobs.map((entry) => ({ ...entry, logprob })) }
            : event;
        }
      };
      const { url } = await open(engine);
      const whole = await post(url, { logprobs: true });
      expect(whole.status).toBe(500);
      const body = await (await post(url, { logprobs: true, stream: true })).text();
      expect(body).not.toContain('"logprob":null');
      expect(body).toContain('"error":{');
    },
  );
});

describe("checklist 6: the template", () => {
  it("that is malformed fails when it is compiled, not when it is used", () => {
    expect(() => compileTemplate("{% for x in %}")).toThrow(/line 1/);
  });

  it("gets every entry of the tokenizer's configuration", async () => {
    const profile: ModelProfile = {
      id: model,
      tokenizer: harmony,
      format: {
        kind: "template",
        template: compileTemplate("{{ bos_token }}{{ image_token }}{{ messages[0].content }}"),
        specialTokens: { bos_token: "BOS", image_token: "IMG" },
        contentFormat: "string",
      },
      stopTokenIds: [200_002],
      contextLength: 4_096,
    };
    const engine = new TestEngine({ emit: () => "x<|return|>" });
    const server = await createServer({ port: 0, models: [{ engine, profile }] });
    opened.push(server);
    await post(await server.listen(), {});
    const { tokenIds } = engine.requests[0]!.prompt as { tokenIds: Uint32Array };
    expect(harmony.decode(tokenIds)).toBe("BOSIMGhi");
  });

  it("a model without one refuses chat with a clear message", async () => {
    const profile: ModelProfile = {
      id: model,
      tokenizer: harmony,
      format: { kind: "plain" },
      stopTokenIds: [],
      contextLength: 4_096,
    };
    const server = await createServer({
      port: 0,
      models: [{ engine: new TestEngine({ emit: () => "" }), profile }],
    });
    opened.push(server);
    const { error } = await json(post(await server.listen(), {}));
    expect(error.message).toContain("no chat template; use /v1/completions");
  });

  it("a model without one continues the last message, where the operator says so", async () => {
    const profile: ModelProfile = {
      id: model,
      tokenizer: harmony,
      format: { kind: "plain", chat: "last-message" },
      stopTokenIds: [],
      contextLength: 4_096,
    };
    const engine = new TestEngine({ emit: () => [...harmony.encode(" there")] });
    const server = await createServer({ port: 0, models: [{ engine, profile }] });
    opened.push(server);
    const url = await server.listen();
    const asked = [
      { role: "user", content: "lost" },
      { role: "user", content: "<|end|>Say" },
    ];
    const { choices } = await json(post(url, { messages: asked }));
    expect(choices[0].message.content).toBe(" there");
    const { tokenIds } = engine.requests[0]!.prompt as { tokenIds: Uint32Array };
    expect([...tokenIds]).toEqual([...harmony.encodeOrdinary("<|end|>Say")]);
    const { error } = await json(post(url, { tools: [{ type: "function", function: { name: "f" } }] }));
    expect(error.param).toBe("tools");
  });
});

describe("checklist 7: parser names", () => {
  it("are checked at the start, and the error lists the valid ones", async () => {
    const profile = { ...createHarmonyProfile({ id: model, contextLength: 64 }), toolParser: "nope" };
    const format = {
      kind: "template",
      template: compileTemplate("x"),
      specialTokens: {},
      contentFormat: "string",
    } as const;
    const engine = new TestEngine({ emit: () => "" });
    await expect(
      createServer({ port: 0, models: [{ engine, profile: { ...profile, format } }] }),
    ).rejects.toThrow(/nope.*hermes/s);
  });
});

describe("checklist 8: order of parsers and deltas", () => {
  it("reasoning comes before calls; the first delta of a call has id, type and name, later ones arguments only", async () => {
    const call = '<|channel|>commentary to=functions.f <|constrain|>json<|message|>{"a":1}<|call|>';
    const { url } = await open({
      emit: () => `<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant${call}`,
    });
    const tools = [{ type: "function", function: { name: "f" } }];
    const chunks = checkChatStream(await (await post(url, { stream: true, tools })).text());
    const kinds = chunks.map(({ choices }) => Object.keys(choices[0]!.delta)[0] ?? "finish");
    expect(kinds.filter((kind, index) => kind !== kinds[index - 1])).toEqual([
      "role",
      "reasoning",
      "tool_calls",
      "finish",
    ]);
  });
});

describe("checklist 9: unknown types", () => {
  it.each([
    [{ messages: [{ role: "robot", content: "x" }] }, "messages[0].role"],
    [{ messages: [{ role: "user", content: [{ type: "hologram" }] }] }, "messages[0].content[0].type"],
    [{ tools: [{ type: "gadget" }] }, "tools[0].type"],
    [{ response_format: { type: "xml" } }, "response_format.type"],
    [{ tool_choice: "maybe" }, "tool_choice"],
  ])("%j is a 400 that names the place", async (body, param) => {
    const { url } = await open({ emit: () => answerText("x") });
    const response = await post(url, body);
    expect(response.status).toBe(400);
    expect((await response.json()) as object).toMatchObject({ error: { param } });
  });
});

describe("checklist 10: instances", () => {
  it("first requests that come together get parsers of their own", async () => {
    const { url } = await open({
      emit: (_, call) =>
        `<|channel|>analysis<|message|>r${call}<|end|><|start|>assistant${answerText(`t${call}`)}`,
    });
    const answers = await Promise.all(Array.from({ length: 12 }, () => json(post(url, { n: 2 }))));
    const said = answers.flatMap(({ choices }) =>
      choices.map(({ message }: { message: { content: string; reasoning: string } }) => {
        expect(message.reasoning.slice(1)).toBe(message.content.slice(1));
        return message.content;
      }),
    );
    expect(new Set(said).size).toBe(24);
  });
});

describe("checklist 11: errors in mid-stream", () => {
  it("are an error frame and the end; silence is filled with comments", async () => {
    const { url } = await open(
      {
        emit: () => answerText("one two three"),
        fail: { after: 4, error: new EngineError("internal", "broken") },
        delayMs: 60,
      },
      { keepAlive: 20 },
    );
    const body = await (await post(url, { stream: true })).text();
    expect(body).toContain(": keepalive\n\n");
    expect(
      body.endsWith('"code":null}}\n\ndata: [DONE]\n\n') || /"error":\{.*\n\ndata: \[DONE\]\n\n$/.test(body),
    ).toBe(true);
    checkChatStream(body);
  });
});

describe("checklist 12: arrays of prompts", () => {
  it("are all generated, in the order of prompts", async () => {
    const { url, engine } = await open({
      emit: (request) => [...(request.prompt as { tokenIds: Uint32Array }).tokenIds, ...ids("<|return|>")],
    });
    const prompt = ["alpha", "beta", "gamma"];
    const { choices } = await json(post(url, { prompt, n: 2 }, "/v1/completions"));
    expect(engine.requests).toHaveLength(6);
    expect(choices.map((choice: { text: string }) => choice.text)).toEqual(
      prompt.flatMap((text) => [text, text]),
    );
    const body = await (await post(url, { prompt, stream: true }, "/v1/completions")).text();
    checkCompletionStream(body, { choices: 3 });
  });
});

describe("defects seen in other servers", () => {
  const think = "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant";
  const call = '<|channel|>commentary to=functions.f <|constrain|>json<|message|>{"a":1}<|call|>';
  const tools = [{ type: "function", function: { name: "f" } }];

  it("text that may become a stop string is not lost at the end", async () => {
    const { url } = await open({ emit: () => answerText("one two STO") });
    const stop = ["STOP"];
    expect(textOf(await (await post(url, { stream: true, stop })).text())).toBe("one two STO");
    expect((await json(post(url, { stop }))).choices[0].message.content).toBe("one two STO");
  });

  it("a stop string is looked for in the answer, not in reasoning and calls", async () => {
    const { url } = await open({ emit: () => `${think}${call}` });
    const { choices } = await json(post(url, { tools, stop: ["Hm", '"a"'] }));
    expect(choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { reasoning: "Hm.", tool_calls: [{ function: { arguments: '{"a":1}' } }] },
    });
  });

  it("log-probabilities of text survive reasoning before it and a call after it", async () => {
    const preamble = "<|channel|>commentary<|message|>I look.<|end|><|start|>assistant";
    const { url } = await open({ emit: () => `${think}${preamble}${call}` });
    const { choices } = await json(post(url, { tools, logprobs: true }));
    const bytes = choices[0].logprobs.content.flatMap((entry: { bytes: number[] }) => entry.bytes);
    expect(Buffer.from(bytes).toString()).toBe("I look.");
    const chunks = checkChatStream(await (await post(url, { tools, logprobs: true, stream: true })).text());
    const streamed = chunks.flatMap(({ choices: [choice] }) => choice?.logprobs?.content ?? []);
    expect(Buffer.from(streamed.flatMap((entry) => entry.bytes!)).toString()).toBe("I look.");
  });

  it("an empty answer has its role chunk, and choices finish in order", async () => {
    const { url } = await open({
      emit: (_, n) => (n % 3 === 0 ? answerText("long ".repeat(9)) : "<|return|>"),
    });
    const chunks = checkChatStream(await (await post(url, { stream: true, n: 3 })).text(), { choices: 3 });
    const finished = chunks.flatMap(({ choices: [choice] }) => (choice?.finish_reason ? [choice.index] : []));
    expect(finished).toEqual([0, 1, 2]);
  });
});

describe("review remarks: parsers", () => {
  const called = '<tool_call>{"name": "other", "arguments": {"a": "1"}}</tool_call>';
  const tools = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];

  async function templated(said: string, parsing?: ModelProfile["parsing"]) {
    const profile: ModelProfile = {
      id: model,
      tokenizer: harmony,
      format: {
        kind: "template",
        template: compileTemplate("{{ messages[-1].content }}"),
        specialTokens: {},
        contentFormat: "string",
      },
      stopTokenIds: [],
      toolParser: "hermes",
      reasoningParser: "qwen3",
      ...(parsing && { parsing }),
      contextLength: 4_096,
    };
    const server = await createServer({
      port: 0,
      models: [{ engine: new TestEngine({ emit: () => [...harmony.encode(said)] }), profile }],
    });
    opened.push(server);
    return server.listen();
  }

  it("a call of a tool that nobody declared is told, or stays text where the profile says so", async () => {
    const forwarded = await json(post(await templated(called), { tools }));
    expect(forwarded.choices[0].message.tool_calls[0].function.name).toBe("other");
    const kept = await json(post(await templated(called, { rules: { unknownTools: "text" } }), { tools }));
    expect(kept.choices[0].message).toMatchObject({ content: called });
  });

  it("a call may wait until it is complete", async () => {
    const url = await templated(called, { commit: "closed" });
    const chunks = checkChatStream(await (await post(url, { tools, stream: true })).text());
    const parts = chunks.flatMap(
      ({ choices: [choice] }) => (choice ? (choice.delta as Body)["tool_calls"] : undefined) ?? [],
    );
    expect(parts.length).toBeLessThan(4);
  });

  it("text that a parser holds at the end is text, and what a stop match holds goes through the parsers", async () => {
    const url = await templated("<think>Hm.</think>one <tool_ca");
    for (const stop of [[], ["<tool_cat>"], ["onetwo"]]) {
      const { choices } = await json(post(url, { tools, stop }));
      expect(choices[0].message).toMatchObject({ reasoning: "Hm.", content: "one <tool_ca" });
      expect(textOf(await (await post(url, { tools, stop, stream: true })).text())).toBe("one <tool_ca");
    }
  });
});

describe("errors in SMG's dialect", () => {
  it("have its shapes", async () => {
    const { server } = await open({ emit: () => answerText("x") }, { errorDialect: "smg" });
    // Not over the network, where every answer of a test is checked against OpenAI's shapes.
    const refused = async (path: string, body: unknown, type = "application/json") => {
      const payload = typeof body === "string" ? body : JSON.stringify(body);
      const answer = await server.app.inject({
        method: "POST",
        url: path,
        headers: { "content-type": type, host: "localhost" },
        payload,
      });
      return {
        status: answer.statusCode,
        code: answer.headers["x-smg-error-code"] ?? null,
        body: answer.json(),
      };
    };
    const chat = "/v1/chat/completions";
    const wrong = (message: unknown, code: unknown) => ({
      status: 400,
      code: null,
      body: { error: { message, type: "invalid_request_error", code } },
    });
    expect(await refused(chat, "{")).toEqual(
      wrong(expect.stringMatching(/^JSON syntax error: /), "json_parse_error"),
    );
    expect(await refused(chat, { model, messages: 5 })).toEqual(
      wrong(expect.stringMatching(/^Invalid JSON data: /), "json_parse_error"),
    );
    expect(await refused(chat, "x", "text/plain")).toEqual(
      wrong("Missing Content-Type: application/json header", "json_parse_error"),
    );
    expect(await refused(chat, { model, messages: [] })).toEqual(wrong("messages cannot be empty", 400));
    expect(await refused(chat, { model: "M", messages })).toEqual({
      status: 404,
      code: "model_not_found",
      body: {
        error: {
          type: "Not Found",
          code: "model_not_found",
          message: "No worker available for model 'M'",
          param: null,
        },
      },
    });
    for (const kind of ["tool", "reasoning"]) {
      const path = kind === "tool" ? "/parse/function_call" : "/v1/parse/reasoning";
      const field = kind === "tool" ? "tool_call_parser" : "reasoning_parser";
      const { status, body } = await refused(path, { text: "x", [field]: "X" });
      expect([status, body]).toEqual([400, { error: `Unknown ${kind} parser: X`, success: false }]);
    }
    const messagesError = await refused("/v1/messages", {});
    expect(messagesError.body).toMatchObject({ type: "error" });
  });
});
