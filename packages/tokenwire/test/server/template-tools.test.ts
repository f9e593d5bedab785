// Tools that run on the server, with models whose format is a chat template: called as functions, read by the model's
// parser, and given back as messages.

import { ToolDescription, ToolNamespaceConfig } from "@tokenwire/core/harmony";
import OpenAI from "openai";
import { afterEach, describe, expect, it } from "vitest";
import { createServer, type Server, type ServerOptions } from "../../src/server/index.ts";
import { defineTool, type Tool } from "../../src/tools/index.ts";
import { type AnyEvent, checkLifecycle } from "./lifecycle.ts";
import { TestEngine } from "./support.ts";
import { templatedProfile } from "./templated-profile.ts";

const profile = templatedProfile();
const { tokenizer } = profile;

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function open(answers: readonly string[], tools: ServerOptions["tools"], model = profile) {
  const engine = new TestEngine({
    emit: (_, call) => [
      ...tokenizer.encode(`${answers[call] ?? "Yes."}<|im_end|>`, { allowedSpecial: "all" }),
    ],
  });
  const server = await createServer({
    port: 0,
    models: [{ engine, profile: model }],
    ...(tools && { tools }),
  });
  servers.push(server);
  const client = new OpenAI({ baseURL: `${await server.listen()}/v1`, apiKey: "x", maxRetries: 0 });
  const prompt = (call: number): string =>
    tokenizer.decode((engine.requests[call]!.prompt as { tokenIds: Uint32Array }).tokenIds);
  return { client, engine, prompt };
}

const call = (name: string, args: object): string =>
  `<tool_call>${JSON.stringify({ name, arguments: args })}</tool_call>`;

/** Runs the cells it is given. */
const python = (cells: string[]): Tool => ({
  name: "python",
  namespace: new ToolNamespaceConfig("python", "Runs Python", []),
  async *call({ arguments: code }) {
    cells.push(code);
    yield { type: "result", text: `ran ${code}`, failed: false };
  },
});

const pages: Tool = {
  name: "pages",
  namespace: new ToolNamespaceConfig("pages", undefined, [
    new ToolDescription("look.up", "Looks up", { type: "object" }),
  ]),
  async *call({ function: name, arguments: text }) {
    yield { type: "result", text: `${name} of ${text}`, failed: false };
  },
};

async function streamed(client: OpenAI, body: object) {
  const events: AnyEvent[] = [];
  const stream = await client.responses.create({ model: "m", stream: true, ...body } as never);
  for await (const event of stream as unknown as AsyncIterable<AnyEvent>) events.push(event);
  return { events, final: checkLifecycle(events) };
}

describe("tools of the server with a chat template", () => {
  it("are functions that run here, and the model goes on from their results", async () => {
    const lookup = defineTool({ name: "lookup", description: "Looks up", execute: () => "42" });
    const { client, prompt } = await open(
      [`<think>Hm.</think>I look.${call("lookup", { key: "a" })}`, "It is 42."],
      { functions: { lookup: () => lookup } },
    );
    const { final } = await streamed(client, { input: "What is it?", tools: [{ type: "lookup" }] });
    expect(final["output"]).toMatchObject([
      { type: "reasoning" },
      { type: "message", content: [{ text: "I look." }] },
      { type: "mcp_call", name: "lookup", arguments: '{"key":"a"}', output: "42", status: "completed" },
      { type: "message", content: [{ text: "It is 42." }] },
    ]);
    expect(prompt(0)).toBe("[lookup]\nuser:What is it?\nassistant:");
    expect(prompt(1)).toBe(
      '[lookup]\nuser:What is it?\nassistant:<think>Hm.</think>I look.<call lookup {"key": "a"}>\ntool:42\nassistant:',
    );
    // A later turn still has the call and its result.
    await client.responses.create({ model: "m", previous_response_id: final["id"], input: "Sure?" });
    expect(prompt(2)).toContain('<call lookup {"key": "a"}>\ntool:42\nassistant:It is 42.\nuser:Sure?');
  });

  it("take source code as a parameter, and show it as code", async () => {
    const cells: string[] = [];
    const { client, prompt } = await open([call("python", { code: "1 + 1" }), "Two."], {
      python: () => python(cells),
    });
    const { events, final } = await streamed(client, {
      input: "x",
      tools: [{ type: "code_interpreter", container: { type: "auto" } }],
    });
    expect(cells).toEqual(["1 + 1"]);
    expect(final["output"][0]).toMatchObject({
      type: "code_interpreter_call",
      code: "1 + 1",
      outputs: [{ type: "logs", logs: "ran 1 + 1" }],
    });
    expect(
      events.filter(({ type }) => type.endsWith("call_code.delta")).map((event) => event["delta"]),
    ).toEqual(["1 + 1"]);
    expect(prompt(1)).toContain('<call python {"code": "1 + 1"}>\ntool:ran 1 + 1');
    const tools = [{ type: "code_interpreter", container: { type: "auto" } }] as never;
    await client.responses.create({ model: "m", previous_response_id: final["id"], input: "again", tools });
    expect(prompt(2)).toContain('<call python {"code": "1 + 1"}>\ntool:ran 1 + 1');
  });

  it("have flat names, apart from those of the client's functions", async () => {
    const { client, prompt } = await open([call("pages_look_up_2", { a: 1 }), "Done."], {
      functions: { pages: () => pages },
    });
    const tools = [
      { type: "pages" },
      { type: "function", name: "pages_look_up", parameters: { type: "object" }, strict: false },
    ];
    const { final } = await streamed(client, { input: "x", tools });
    expect(prompt(0)).toContain("[pages_look_up][pages_look_up_2]");
    expect(final["output"][0]).toMatchObject({ type: "mcp_call", output: 'look.up of {"a":1}' });
  });

  it("tell the model of a call to nobody, and return the client's own", async () => {
    const lookup = defineTool({ name: "lookup", description: "Looks up", execute: () => "42" });
    const mine = { type: "function", name: "mine", parameters: { type: "object" }, strict: false };
    const { client, engine } = await open([`${call("lookup", {})}${call("mine", { b: 2 })}`], {
      functions: { lookup: () => lookup },
    });
    const { final } = await streamed(client, { input: "x", tools: [{ type: "lookup" }, mine] });
    expect(final["output"].map(({ type }: { type: string }) => type)).toEqual(["mcp_call", "function_call"]);
    expect(engine.requests).toHaveLength(1);
  });

  it("need a parser for calls", async () => {
    const { toolParser: _, ...silent } = profile;
    const lookup = defineTool({ name: "lookup", description: "Looks up", execute: () => "42" });
    const { client } = await open([""], { functions: { lookup: () => lookup } }, silent);
    await expect(
      client.responses.create({ model: "m", input: "x", tools: [{ type: "lookup" }] as never }),
    ).rejects.toThrow(/no tool parser/);
  });
});

describe("calls of one answer", () => {
  /** Each call waits until the other one has begun, or gives up. */
  function meeting(): { tool: Tool; most: () => number } {
    let [running, most] = [0, 0];
    const tool = defineTool({
      name: "meet",
      description: "Waits for others",
      execute: async (values) => {
        most = Math.max(most, ++running);
        for (let turn = 0; turn < 60 && most < 2; turn++) await new Promise((go) => setTimeout(go, 5));
        running--;
        return `met ${String((values as { n: number }).n)}`;
      },
    });
    return { tool, most: () => most };
  }
  const two = `${call("meet", { n: 1 })}${call("meet", { n: 2 })}`;
  const outputs = (final: Awaited<ReturnType<typeof streamed>>["final"]): unknown[] =>
    final["output"].flatMap((item: { output?: string }) => item.output ?? []);

  it("run at the same time, and are told in their order", async () => {
    const { tool, most } = meeting();
    const { client, prompt } = await open([two, "Done."], { functions: { meet: () => tool } });
    const { final } = await streamed(client, { input: "x", tools: [{ type: "meet" }] });
    expect(most()).toBe(2);
    expect(outputs(final)).toEqual(["met 1", "met 2"]);
    expect(prompt(1)).toContain("tool:met 1\ntool:met 2");
  });

  it("are one at most where they may not be parallel, and as many as max_tool_calls allows", async () => {
    const { tool, most } = meeting();
    const { client } = await open([two, "Done.", two], { functions: { meet: () => tool } });
    const single = await streamed(client, {
      input: "x",
      tools: [{ type: "meet" }],
      parallel_tool_calls: false,
    });
    expect(outputs(single.final)).toEqual(["met 1"]);
    const limited = await streamed(client, { input: "x", tools: [{ type: "meet" }], max_tool_calls: 1 });
    expect(outputs(limited.final)).toEqual(["met 1"]);
    expect(limited.final["incomplete_details"]).toEqual({ reason: "max_tool_calls" });
    expect(most()).toBe(1);
  });

  it("are not started beyond the limit, which calls to nobody count against", async () => {
    let ran = 0;
    const tool = defineTool({ name: "count", description: "Counts", execute: () => `ran ${++ran}` });
    const said = `${call("count", {})}${call("nobody", {})}${call("count", {})}`;
    const { client } = await open([said], { functions: { count: () => tool } });
    const { final } = await streamed(client, { input: "x", tools: [{ type: "count" }], max_tool_calls: 2 });
    expect(outputs(final)).toEqual(["ran 1"]);
    expect(final["incomplete_details"]).toEqual({ reason: "max_tool_calls" });
    expect(ran).toBe(1);
  });
});
