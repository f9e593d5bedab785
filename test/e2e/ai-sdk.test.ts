// The Vercel AI SDK, unmodified: its Responses provider, its chat provider and the one for compatible servers.

import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import {
  APICallError,
  embedMany,
  generateText,
  type LanguageModel,
  Output,
  stepCountIs,
  streamText,
  tool,
} from "ai";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Backend, backend, calls, final, idsOf, kinds, outcomes, scripted, thought } from "./backend.ts";

const providers = {
  responses: ({ baseURL, apiKey, model }: Backend): LanguageModel => createOpenAI({ baseURL, apiKey })(model),
  chat: ({ baseURL, apiKey, model }: Backend): LanguageModel => createOpenAI({ baseURL, apiKey }).chat(model),
  compatible: ({ baseURL, apiKey, model }: Backend): LanguageModel =>
    createOpenAICompatible({
      name: "tokenwire",
      baseURL,
      apiKey,
      includeUsage: true,
      supportsStructuredOutputs: true,
    })(model),
};
type Provider = keyof typeof providers;
const names = Object.keys(providers) as Provider[];
const settings = { temperature: 0, maxRetries: 0 };

function weather(asked: unknown[]) {
  return {
    get_weather: tool({
      description: "Get the weather of a city",
      inputSchema: z.object({ city: z.string() }),
      execute: async (input) => {
        asked.push(input);
        return { temperature: 12, condition: "rainy" };
      },
    }),
  };
}

describe.each(kinds.flatMap((kind) => names.map((name) => [kind, name] as const)))("%s, %s", (kind, name) => {
  const open = async (answers: readonly string[]) => {
    const server = await backend(kind, answers);
    return { server, model: providers[name](server) };
  };

  it("generates, with usage", async () => {
    const { model } = await open([final("The capital of France is Paris.")]);
    const result = await generateText({ ...settings, model, prompt: "What is the capital of France?" });
    expect(result.text).toContain("Paris");
    expect(result.finishReason).toBe("stop");
    expect(result.usage.inputTokens).toBeGreaterThan(0);
    expect(result.usage.totalTokens).toBe(result.usage.inputTokens! + result.usage.outputTokens!);
  });

  it("streams, with usage at the end", async () => {
    const { model } = await open([final("The capital of France is Paris.")]);
    const result = streamText({ ...settings, model, prompt: "What is the capital of France?" });
    const pieces: string[] = [];
    for await (const piece of result.textStream) pieces.push(piece);
    expect(pieces.join("")).toContain("Paris");
    expect(pieces.length).toBeGreaterThan(1);
    expect(await result.finishReason).toBe("stop");
    expect((await result.usage).outputTokens).toBeGreaterThan(0);
  });

  it.each([false, true])("runs tools until there is an answer, stream: %s", async (stream) => {
    const { model } = await open([calls(["get_weather", { city: "Oslo" }]), final("It is 12 degrees.")]);
    const asked: unknown[] = [];
    const options = {
      ...settings,
      model,
      tools: weather(asked),
      stopWhen: stepCountIs(3),
      prompt: "What is the weather in Oslo?",
    };
    const result = stream ? streamText(options) : await generateText(options);
    expect(await result.text).toContain("12");
    expect(asked).toEqual([{ city: "Oslo" }]);
    const steps = await result.steps;
    expect(steps.map((step) => step.finishReason)).toEqual(["tool-calls", "stop"]);
    expect(steps[0]!.toolCalls[0]!.toolCallId).toMatch(/^call_/);
  });
});

describe.each(names)("scripted, %s", (name) => {
  it.each([false, true])("makes parallel calls, stream: %s", async (stream) => {
    const server = await scripted([
      calls(["get_weather", { city: "Oslo" }], ["get_weather", { city: "Rome" }]),
      final("Rain and sun."),
    ]);
    const asked: unknown[] = [];
    const options = {
      ...settings,
      model: providers[name](server),
      tools: weather(asked),
      stopWhen: stepCountIs(3),
      prompt: "Oslo and Rome?",
    };
    const result = stream ? streamText(options) : await generateText(options);
    expect(await result.text).toBe("Rain and sun.");
    expect(asked).toEqual([{ city: "Oslo" }, { city: "Rome" }]);
    expect(server.prompt(1).match(/"condition":"rainy"/g)).toHaveLength(2);
  });

  it.each([false, true])("gives structured output, stream: %s", async (stream) => {
    const server = await scripted([final('{"name":"Ada","age":36}')]);
    const schema = z.object({ name: z.string(), age: z.number() });
    const options = {
      ...settings,
      model: providers[name](server),
      output: Output.object({ schema }),
      prompt: "Who?",
    };
    const result = stream ? streamText(options) : await generateText(options);
    expect(await result.output).toEqual({ name: "Ada", age: 36 });
    expect(server.engine.calls[0]!.request.constraint).toBeDefined();
  });

  it("raises refusals with status and message", async () => {
    const server = await scripted([]);
    const model = providers[name]({ ...server, model: "nope" });
    const error = await generateText({ ...settings, model, prompt: "x" }).catch((reason: unknown) => reason);
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ statusCode: 404, message: expect.stringContaining("nope") });
  });

  it("tells of a stream that breaks", async () => {
    const server = await scripted([
      { steps: [{ tokens: idsOf("<|channel|>final<|message|>one two three") }, { failAfter: 5 }] },
    ]);
    const errors: unknown[] = [];
    const result = streamText({
      ...settings,
      model: providers[name](server),
      prompt: "x",
      onError: ({ error }) => {
        errors.push(error);
      },
    });
    let text = "";
    for await (const part of result.fullStream) if (part.type === "text-delta") text += part.text;
    expect("one two three".startsWith(text)).toBe(true);
    expect(errors).not.toEqual([]);
  });

  it("stops the engine when it aborts", async () => {
    const server = await scripted([
      { steps: [{ tokens: idsOf("<|channel|>final<|message|>one two") }, { hang: true }] },
    ]);
    const abort = new AbortController();
    const result = streamText({
      ...settings,
      model: providers[name](server),
      prompt: "x",
      abortSignal: abort.signal,
      onError: () => undefined,
    });
    for await (const part of result.fullStream) if (part.type === "text-delta") abort.abort();
    expect(await outcomes(server)).toEqual(["aborted"]);
  });
});

describe("reasoning", () => {
  const answer = thought("I know this.", final("Paris."));

  it.each(["chat", "compatible"] as const)(
    "is told apart from the answer by the %s provider",
    async (name) => {
      const server = await scripted([answer, answer]);
      const model = providers[name](server);
      const whole = await generateText({ ...settings, model, prompt: "x" });
      const streamed = streamText({ ...settings, model, prompt: "x" });
      expect([whole.text, await streamed.text]).toEqual(["Paris.", "Paris."]);
      if (name === "compatible") {
        expect([whole.reasoningText, await streamed.reasoningText]).toEqual(["I know this.", "I know this."]);
      }
    },
  );

  it.each([false, true])("reaches the Responses provider as a summary, stream: %s", async (stream) => {
    const server = await scripted([answer]);
    const options = {
      maxRetries: 0,
      model: providers.responses(server),
      prompt: "x",
      providerOptions: {
        openai: { reasoningSummary: "auto", reasoningEffort: "low", forceReasoning: true },
      },
    };
    const result = stream ? streamText(options) : await generateText(options);
    expect(await result.text).toBe("Paris.");
    expect(await result.reasoningText).toBe("I know this.");
  });

  it("comes back to the model with the results of a call", async () => {
    const server = await scripted([
      thought("I must look.", calls(["get_weather", { city: "Oslo" }])),
      final("Rain."),
    ]);
    const result = await generateText({
      maxRetries: 0,
      model: providers.responses(server),
      tools: weather([]),
      stopWhen: stepCountIs(2),
      prompt: "x",
      providerOptions: {
        openai: {
          reasoningSummary: "auto",
          forceReasoning: true,
          store: false,
          include: ["reasoning.encrypted_content"],
        },
      },
    });
    expect(result.text).toBe("Rain.");
    expect(server.prompt(1)).toContain("<|channel|>analysis<|message|>I must look.<|end|>");
  });
});

it("embeds", async () => {
  const { baseURL, apiKey, model } = await backend("embedded", []);
  const provider = createOpenAI({ baseURL, apiKey });
  const { embeddings, usage } = await embedMany({
    model: provider.embeddingModel(model),
    values: ["hello", "world wide"],
  });
  expect(embeddings.map((entry) => entry.length)).toEqual([embeddings[0]!.length, embeddings[0]!.length]);
  expect(embeddings[0]!.length).toBeGreaterThan(0);
  expect(usage.tokens).toBeGreaterThan(2);
});
