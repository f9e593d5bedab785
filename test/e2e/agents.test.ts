// OpenAI's Agents SDK, unmodified: its loop over chat completions, over Responses and over a WebSocket.

import {
  Agent,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  OpenAIResponsesWSModel,
  Runner,
  setTracingDisabled,
  tool,
} from "@openai/agents";
import OpenAI from "openai";
import { beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { type Backend, backend, calls, final, idsOf, kinds, outcomes, scripted, thought } from "./backend.ts";

beforeAll(() => {
  setTracingDisabled(true);
  // Node has one of its own from 22 on; the SDK asks for it where it is missing.
  (globalThis as { WebSocket?: unknown }).WebSocket ??= WebSocket;
});

function clientOf({ baseURL, apiKey }: Backend): OpenAI {
  return new OpenAI({ baseURL, apiKey, maxRetries: 0 });
}

const models = {
  chat: (server: Backend) => new OpenAIChatCompletionsModel(clientOf(server), server.model),
  responses: (server: Backend) => new OpenAIResponsesModel(clientOf(server), server.model),
  socket: (server: Backend) => new OpenAIResponsesWSModel(clientOf(server), server.model),
};
type Api = keyof typeof models;
const apis = Object.keys(models) as Api[];

function agentFor(server: Backend, api: Api, asked: unknown[] = []) {
  return new Agent({
    name: "helper",
    instructions: "You are a helpful assistant.",
    model: models[api](server),
    modelSettings: { temperature: 0 },
    tools: [
      tool({
        name: "get_weather",
        description: "Get the weather of a city",
        parameters: z.object({ city: z.string() }),
        strict: true,
        execute: async (input) => {
          asked.push(input);
          return '{"temperature":12,"condition":"rainy"}';
        },
      }),
    ],
  });
}

/** Runs an agent to its end; the text that was streamed, if any was. */
async function run(
  agent: ReturnType<typeof agentFor>,
  question: string,
  stream: boolean,
): Promise<{ output: unknown; streamed: string }> {
  const runner = new Runner();
  if (!stream) return { output: (await runner.run(agent, question)).finalOutput, streamed: "" };
  const result = await runner.run(agent, question, { stream: true });
  let streamed = "";
  for await (const event of result) {
    if (event.type === "raw_model_stream_event" && event.data.type === "output_text_delta")
      streamed += event.data.delta;
  }
  await result.completed;
  return { output: result.finalOutput, streamed };
}

describe.each(kinds.flatMap((kind) => apis.map((api) => [kind, api] as const)))("%s, %s", (kind, api) => {
  it.each([false, true])("answers, stream: %s", async (stream) => {
    const server = await backend(kind, [final("The capital of France is Paris.")]);
    const { output, streamed } = await run(agentFor(server, api), "What is the capital of France?", stream);
    expect(output).toContain("Paris");
    if (stream) expect(streamed).toBe(output);
  });

  it.each([false, true])("runs a tool, stream: %s", async (stream) => {
    const server = await backend(kind, [
      calls(["get_weather", { city: "Oslo" }]),
      final("It is 12 degrees."),
    ]);
    const asked: unknown[] = [];
    const { output } = await run(agentFor(server, api, asked), "What is the weather in Oslo?", stream);
    expect(asked).toEqual([{ city: "Oslo" }]);
    expect(output).toContain("12");
  });
});

describe.each(apis)("scripted, %s", (api) => {
  it.each([false, true])("keeps reasoning with the call it led to, stream: %s", async (stream) => {
    const server = await scripted([
      thought("I must look.", calls(["get_weather", { city: "Oslo" }])),
      thought("I see.", final("Rain.")),
    ]);
    expect((await run(agentFor(server, api), "x", stream)).output).toBe("Rain.");
    expect(server.prompt(1)).toContain("<|channel|>analysis<|message|>I must look.<|end|>");
    expect(server.prompt(1)).toContain("rainy");
  });

  it("gives structured output", async () => {
    const server = await scripted([final('{"name":"Ada"}')]);
    const agent = new Agent({
      name: "x",
      model: models[api](server),
      outputType: z.object({ name: z.string() }),
    });
    expect((await new Runner().run(agent, "Who?")).finalOutput).toEqual({ name: "Ada" });
    expect(server.engine.calls[0]!.request.constraint).toBeDefined();
  });

  it("raises a stream that breaks", async () => {
    const server = await scripted([
      { steps: [{ tokens: idsOf("<|channel|>final<|message|>one two") }, { failAfter: 4 }] },
    ]);
    await expect(run(agentFor(server, api), "x", true)).rejects.toThrow();
  });

  it("stops the engine when it aborts", async () => {
    const server = await scripted([
      { steps: [{ tokens: idsOf("<|channel|>final<|message|>one two") }, { hang: true }] },
    ]);
    const abort = new AbortController();
    const result = await new Runner().run(agentFor(server, api), "x", { stream: true, signal: abort.signal });
    for await (const event of result) {
      if (event.type === "raw_model_stream_event" && event.data.type === "output_text_delta") abort.abort();
    }
    await result.completed.catch(() => undefined);
    expect(await outcomes(server)).toEqual(["aborted"]);
  });
});
