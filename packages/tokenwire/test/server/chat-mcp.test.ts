// MCP servers inside chat completions: for models of both formats, streamed and whole, with real MCP servers.

import { afterEach, describe, expect, it } from "vitest";
import type { ServerOptions } from "../../src/server/index.ts";
import {
  type ChatServer,
  type Cleanups,
  type EchoServer,
  type Format,
  formats,
  openChatServer,
  openEchoServer,
  type Said,
  shoutServer,
} from "./mcp-chat.ts";
import { checkChatStream } from "./stream-rules.ts";
import { until } from "./support.ts";
import { checkAnswer } from "./wire-check.ts";

// biome-ignore lint/suspicious/noExplicitAny: the wire's JSON, whose shape is what is tested
type Body = Record<string, any>;

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const enabled = { "x-smg-mcp": "enabled" };
const question = { model: "m", messages: [{ role: "user", content: "Go." }] };
const mine = { type: "function", function: { name: "mine", parameters: { type: "object" } } };

async function post(
  { url }: ChatServer,
  body: object,
  headers: Record<string, string> = enabled,
): Promise<{ status: number; headers: Headers; body: Body; text: string }> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ ...question, ...body }),
  });
  const text = await response.text();
  checkAnswer("POST", "/v1/chat/completions", response, text);
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : {}, text };
}

/** The message that a stream adds up to, as the official clients add it up. */
function fold(text: string): { message: Body; finish: string; usage: Body | null | undefined } {
  const message: Body = { role: "assistant", content: "" };
  let finish = "";
  const chunks = checkChatStream(text, { includeUsage: true });
  for (const { choices } of chunks) {
    for (const { delta, finish_reason } of choices as Body[]) {
      const { content, tool_calls: [call] = [], role: _, refusal: _refusal, ...rest } = delta;
      message["content"] += content ?? "";
      if (call) message["tool_calls"] ??= [];
      if (call?.id !== undefined) message["tool_calls"].push(structuredClone(call));
      else if (call) message["tool_calls"][call.index].function.arguments += call.function.arguments;
      for (const [key, value] of Object.entries(rest)) {
        message[key] = typeof value === "string" ? (message[key] ?? "") + value : value;
      }
      finish = finish_reason ?? finish;
    }
  }
  return { message, finish, usage: chunks.at(-1)!.usage };
}

const withoutIds = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, member) => (/(?:^|_)id$/.test(key) ? undefined : member)));

/** The answer whole and streamed, which have to say the same. */
async function both(server: ChatServer, body: object = {}): Promise<{ choice: Body; usage: Body }> {
  const whole = (await post(server, body)).body;
  server.again();
  const streamed = fold(
    (await post(server, { ...body, stream: true, stream_options: { include_usage: true } })).text,
  );
  const choice = whole["choices"][0];
  const { annotations: _, refusal: _refusal, tool_calls = [], ...message } = choice["message"];
  const calls = tool_calls.map((call: Body, index: number) => ({ index, ...call }));
  expect(withoutIds(streamed.message)).toEqual(
    withoutIds({
      ...message,
      content: message.content ?? "",
      ...(calls.length > 0 && { tool_calls: calls }),
    }),
  );
  expect(streamed.finish).toBe(choice["finish_reason"]);
  expect(streamed.usage).toEqual(whole["usage"]);
  return { choice, usage: whole["usage"] };
}

interface Opened {
  readonly server: ChatServer;
  readonly echo: EchoServer;
}

async function open(
  format: Format,
  answers: readonly Said[],
  options: Parameters<typeof openChatServer>[3] = {},
  tools: Partial<NonNullable<ServerOptions["tools"]>> = {},
): Promise<Opened> {
  const echo = await openEchoServer(cleanups, "demo");
  const server = await openChatServer(cleanups, format, answers, {
    ...options,
    tools: { mcp: [echo.config], ...tools },
  });
  return { server, echo };
}

const look: Said = { thought: "Hm.", text: "I look. ", calls: [["echo", { text: "a" }]] };
const done: Said = { thought: "So.", text: "It is a." };

describe.each(formats)("the answer of a $name model", (format) => {
  it("goes on after calls that ran here, and is one answer", async () => {
    const { server, echo } = await open(format, [look, done]);
    const { choice, usage } = await both(server);
    expect(choice).toMatchObject({ finish_reason: "stop", message: { content: "I look. It is a." } });
    expect(choice["message"]).toMatchObject({ reasoning: "Hm.So." });
    expect(choice["message"]).not.toHaveProperty("tool_calls");
    expect(echo.calls).toEqual(["a", "a"]);
    const [first, result, ...more] = choice["message"]["tokenwire:messages"];
    expect(first).toMatchObject({
      role: "assistant",
      content: "I look. ",
      reasoning: "Hm.",
      tool_calls: [{ type: "function", function: { name: "echo", arguments: '{"text":"a"}' } }],
    });
    expect(result).toEqual({ role: "tool", tool_call_id: first.tool_calls[0].id, content: "demo echo: a" });
    expect(more).toEqual([]);
    expect(server.prompt(0)).toContain("echo");
    expect(server.prompt(1)).toContain("demo echo: a");
    const prompts = server.engine.requests
      .slice(0, 2)
      .map(({ prompt }) => (prompt as { tokenIds: Uint32Array }).tokenIds.length);
    expect(usage["prompt_tokens"]).toBe(prompts[0]! + prompts[1]!);
    expect(usage["completion_tokens"]).toBe(server.engine.emitted / 2);
  });

  it("can be sent back as it came: the model sees the calls and their results again", async () => {
    const { server } = await open(format, [look, done, { text: "Yes." }]);
    const { message } = (await post(server, {})).body["choices"][0];
    const messages = [...question.messages, message, { role: "user", content: "Sure?" }];
    await post(server, { messages }, {});
    const prompt = server.prompt(2);
    const order = ["I look. ", '"a"', "demo echo: a", "It is a.", "Sure?"].map((part) =>
      prompt.indexOf(part),
    );
    expect(order.every((at) => at >= 0)).toBe(true);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(prompt.split("I look. ")).toHaveLength(2);
    // By themselves these are the messages that any client could have sent.
    const { "tokenwire:messages": inner, ...rest } = message;
    const plain = [
      question.messages[0],
      ...inner,
      { ...rest, content: "It is a.", reasoning: "So.", reasoning_content: "So." },
      { role: "user", content: "Sure?" },
    ];
    await post(server, { messages: plain }, {});
    expect(server.prompt(3)).toBe(prompt);
  });

  it("leaves the client its own calls, after those that run here", async () => {
    const calls = [
      ["mine", { b: 1 }],
      ["echo", { text: "a" }],
      ["mine", { b: 2 }],
    ] as const;
    const { server, echo } = await open(format, [{ text: "Both. ", calls }, done]);
    const body = { tools: [mine] };
    const { message } = (await post(server, body)).body["choices"][0];
    expect(message.tool_calls.map((call: Body) => call["function"])).toEqual([
      { name: "mine", arguments: expect.stringMatching(/^\{"b": ?1\}$/) },
      { name: "mine", arguments: expect.stringMatching(/^\{"b": ?2\}$/) },
    ]);
    expect(message["tokenwire:messages"][1]).toMatchObject({ content: "demo echo: a" });
    expect(echo.calls).toEqual(["a"]);
    expect(server.engine.requests).toHaveLength(1);
    const results = message.tool_calls.map(({ id }: Body) => ({
      role: "tool",
      tool_call_id: id,
      content: "ok",
    }));
    const { body: next } = await post(server, {
      ...body,
      messages: [...question.messages, message, ...results],
    });
    expect(next["choices"][0].message.content).toBe("It is a.");
    expect(server.prompt(1)).toContain("demo echo: a");
    const again = await openChatServer(cleanups, format, [{ text: "Both. ", calls }], {
      tools: { mcp: [echo.config] },
    });
    expect((await both(again, body)).choice["finish_reason"]).toBe("tool_calls");
  });

  it("has no more than ten calls, or max_tool_calls, and is cut then", async () => {
    const { server, echo } = await open(format, [{ text: ".", calls: [["echo", { text: "a" }]] }]);
    const ten = (await post(server, {})).body["choices"][0];
    expect([echo.calls.length, ten.finish_reason, ten.message.content]).toEqual([
      10,
      "length",
      "...........".slice(0, 11),
    ]);
    const three = (await post(server, { max_tool_calls: 3 })).body["choices"][0];
    expect([echo.calls.length, three.finish_reason]).toEqual([13, "length"]);
    const { choice } = await both(server, { max_tool_calls: 1 });
    expect(choice["message"]["tokenwire:messages"]).toHaveLength(2);
    expect((await post(server, { max_tool_calls: 0 })).status).toBe(400);
  });

  it("counts the calls of one answer before it runs them, and tells results in their order", async () => {
    const calls = ["a", "b", "c"].map((text) => ["echo", { text }] as const);
    const { server, echo } = await open(format, [{ calls }, done]);
    const { choice } = await both(server, { max_tool_calls: 2 });
    expect([...echo.calls].sort()).toEqual(["a", "a", "b", "b"]);
    expect(choice["message"]["tokenwire:messages"].map(({ content }: Body) => content)).toEqual([
      null,
      "demo echo: a",
      "demo echo: b",
    ]);
    expect(choice["finish_reason"]).toBe("length");
  });

  it("gives the model what went wrong, and calls without arguments for what is no object", async () => {
    const { server, echo } = await open(format, [
      { calls: [["echo", { text: "fail" }]] },
      { calls: [["echo", "[1]"]] },
      { calls: [["nobody", {}]] },
      done,
    ]);
    const { choice } = await both(server);
    const results = choice["message"]["tokenwire:messages"].filter(({ role }: Body) => role === "tool");
    expect(results.map(({ content }: Body) => content)).toEqual([
      "Error: it broke",
      "demo echo: undefined",
      "Unknown tool: nobody. Available tools: echo.",
    ]);
    expect(echo.calls.slice(0, 2)).toEqual(["fail", "undefined"]);
  });

  it("calls one at a time where calls may not be parallel", async () => {
    const calls = ["a", "b"].map((text) => ["echo", { text }] as const);
    const { server, echo } = await open(format, [{ calls }, done]);
    await both(server, { parallel_tool_calls: false });
    expect(echo.calls).toEqual(["a", "a"]);
  });

  it("has to call in its first round only, where it has to", async () => {
    // What goes on from the beginning of a call, and what a grammar makes a model with a template write.
    const raw = {
      harmony: 'echo <|constrain|>json<|message|>{"text":"a"}<|call|>',
      template: '[{"name": "echo", "parameters": {"text": "a"}}]<|im_end|>',
    }[format.name]!;
    const first: Said = { raw };
    const { server, echo } = await open(format, [first, done]);
    const { choice } = await both(server, { tools: [mine], tool_choice: "required" });
    expect(choice["finish_reason"]).toBe("stop");
    expect(choice["message"].content).toBe("It is a.");
    expect(echo.calls).toEqual(["a", "a"]);
    if (format.name === "harmony") return;
    const [forced, free] = server.engine.requests.map(({ constraint }) => constraint);
    expect(forced).toMatchObject({ kind: "json_schema" });
    expect(JSON.stringify(forced)).toContain("echo");
    expect(free).toBeUndefined();
  });

  it("keeps log-probabilities of all rounds with their text", async () => {
    const { server } = await open(format, [look, done]);
    const { choice } = await both(server, { logprobs: true });
    const bytes = choice["logprobs"].content.flatMap((entry: Body) => entry["bytes"]);
    expect(Buffer.from(bytes).toString()).toBe("I look. It is a.");
  });

  it("has its limit of tokens over all rounds", async () => {
    const { server, echo } = await open(format, [look, done]);
    const spent = format.profile.tokenizer.encode(format.write(look), { allowedSpecial: "all" }).length;
    const { body } = await post(server, { max_completion_tokens: spent });
    expect([echo.calls, body["choices"][0].finish_reason]).toEqual([["a"], "length"]);
    expect(server.engine.requests).toHaveLength(1);
    await post(server, { max_completion_tokens: spent + 2 });
    expect(server.engine.requests.at(-1)!.sampling.maxTokens).toBe(spent + 2);
  });

  it("is kept with its calls", async () => {
    const { server } = await open(format, [look, done]);
    for (const stream of [false, true]) {
      const { body, text } = await post(server, { store: true, stream });
      const id = body["id"] ?? JSON.parse(/^data: (.*)$/m.exec(text)![1]!).id;
      const kept = (await (await fetch(`${server.url}/v1/chat/completions/${id}`)).json()) as Body;
      const { message } = kept["choices"][0];
      expect(message).toMatchObject({ content: "I look. It is a." });
      expect(message["tokenwire:messages"]).toHaveLength(2);
    }
  });
});

const [anyFormat] = formats as [Format];

describe("a client that sends back only the fields it knows", () => {
  const both: Said = {
    calls: [
      ["echo", { text: "a" }],
      ["mine", { b: 1 }],
    ],
  };

  /** The calls that were left to the client, and what it says next. */
  async function continued(server: ChatServer, headers: Record<string, string>) {
    const { message } = (await post(server, { tools: [mine] }, headers)).body["choices"][0];
    const { "tokenwire:messages": inner, ...known } = message;
    const result = { role: "tool", tool_call_id: message.tool_calls[0].id, content: "ok" };
    return { inner, message, messages: [...question.messages, known, result] };
  }

  it("goes on from the server's calls, which the server remembers", async () => {
    const { server } = await open(anyFormat, [both, done, done]);
    const { messages, message } = await continued(server, enabled);
    await post(server, { tools: [mine], messages });
    expect(server.prompt(1)).toContain("demo echo: a");
    await post(server, { tools: [mine], messages: [messages[0], message, messages[2]] });
    expect(server.prompt(2)).toBe(server.prompt(1));
  });

  it("never goes on from the calls of another tenant", async () => {
    const { server } = await open(anyFormat, [both, done], { apiKeys: ["a", "b"] });
    const { messages } = await continued(server, { ...enabled, authorization: "Bearer a" });
    await post(server, { tools: [mine], messages }, { ...enabled, authorization: "Bearer b" });
    expect(server.prompt(1)).not.toContain("demo echo: a");
  });
});

describe("the tools", () => {
  it("are those of all servers, over HTTP and over standard input and output, by names of their own", async () => {
    const [one, two] = [
      await openEchoServer(cleanups, "one", ["echo", "taken"]),
      await openEchoServer(cleanups, "two", ["echo", "other"]),
    ];
    const none = await openEchoServer(cleanups, "none", []);
    const server = await openChatServer(
      cleanups,
      formats[1]!,
      [
        {
          calls: [
            ["one_echo", { text: "1" }],
            ["two_echo", { text: "2" }],
            ["shout", { text: "hi" }],
            ["one_taken", { text: "3" }],
          ],
        },
        done,
      ],
      { tools: { mcp: [one.config, two.config, shoutServer(cleanups, "upper"), none.config] } },
    );
    const taken = { type: "function", function: { name: "taken", parameters: { type: "object" } } };
    const { body } = await post(server, { tools: [taken] });
    expect(server.prompt(0)).toMatch(/^\[taken\]\[one_echo\]\[one_taken\]\[two_echo\]\[other\]\[shout\]\n/);
    const results = body["choices"][0].message["tokenwire:messages"].slice(1);
    expect(results.map(({ content }: Body) => content)).toEqual([
      "one echo: 1",
      "two echo: 2",
      "HI",
      "one taken: 3",
    ]);
  });

  it("of a server that cannot be asked are left out, and a header says so", async () => {
    const { server } = await open(
      anyFormat,
      [{ text: "Alone." }],
      {},
      {
        mcp: [{ label: "gone", url: "http://127.0.0.1:9/mcp", timeout: 2_000 }],
      },
    );
    for (const stream of [false, true]) {
      const { headers, status } = await post(server, { stream });
      expect([status, headers.get("x-tokenwire-mcp-unavailable")]).toEqual([200, "gone"]);
    }
  });

  it("go on from the tokens that a harmony model sampled", async () => {
    const { server } = await open(formats[0]!, [look, done]);
    await post(server, {});
    expect(server.prompt(1).startsWith(server.prompt(0) + formats[0]!.write(look))).toBe(true);
    expect(server.prompt(1)).toContain(
      "<|start|>functions.echo to=assistant<|channel|>commentary<|message|>demo echo: a<|end|><|start|>assistant",
    );
  });
});

it("sends back no call that could not be sent again", async () => {
  const { server } = await open(anyFormat, [{ calls: [["", {}]] }, done]);
  const { message } = (await post(server, {})).body["choices"][0];
  expect(message["tokenwire:messages"][0].tool_calls[0].function).toEqual({
    name: "unknown",
    arguments: "{}",
  });
  const messages = [...question.messages, message, ...question.messages];
  expect((await post(server, { messages })).status).toBe(200);
});

describe("whether they run", () => {
  it("is off, unless the header or the operator says otherwise", async () => {
    const { server, echo } = await open(anyFormat, [look, done]);
    const off = (await post(server, { tools: [mine] }, {})).body["choices"][0];
    expect(off.finish_reason).toBe("tool_calls");
    expect(server.prompt(0)).not.toContain("type echo");
    await post(server, {}, { "x-tokenwire-mcp": "Enabled" });
    expect(echo.calls).toEqual([]);
    expect(server.engine.requests).toHaveLength(2);
  });

  it("is on by option, and off by header", async () => {
    const { server, echo } = await open(anyFormat, [look, done], {}, { mcpInChat: true });
    await post(server, {}, {});
    expect(echo.calls).toEqual(["a"]);
    await post(server, {}, { "x-smg-mcp": "disabled" });
    expect(echo.calls).toEqual(["a"]);
    expect(server.engine.requests).toHaveLength(3);
  });

  it("is none with tool_choice none, and the client's choice where it names its functions", async () => {
    const { server, echo } = await open(anyFormat, [look, done]);
    await post(server, { tool_choice: "none" });
    const only = { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [mine] } };
    await post(server, { tools: [mine], tool_choice: only });
    expect(echo.calls).toEqual([]);
  });

  it.each([
    ["x-smg-mcp", "on", "X-SMG-MCP"],
    ["x-tokenwire-mcp", "", "X-Tokenwire-MCP"],
  ])("is refused for %s: %s", async (header, value, name) => {
    const { server } = await open(anyFormat, [done]);
    const { status, body } = await post(server, {}, { [header]: value });
    expect([status, body["error"].param]).toEqual([400, name]);
    expect(body["error"].message).toContain(`${name}: expected "enabled" or "disabled"`);
  });

  it("is refused where headers contradict each other, and where there is nothing to run", async () => {
    const { server } = await open(anyFormat, [done]);
    const { status } = await post(server, {}, { "x-smg-mcp": "enabled", "x-tokenwire-mcp": "disabled" });
    expect(status).toBe(400);
    const bare = await openChatServer(cleanups, anyFormat, [done]);
    const { body } = await post(bare, { stream: true });
    expect(body["error"]).toMatchObject({ param: "X-SMG-MCP", code: "unsupported_parameter" });
    const silent = { ...formats[1]!, profile: { ...formats[1]!.profile } };
    delete (silent.profile as { toolParser?: string }).toolParser;
    const deaf = await open(silent, [done]);
    expect((await post(deaf.server, {})).body["error"].message).toContain("has no tool parser");
    await expect(openChatServer([], anyFormat, [done], { tools: { mcpInChat: true } })).rejects.toThrow(
      /name the servers to use/,
    );
    const lenient = await open(silent, [done], {}, { mcpInChat: true });
    expect((await post(lenient.server, {}, {})).status).toBe(200);
  });

  it.each([
    { n: 2 },
    { stream: true, stream_format: "msgpack" },
    { return_token_ids: true },
    { prompt_token_ids: [1, 2] },
    { continue_final_message: true },
    { add_generation_prompt: false },
  ])("refuses %j beside them, by name", async (field) => {
    const { server } = await open(anyFormat, [done]);
    const { status, body } = await post(server, field);
    expect([status, body["error"].code]).toEqual([400, "unsupported_parameter"]);
    expect(Object.keys(field)).toContain(body["error"].param);
    expect(server.engine.requests).toHaveLength(0);
  });
});

describe("an answer with calls that ends early", () => {
  async function waiting(options: Parameters<typeof open>[2] = {}, tools: Parameters<typeof open>[3] = {}) {
    return open(anyFormat, [{ text: "I wait.", calls: [["echo", { text: "wait" }]] }, done], options, tools);
  }

  it.each([true, false])("stops the running call when its client leaves (stream: %s)", async (stream) => {
    const { server, echo } = await waiting();
    const leave = new AbortController();
    const asked = fetch(`${server.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...enabled },
      body: JSON.stringify({ ...question, stream }),
      signal: leave.signal,
    }).then((response) => response.text());
    asked.catch(() => undefined);
    await until(() => echo.running === 1);
    leave.abort();
    await until(() => echo.stopped === 1);
    expect(server.engine.requests).toHaveLength(1);
  });

  it("stops the engine in a later round when its client leaves", async () => {
    const { server } = await open(anyFormat, [look, { text: "x ".repeat(500) }], { engine: { delayMs: 3 } });
    const leave = new AbortController();
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...enabled },
      body: JSON.stringify({ ...question, stream: true }),
      signal: leave.signal,
    });
    expect(response.status).toBe(200);
    await until(() => server.engine.requests.length === 2 && server.engine.live === 1);
    leave.abort();
    await until(() => server.engine.live === 0);
    expect(server.engine.signals[1]!.aborted).toBe(true);
    expect(server.engine.signals[0]!.aborted).toBe(false);
  });

  it("tells the model of a call that takes too long", async () => {
    const { server } = await waiting({}, { callTimeout: 50 });
    const { body } = await post(server, {});
    expect(body["choices"][0].message["tokenwire:messages"][1].content).toBe(
      "Error: no result within 0.05 s",
    );
  });

  it("has its time over all rounds: then it is an error", async () => {
    const { server } = await waiting({ timeouts: { total: 100 } });
    const { status, body } = await post(server, {});
    expect([status, body["error"].code]).toEqual([504, "timeout"]);
    server.again();
    const { text } = await post(server, { stream: true });
    expect(text).toContain('"code":"timeout"');
  });

  it("is an error when the engine fails in a later round, after what was said", async () => {
    const long = { text: "word ".repeat(100) };
    const { server } = await open(anyFormat, [look, long], {
      engine: { fail: { after: 80, error: new Error("boom") } },
    });
    const { text } = await post(server, { stream: true });
    expect(text).toContain('"content":"I');
    expect(text).toContain('"type":"server_error"');
    expect(text).not.toContain("boom");
    server.again();
    expect((await post(server, { store: true })).status).toBe(500);
    const kept = (await (await fetch(`${server.url}/v1/chat/completions`)).json()) as Body;
    expect(kept["data"]).toEqual([]);
  });
});

it("counts the usage of all rounds as they go on", async () => {
  const { server } = await open(anyFormat, [look, done]);
  const stream_options = { include_usage: true, continuous_usage_stats: true };
  const { text } = await post(server, { stream: true, stream_options });
  const counts = [...text.matchAll(/"completion_tokens":(\d+),"total_tokens":(\d+)/g)].map(([, ...found]) =>
    found.map(Number),
  );
  for (const at of [0, 1]) {
    const grown = counts.map((pair) => pair[at]!);
    expect(grown).toEqual([...grown].sort((one, other) => one - other));
  }
  expect(counts.at(-1)![0]).toBe(server.engine.emitted);
  expect(new Set(counts.map(([sampled]) => sampled)).size).toBeGreaterThan(5);
});

it("runs calls once for requests with one idempotency key", async () => {
  const { server, echo } = await open(anyFormat, [look, done]);
  const headers = { ...enabled, "idempotency-key": "one" };
  const [first, second] = [await post(server, {}, headers), await post(server, {}, headers)];
  expect(second.text).toBe(first.text);
  expect(echo.calls).toEqual(["a"]);
});

it("gives back connections, also of requests that are refused after they were made", async () => {
  const { McpPool } = await import("../../src/mcp/index.ts");
  const mcpPool = new McpPool();
  cleanups.push(() => mcpPool.close());
  const { server } = await open(anyFormat, [look, done], {}, { mcpPool });
  await post(server, {});
  await until(() => mcpPool.resting === 1);
  const long = [{ role: "user", content: "word ".repeat(5_000) }];
  expect((await post(server, { messages: long })).status).toBe(400);
  await until(() => mcpPool.resting === 1);
  expect(mcpPool.size).toBe(1);
});
