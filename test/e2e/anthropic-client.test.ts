// Anthropic's client, unmodified, against `/v1/messages`.

import Anthropic from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Backend, backend, calls, final, idsOf, kinds, outcomes, scripted, thought } from "./backend.ts";

function clientOf({ url, apiKey }: Backend): Anthropic {
  return new Anthropic({ baseURL: url, apiKey, maxRetries: 0 });
}

/** Not in the client's types, as newer models of Anthropic's have no such field; still sent, and honoured here. */
const greedy = { temperature: 0 };
const user = (content: string): Anthropic.MessageParam => ({ role: "user", content });
const weather: Anthropic.Tool = {
  name: "get_weather",
  description: "Get the weather of a city",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

function textOf(message: Anthropic.Message): string {
  return message.content.map((block) => (block.type === "text" ? block.text : "")).join("");
}

describe.each(kinds)("%s", (kind) => {
  it("creates, with usage equal to the count", async () => {
    const server = await backend(kind, [final("The capital of France is Paris.")]);
    const client = clientOf(server);
    const messages = [user("What is the capital of France?")];
    const message = await client.messages.create({
      model: server.model,
      max_tokens: 100,
      ...greedy,
      messages,
    });
    expect(textOf(message)).toContain("Paris");
    expect(message.stop_reason).toBe("end_turn");
    const count = await client.messages.countTokens({ model: server.model, messages });
    // What was found in the cache is counted apart.
    const { input_tokens, cache_read_input_tokens } = message.usage;
    expect(input_tokens + (cache_read_input_tokens ?? 0)).toBe(count.input_tokens);
  });

  it("streams to the same message", async () => {
    const answer = final("The capital of France is Paris.");
    const server = await backend(kind, [answer, answer]);
    const client = clientOf(server);
    const body = {
      model: server.model,
      max_tokens: 100,
      ...greedy,
      messages: [user("What is the capital of France?")],
    };
    const pieces: string[] = [];
    const stream = client.messages.stream(body).on("text", (delta) => pieces.push(delta));
    const final_ = await stream.finalMessage();
    const whole = await client.messages.create(body);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join("")).toBe(textOf(whole));
    expect({ ...final_, id: "" }).toMatchObject({
      content: whole.content,
      usage: whole.usage,
      stop_reason: "end_turn",
    });
  });

  it.each([false, true])("calls a tool and answers from its result, stream: %s", async (stream) => {
    const server = await backend(kind, [
      calls(["get_weather", { city: "Oslo" }]),
      final("It is 12 degrees."),
    ]);
    const client = clientOf(server);
    const question = user("What is the weather in Oslo?");
    const body = { model: server.model, max_tokens: 200, ...greedy, tools: [weather] };
    const ask = (messages: Anthropic.MessageParam[]): Promise<Anthropic.Message> =>
      stream
        ? client.messages.stream({ ...body, messages }).finalMessage()
        : client.messages.create({ ...body, messages });
    const first = await ask([question]);
    expect(first.stop_reason).toBe("tool_use");
    const call = first.content.find((block) => block.type === "tool_use")!;
    expect(call).toMatchObject({ name: "get_weather", input: { city: "Oslo" } });
    const result = {
      type: "tool_result",
      tool_use_id: call.id,
      content: '{"temperature":12,"condition":"rainy"}',
    } as const;
    const second = await ask([
      question,
      { role: "assistant", content: first.content },
      { role: "user", content: [result] },
    ]);
    expect(textOf(second)).toContain("12");
  });

  it("runs tools through the client's own loop", async () => {
    const server = await backend(kind, [
      calls(["get_weather", { city: "Oslo" }]),
      final("It is 12 degrees."),
    ]);
    const asked: unknown[] = [];
    const message = await clientOf(server).beta.messages.toolRunner({
      model: server.model,
      max_tokens: 200,
      ...greedy,
      messages: [{ role: "user", content: "What is the weather in Oslo?" }],
      tools: [
        betaZodTool({
          name: "get_weather",
          description: "Get the weather of a city",
          inputSchema: z.object({ city: z.string() }),
          run: (input) => {
            asked.push(input);
            return '{"temperature":12,"condition":"rainy"}';
          },
        }),
      ],
    });
    expect(asked).toEqual([{ city: "Oslo" }]);
    expect(JSON.stringify(message.content)).toContain("12");
  });
});

describe("scripted", () => {
  it("shows thinking and takes it back with the result of a call", async () => {
    const server = await scripted([
      thought("I must look.", calls(["get_weather", { city: "Oslo" }])),
      final("Rain."),
    ]);
    const client = clientOf(server);
    const body = {
      model: server.model,
      max_tokens: 2_000,
      thinking: { type: "enabled", budget_tokens: 1_024 } as const,
      tools: [weather],
    };
    const first = await client.messages.stream({ ...body, messages: [user("x")] }).finalMessage();
    expect(first.content[0]).toMatchObject({ type: "thinking", thinking: "I must look." });
    const call = first.content.find((block) => block.type === "tool_use")!;
    const second = await client.messages.create({
      ...body,
      messages: [
        user("x"),
        { role: "assistant", content: first.content },
        { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "rain" }] },
      ],
    });
    expect(textOf(second)).toBe("Rain.");
    expect(server.prompt(1)).toContain("<|channel|>analysis<|message|>I must look.<|end|>");
  });

  it("makes parallel calls, each with its whole input", async () => {
    const server = await scripted([
      calls(["get_weather", { city: "Oslo" }], ["get_weather", { city: "Rome" }]),
    ]);
    const stream = clientOf(server).messages.stream({
      model: server.model,
      max_tokens: 200,
      messages: [user("x")],
      tools: [weather],
    });
    const inputs: string[] = [];
    stream.on("inputJson", (delta) => inputs.push(delta));
    const { content } = await stream.finalMessage();
    expect(content.map((block) => block.type === "tool_use" && block.input)).toEqual([
      { city: "Oslo" },
      { city: "Rome" },
    ]);
    expect(inputs.join("")).toBe('{"city":"Oslo"}{"city":"Rome"}');
  });

  it("ends at a stop sequence and at the limit", async () => {
    const answer = final("one two three");
    const server = await scripted([answer, answer]);
    const body = { model: server.model, messages: [user("x")] };
    const client = clientOf(server);
    const stopped = await client.messages.create({ ...body, max_tokens: 50, stop_sequences: [" three"] });
    expect([textOf(stopped), stopped.stop_reason, stopped.stop_sequence]).toEqual([
      "one two",
      "stop_sequence",
      " three",
    ]);
    const cut = await client.messages.create({ ...body, max_tokens: 4 });
    expect(cut.stop_reason).toBe("max_tokens");
  });

  it("raises its own error classes, in a stream too", async () => {
    const server = await scripted([
      { steps: [{ tokens: idsOf("<|channel|>final<|message|>one two") }, { failAfter: 4 }] },
    ]);
    const client = clientOf(server);
    const body = { model: server.model, max_tokens: 50, messages: [user("x")] };
    const failures = [
      [Anthropic.NotFoundError, client.messages.create({ ...body, model: "nope" })],
      [Anthropic.BadRequestError, client.messages.create({ ...body, max_tokens: 0 })],
      [Anthropic.AuthenticationError, client.withOptions({ apiKey: "wrong" }).messages.create(body)],
    ] as const;
    for (const [kind, request] of failures) {
      const error = await request.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(kind);
      expect((error as InstanceType<typeof Anthropic.APIError>).requestID).toMatch(/^req_/);
    }
    await expect(client.messages.stream(body).finalMessage()).rejects.toBeInstanceOf(Anthropic.APIError);
  });

  it("stops the engine when it aborts", async () => {
    const server = await scripted([
      { steps: [{ tokens: idsOf("<|channel|>final<|message|>one two") }, { hang: true }] },
    ]);
    const stream = clientOf(server).messages.stream({
      model: server.model,
      max_tokens: 50,
      messages: [user("x")],
    });
    stream.on("text", () => stream.abort());
    await expect(stream.finalMessage()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
    expect(await outcomes(server)).toEqual(["aborted"]);
  });
});
