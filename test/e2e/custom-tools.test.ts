// Custom tools through clients, unmodified: the official one, with its iterators and its events of responses, and the
// AI SDK; and a grammar that the embedded model really is held to.

import { createOpenAI } from "@ai-sdk/openai";
import { getEncoding } from "@tokenwire/encodings";
import { generateText, stepCountIs, streamText, type ToolSet } from "ai";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEngine, type Server, serve } from "../../packages/tokenwire/src/index.ts";
import { type Backend, final, scripted } from "./backend.ts";
import { hasGrammars } from "./has-grammars.ts";

const code = 'print("hé 😀")\nexit()';
const written = `<|channel|>commentary to=functions.run <|constrain|>json<|message|>${JSON.stringify({ input: code })}<|call|>`;
const clientOf = ({ baseURL, apiKey }: Backend): OpenAI => new OpenAI({ baseURL, apiKey, maxRetries: 0 });

describe("the official client", () => {
  const tools = [{ type: "custom" as const, name: "run", description: "Runs a program." }];
  const question = [{ role: "user" as const, content: "Run it." }];

  it("answers calls by their output", async () => {
    const server = await scripted([written, final("It said hé.")]);
    const client = clientOf(server);
    const first = await client.responses.create({ model: server.model, input: "Run it.", tools });
    const [call] = first.output;
    if (call?.type !== "custom_tool_call") throw new Error("expected a custom tool call");
    expect([call.name, call.input]).toEqual(["run", code]);
    const second = await client.responses.create({
      model: server.model,
      previous_response_id: first.id,
      input: [{ type: "custom_tool_call_output", call_id: call.call_id, output: "hé 😀" }],
      tools,
    });
    expect(second.output_text).toBe("It said hé.");
    expect(server.prompt(1)).toContain(
      "<|start|>functions.run to=assistant<|channel|>commentary<|message|>hé 😀",
    );
  });

  it("follows the input as it is written", async () => {
    const server = await scripted([written]);
    const stream = clientOf(server).responses.stream({ model: server.model, input: "Run it.", tools });
    let text = "";
    stream.on("event", (event) => {
      if (event.type === "response.custom_tool_call_input.delta") text += event.delta;
    });
    const { output } = await stream.finalResponse();
    expect(text).toBe(code);
    expect(output).toMatchObject([{ type: "custom_tool_call", input: code, status: "completed" }]);
  });

  it("reads and sends back calls of chat completions", async () => {
    const server = await scripted([written, written, final("Done.")]);
    const client = clientOf(server);
    const request = {
      model: server.model,
      messages: question,
      tools: [{ type: "custom" as const, custom: { name: "run" } }],
    };
    let streamed = "";
    for await (const { choices } of await client.chat.completions.create({ ...request, stream: true })) {
      // The client's types know functions only.
      const calls = (choices[0]?.delta.tool_calls ?? []) as { custom?: { input: string } }[];
      streamed += calls[0]?.custom?.input ?? "";
    }
    expect(streamed).toBe(code);
    const { message } = (await client.chat.completions.create(request)).choices[0]!;
    const [call] = message.tool_calls ?? [];
    if (call?.type !== "custom") throw new Error("expected a call of a custom tool");
    expect(call.custom).toEqual({ name: "run", input: code });
    const messages = [...question, message, { role: "tool" as const, tool_call_id: call.id, content: "hé" }];
    expect((await client.chat.completions.create({ ...request, messages })).choices[0]!.message.content).toBe(
      "Done.",
    );
  });

  it("is told by name which tool it may not demand", async () => {
    const server = await scripted([]);
    const request = clientOf(server).responses.create({
      model: server.model,
      input: "x",
      tools,
      tool_choice: { type: "custom", name: "walk" },
    });
    await expect(request).rejects.toMatchObject({
      status: 400,
      param: "tool_choice",
      message: expect.stringContaining("custom tool 'walk' not found in 'tools'"),
    });
  });
});

describe("the AI SDK", () => {
  const open = async () => {
    const server = await scripted([written, final("It said hé.")]);
    const { baseURL, apiKey, model } = server;
    const openai = createOpenAI({ baseURL, apiKey });
    const asked: unknown[] = [];
    const run = openai.tools.customTool({
      name: "run",
      description: "Runs a program.",
      execute: async (input) => {
        asked.push(input);
        return "hé 😀";
      },
    });
    const tools = { run } as unknown as ToolSet;
    return {
      server,
      asked,
      settings: { model: openai.responses(model), tools, maxRetries: 0, prompt: "Run it." },
    };
  };

  it("runs a custom tool in its loop, plain and streamed", async () => {
    const plain = await open();
    const result = await generateText({ ...plain.settings, stopWhen: stepCountIs(3) });
    expect(plain.asked).toEqual([code]);
    expect(result.text).toBe("It said hé.");
    const live = await open();
    const stream = streamText({ ...live.settings, stopWhen: stepCountIs(3) });
    expect(await stream.text).toBe("It said hé.");
    expect(live.asked).toEqual([code]);
    expect(live.server.prompt(1)).toContain("hé 😀");
  });
});

describe.skipIf(!hasGrammars)("the embedded model", () => {
  let server: Server;
  beforeAll(async () => {
    server = await serve(createEngine({ kind: "embedded", tokenizer: getEncoding("o200k_harmony") }), {
      port: 0,
    });
  });
  afterAll(() => server.close());

  it("is held to the regular expression of a tool that it has to call", async () => {
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });
    for (let seed = 1; seed <= 4; seed++) {
      const { output } = await client.responses.create({
        model: server.models[0]!.id,
        input: "What time is it?",
        temperature: 1.5,
        max_output_tokens: 60,
        tools: [
          {
            type: "custom",
            name: "at",
            format: { type: "grammar", syntax: "regex", definition: "[01][0-9]:[0-5][0-9]|now" },
          },
        ],
        tool_choice: { type: "custom", name: "at" },
        ...({ seed } as object),
      });
      const [call] = output;
      if (call?.type !== "custom_tool_call")
        throw new Error(`expected a call, got ${JSON.stringify(output)}`);
      expect(call.input).toMatch(/^(?:[01][0-9]:[0-5][0-9]|now)$/);
    }
  });

  it("writes programs of a Lark grammar, quotes and line breaks included", async () => {
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });
    const definition = `start: line+
line: "say" STRING [NUMBER] NEWLINE
STRING: /"[^"\\\\\\n]{0,6}"/
%import common (NUMBER, NEWLINE)
%ignore " "`;
    let whole = 0;
    for (let seed = 1; seed <= 6; seed++) {
      const { output } = await client.responses.create({
        model: server.models[0]!.id,
        input: "Say it.",
        temperature: 1.2,
        max_output_tokens: 80,
        tools: [{ type: "custom", name: "run", format: { type: "grammar", syntax: "lark", definition } }],
        tool_choice: { type: "custom", name: "run" },
        ...({ seed } as object),
      });
      const [call] = output;
      if (call?.type !== "custom_tool_call")
        throw new Error(`expected a call, got ${JSON.stringify(output)}`);
      if ((call as { status?: string }).status !== "completed") continue;
      whole++;
      expect(call.input).toMatch(/^ *(?:say *"[^"\\\n]{0,6}" *(?:[\d.e+-]+ *)?[\r\n]+ *)+$/i);
    }
    expect(whole).toBeGreaterThan(0);
  });
});
