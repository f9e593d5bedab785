// LangChain's chat model, unmodified, over chat completions and over Responses.

import { type AIMessageChunk, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Backend, backend, calls, final, idsOf, kinds, outcomes, scripted, thought } from "./backend.ts";

function chat({ baseURL, apiKey, model }: Backend, useResponsesApi: boolean): ChatOpenAI {
  return new ChatOpenAI({
    model,
    apiKey,
    configuration: { baseURL },
    temperature: 0,
    maxRetries: 0,
    useResponsesApi,
  });
}

const getWeather = tool(async () => '{"temperature":12,"condition":"rainy"}', {
  name: "get_weather",
  description: "Get the weather of a city",
  schema: z.object({ city: z.string() }),
});

async function collect(
  stream: AsyncIterable<AIMessageChunk>,
): Promise<{ pieces: number; message: AIMessageChunk }> {
  let pieces = 0;
  let message: AIMessageChunk | undefined;
  for await (const chunk of stream) {
    pieces++;
    message = message === undefined ? chunk : message.concat(chunk);
  }
  return { pieces, message: message! };
}

const apis = [
  ["chat", false],
  ["responses", true],
] as const;

describe.each(kinds.flatMap((kind) => apis.map(([api, flag]) => [kind, api, flag] as const)))(
  "%s, %s",
  (kind, _api, useResponses) => {
    const open = async (answers: readonly string[]) => chat(await backend(kind, answers), useResponses);

    it("invokes, with usage", async () => {
      const model = await open([final("The capital of France is Paris.")]);
      const message = await model.invoke("What is the capital of France?");
      expect(message.text).toContain("Paris");
      const { input_tokens, output_tokens, total_tokens } = message.usage_metadata!;
      expect(total_tokens).toBe(input_tokens + output_tokens);
    });

    it("streams, with usage", async () => {
      const model = await open([final("The capital of France is Paris.")]);
      const { pieces, message } = await collect(await model.stream("What is the capital of France?"));
      expect(message.text).toContain("Paris");
      expect(pieces).toBeGreaterThan(2);
      expect(message.usage_metadata).toMatchObject({ output_tokens: expect.any(Number) });
    });

    it.each([false, true])("calls a tool and answers from its result, stream: %s", async (stream) => {
      const model = (
        await open([calls(["get_weather", { city: "Oslo" }]), final("It is 12 degrees.")])
      ).bindTools([getWeather]);
      const question = new HumanMessage("What is the weather in Oslo?");
      const first = stream
        ? (await collect(await model.stream([question]))).message
        : await model.invoke([question]);
      expect(first.tool_calls).toMatchObject([{ name: "get_weather", args: { city: "Oslo" } }]);
      const result = (await getWeather.invoke(first.tool_calls![0]!)) as ToolMessage;
      expect(result).toBeInstanceOf(ToolMessage);
      const second = await model.invoke([question, first, result]);
      expect(second.text).toContain("12");
    });
  },
);

describe.each(apis)("scripted, %s", (_api, useResponses) => {
  it("parses parallel calls of a stream", async () => {
    const server = await scripted([
      calls(["get_weather", { city: "Oslo" }], ["get_weather", { city: "Rome" }]),
    ]);
    const model = chat(server, useResponses).bindTools([getWeather]);
    const { message } = await collect(await model.stream("x"));
    expect(message.tool_calls!.map((call) => call.args)).toEqual([{ city: "Oslo" }, { city: "Rome" }]);
    expect(new Set(message.tool_calls!.map((call) => call.id)).size).toBe(2);
  });

  it("gives structured output", async () => {
    const server = await scripted([final('{"name":"Ada"}')]);
    const model = chat(server, useResponses).withStructuredOutput(z.object({ name: z.string() }), {
      name: "person",
      method: "jsonSchema",
    });
    expect(await model.invoke("Who?")).toEqual({ name: "Ada" });
    expect(server.engine.calls[0]!.request.constraint).toBeDefined();
  });

  it("gives structured output by a forced call", async () => {
    const server = await scripted([`{"name":"Ada"}<|call|>`]);
    const model = chat(server, useResponses).withStructuredOutput(z.object({ name: z.string() }), {
      name: "person",
      method: "functionCalling",
    });
    expect(await model.invoke("Who?")).toEqual({ name: "Ada" });
  });

  it("raises refusals, and streams that break", async () => {
    const server = await scripted([
      { steps: [{ tokens: idsOf("<|channel|>final<|message|>one two") }, { failAfter: 4 }] },
    ]);
    await expect(chat({ ...server, model: "nope" }, useResponses).invoke("x")).rejects.toMatchObject({
      status: 404,
    });
    await expect(chat(server, useResponses).stream("x").then(collect)).rejects.toThrow(/failed/);
  });

  it("stops the engine when it aborts", async () => {
    const server = await scripted([
      { steps: [{ tokens: idsOf("<|channel|>final<|message|>one two") }, { hang: true }] },
    ]);
    const abort = new AbortController();
    const read = async (): Promise<void> => {
      for await (const chunk of await chat(server, useResponses).stream("x", { signal: abort.signal })) {
        if (chunk.text !== "") abort.abort();
      }
    };
    await expect(read()).rejects.toThrow(/abort/i);
    expect(await outcomes(server)).toEqual(["aborted"]);
  });
});

it("reads reasoning beside the answer", async () => {
  const answer = thought("I know this.", final("Paris."));
  const server = await scripted([answer, answer, answer]);
  const whole = await chat(server, false).invoke("x");
  expect([whole.text, whole.additional_kwargs["reasoning_content"]]).toEqual(["Paris.", "I know this."]);
  const { message } = await collect(await chat(server, false).stream("x"));
  expect([message.text, message.additional_kwargs["reasoning_content"]]).toEqual(["Paris.", "I know this."]);
  const responses = await chat(server, true).invoke("x");
  expect(responses.text).toBe("Paris.");
  expect(JSON.stringify(responses)).toContain("I know this.");
});

it("embeds, as it asks by default and by floats", async () => {
  const { baseURL, apiKey, model } = await backend("embedded", []);
  const embed = (options: { encodingFormat?: "float" }): Promise<number[][]> =>
    new OpenAIEmbeddings({ model, apiKey, configuration: { baseURL }, ...options }).embedDocuments([
      "hello",
      "world wide",
    ]);
  const [usual, floats] = await Promise.all([embed({}), embed({ encodingFormat: "float" })]);
  expect(floats).toHaveLength(2);
  expect(usual.map((entry) => entry.map(Math.fround))).toEqual(floats.map((entry) => entry.map(Math.fround)));
});
