// The official client, unmodified, against a real server over the embedded model. What it does with our bytes is the
// test: its iterators, helpers and error classes.

import { getEncoding } from "@tokenwire/encodings";
import OpenAI from "openai";
import {
  createEngine,
  type Engine,
  type GenerateEvent,
  type GenerateRequest,
  type Server,
  serve,
} from "tokenwire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** Counts what the engine does, to see that an abort reaches it. */
class Observed implements Engine {
  readonly id = "observed";
  tokens = 0;
  live = 0;
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  info: Engine["info"] = (signal) => this.#engine.info(signal);
  health: Engine["health"] = (signal) => this.#engine.health(signal);
  close: Engine["close"] = () => this.#engine.close();

  async *generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
    this.live++;
    try {
      for await (const event of this.#engine.generate(request, signal)) {
        if (event.type === "delta") this.tokens += event.tokenIds.length;
        yield event;
      }
    } finally {
      this.live--;
    }
  }
}

let engine: Observed;
let server: Server;
let client: OpenAI;
let model: string;

beforeAll(async () => {
  engine = new Observed(createEngine({ kind: "embedded", tokenizer: getEncoding("o200k_harmony") }));
  server = await serve(engine, { port: 0, apiKeys: ["test-key"], currentDate: "2025-06-28" });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "test-key", maxRetries: 0 });
  model = server.models[0]!.id;
});
afterAll(async () => {
  await server.close();
  await engine.close();
});

const user = (content: string) => ({ role: "user" as const, content });
const weather = {
  type: "function" as const,
  function: {
    name: "get_weather",
    description: "Get the weather of a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

describe("chat", () => {
  it("lists the model", async () => {
    const models = [];
    for await (const entry of client.models.list()) models.push(entry.id);
    expect(models).toEqual([model]);
    expect((await client.models.retrieve(model)).owned_by).toBeTruthy();
  });

  it("answers", async () => {
    const completion = await client.chat.completions.create({
      model,
      temperature: 0,
      messages: [user("What is the capital of France?")],
    });
    expect(completion.choices[0]!.message.content).toContain("Paris");
    expect(completion.choices[0]!.finish_reason).toBe("stop");
    expect(completion.usage!.total_tokens).toBe(
      completion.usage!.prompt_tokens + completion.usage!.completion_tokens,
    );
  });

  it("streams the same answer", async () => {
    const body = { model, temperature: 0, messages: [user("What is 2 plus 3?")] };
    const whole = await client.chat.completions.create(body);
    let text = "";
    let usage: OpenAI.CompletionUsage | null | undefined;
    const stream = await client.chat.completions.create({
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe(whole.choices[0]!.message.content);
    expect(usage).toMatchObject({
      prompt_tokens: whole.usage!.prompt_tokens,
      completion_tokens: whole.usage!.completion_tokens,
      completion_tokens_details: whole.usage!.completion_tokens_details!,
    });
  });

  it("goes through the client's stream helper", async () => {
    const runner = client.chat.completions.stream({
      model,
      temperature: 0,
      messages: [user("Hello")],
      stream_options: { include_usage: true },
    });
    const pieces: string[] = [];
    runner.on("content", (delta) => pieces.push(delta));
    const completion = await runner.finalChatCompletion();
    expect(pieces.join("")).toBe(completion.choices[0]!.message.content);
    expect((await runner.totalUsage()).completion_tokens).toBeGreaterThan(0);
  });

  it("calls a function and answers from its result, in two steps", async () => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [user("What is the weather in Oslo?")];
    const first = await client.chat.completions.create({ model, temperature: 0, tools: [weather], messages });
    const { message, finish_reason } = first.choices[0]!;
    expect(finish_reason).toBe("tool_calls");
    const [call] = message.tool_calls!;
    if (call?.type !== "function") throw new Error("expected a function call");
    expect(call.function.name).toBe("get_weather");
    expect(JSON.parse(call.function.arguments)).toEqual({ city: "Oslo" });
    messages.push(message, {
      role: "tool",
      tool_call_id: call.id,
      content: '{"temperature":12,"condition":"rainy"}',
    });
    const second = await client.chat.completions.create({
      model,
      temperature: 0,
      tools: [weather],
      messages,
    });
    expect(second.choices[0]!.finish_reason).toBe("stop");
    expect(second.choices[0]!.message.content).toContain("12");
  });

  it("runs tools through the client's own loop", async () => {
    const asked: unknown[] = [];
    const runner = client.chat.completions.runTools({
      model,
      temperature: 0,
      messages: [user("What is the weather in Oslo?")],
      tools: [
        {
          type: "function",
          function: {
            ...weather.function,
            parse: JSON.parse,
            function: (args: { city: string }) => {
              asked.push(args);
              return '{"temperature":7,"condition":"snowy"}';
            },
          },
        },
      ],
    });
    expect(await runner.finalContent()).toContain("7");
    expect(asked).toEqual([{ city: "Oslo" }]);
  });

  it("gives log-probabilities that spell the answer", async () => {
    const completion = await client.chat.completions.create({
      model,
      temperature: 0,
      logprobs: true,
      top_logprobs: 3,
      messages: [user("What is the capital of France?")],
    });
    const { logprobs, message } = completion.choices[0]!;
    const bytes = logprobs!.content!.flatMap((entry) => entry.bytes!);
    expect(Buffer.from(bytes).toString()).toBe(message.content);
    for (const entry of logprobs!.content!) {
      expect(entry.logprob).toBeLessThanOrEqual(0);
      expect(entry.top_logprobs).toHaveLength(3);
      expect(entry.top_logprobs[0]!.logprob).toBeCloseTo(entry.logprob, 5);
    }
  });

  it("gives two choices, the same again for the same seed", async () => {
    const body = { model, n: 2, seed: 5, temperature: 1.5, messages: [user("Tell me a story about a fox.")] };
    const [a, b] = await Promise.all([1, 2].map(() => client.chat.completions.create(body)));
    expect(a!.choices.map((choice) => choice.index)).toEqual([0, 1]);
    expect(a!.choices[0]!.message.content).not.toBe(a!.choices[1]!.message.content);
    expect(a!.choices.map((choice) => choice.message.content)).toEqual(
      b!.choices.map((choice) => choice.message.content),
    );
  });

  it("stops at a stop string and at a limit", async () => {
    const messages = [user("What is the capital of France?")];
    const stopped = await client.chat.completions.create({
      model,
      temperature: 0,
      stop: " France",
      messages,
    });
    expect(stopped.choices[0]!.message.content).toBe("The capital of");
    expect(stopped.choices[0]!.finish_reason).toBe("stop");
    const cut = await client.chat.completions.create({
      model,
      temperature: 0,
      max_completion_tokens: 4,
      messages,
    });
    expect(cut.choices[0]!.finish_reason).toBe("length");
    expect(cut.usage!.completion_tokens).toBe(4);
  });

  it("stops the engine within 8 tokens when the client leaves", async () => {
    const stream = await client.chat.completions.create({
      model,
      stream: true,
      ignore_eos: true,
      temperature: 1,
      messages: [user("Tell me a story about a fox.")],
    } as OpenAI.ChatCompletionCreateParamsStreaming);
    let seen = 0;
    let before = 0;
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta) seen++;
      if (seen === 5) {
        before = engine.tokens;
        break;
      }
    }
    for (let tries = 0; engine.live > 0 && tries < 400; tries++) await new Promise((go) => setTimeout(go, 5));
    expect(engine.live).toBe(0);
    expect(engine.tokens - before).toBeLessThanOrEqual(8);
  });
});

describe("completions", () => {
  it("continues text, batched and streamed", async () => {
    const body = { model, prompt: ["Once upon", "The capital"], max_tokens: 8, temperature: 0, n: 2 };
    const completion = await client.completions.create(body);
    expect(completion.choices.map((choice) => choice.index)).toEqual([0, 1, 2, 3]);
    const texts = ["", "", "", ""];
    for await (const chunk of await client.completions.create({ ...body, stream: true })) {
      for (const choice of chunk.choices) texts[choice.index]! += choice.text;
    }
    expect(texts).toEqual(completion.choices.map((choice) => choice.text));
  });
});

describe("errors", () => {
  const messages = [user("hi")];
  it.each([
    [
      "400",
      OpenAI.BadRequestError,
      () => client.chat.completions.create({ model, messages: [], temperature: 0 }),
    ],
    ["404", OpenAI.NotFoundError, () => client.chat.completions.create({ model: "nope", messages })],
    [
      "401",
      OpenAI.AuthenticationError,
      () => client.withOptions({ apiKey: "wrong" }).chat.completions.create({ model, messages }),
    ],
    [
      "context length",
      OpenAI.BadRequestError,
      () => client.chat.completions.create({ model, messages: [user("word ".repeat(9_000))] }),
    ],
  ])("raises the client's class for %s", async (_name, kind, request) => {
    const error = await request().then(
      () => undefined,
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(kind);
    expect((error as InstanceType<typeof OpenAI.APIError>).requestID).toMatch(/^req_/);
  });

  it("names the path of a wrong type", async () => {
    const bad = [
      user("a"),
      user("b"),
      { role: "user", content: 5 },
    ] as unknown as OpenAI.ChatCompletionMessageParam[];
    await expect(client.chat.completions.create({ model, messages: bad })).rejects.toMatchObject({
      status: 400,
      param: "messages[2].content",
      message: expect.stringContaining("expected string or array, got 5"),
    });
  });
});
