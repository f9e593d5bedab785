// The helpers of the official client: its streams, parsers and tool loops, over chat completions and Responses.

import OpenAI from "openai";
import { LengthFinishReasonError } from "openai/core/error";
import { zodFunction, zodResponseFormat, zodResponsesFunction, zodTextFormat } from "openai/helpers/zod";
import { ChatCompletionStream } from "openai/lib/ChatCompletionStream";
import type { ResponseInput } from "openai/resources/responses/responses";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Backend, backend, calls, final, idsOf, kinds, outcomes, scripted, thought } from "./backend.ts";

function clientOf({ baseURL, apiKey }: Backend): OpenAI {
  return new OpenAI({ baseURL, apiKey, maxRetries: 0 });
}

const person = z.object({ name: z.string(), age: z.number() });
const city = z.object({ city: z.string() });
const messages = [{ role: "user" as const, content: "x" }];

describe.each(kinds)("%s", (kind) => {
  it("runs tools in a stream until there is an answer", async () => {
    const server = await backend(kind, [
      calls(["get_weather", { city: "Oslo" }]),
      final("It is 12 degrees."),
    ]);
    const asked: unknown[] = [];
    const runner = clientOf(server).chat.completions.runTools({
      model: server.model,
      temperature: 0,
      stream: true,
      messages: [{ role: "user", content: "What is the weather in Oslo?" }],
      tools: [
        zodFunction({
          name: "get_weather",
          description: "Get the weather of a city",
          parameters: city,
          function: (input) => {
            asked.push(input);
            return '{"temperature":12,"condition":"rainy"}';
          },
        }),
      ],
    });
    expect(await runner.finalContent()).toContain("12");
    expect(asked).toEqual([{ city: "Oslo" }]);
    expect(runner.allChatCompletions().map(({ choices }) => choices[0]!.finish_reason)).toEqual([
      "tool_calls",
      "stop",
    ]);
  });

  it("streams a response to what it gives at once", async () => {
    const answer = final("The capital of France is Paris.");
    const server = await backend(kind, [answer, answer]);
    const client = clientOf(server);
    const body = { model: server.model, temperature: 0, input: "What is the capital of France?" };
    const stream = client.responses.stream(body);
    let text = "";
    stream.on("response.output_text.delta", (event) => {
      text += event.delta;
      expect(event.snapshot).toBe(text);
    });
    const streamed = await stream.finalResponse();
    const whole = await client.responses.create(body);
    expect(streamed.output_text).toBe(whole.output_text);
    expect(text).toContain("Paris");
    expect({ ...streamed.usage, input_tokens_details: 0 }).toEqual({
      ...whole.usage,
      input_tokens_details: 0,
    });
    // By its id the stream is found again, and read from the middle.
    const again = client.responses.stream({ response_id: streamed.id, starting_after: 2 });
    expect((await again.finalResponse()).output_text).toBe(whole.output_text);
  });

  it("answers from the output of a function by previous_response_id", async () => {
    const server = await backend(kind, [
      calls(["get_weather", { city: "Oslo" }]),
      final("It is 12 degrees."),
    ]);
    const client = clientOf(server);
    const tools = [
      zodResponsesFunction({
        name: "get_weather",
        description: "Get the weather of a city",
        parameters: city,
      }),
    ];
    const first = await client.responses.parse({
      model: server.model,
      temperature: 0,
      input: "What is the weather in Oslo?",
      tools,
    });
    const call = first.output.find((item) => item.type === "function_call")!;
    expect(call.parsed_arguments).toEqual({ city: "Oslo" });
    const output: ResponseInput = [
      {
        type: "function_call_output",
        call_id: call.call_id,
        output: '{"temperature":12,"condition":"rainy"}',
      },
    ];
    const second = await client.responses.create({
      model: server.model,
      temperature: 0,
      previous_response_id: first.id,
      input: output,
      tools,
    });
    expect(second.output_text).toContain("12");
  });
});

describe("parse", () => {
  const answer = final('{"name":"Ada","age":36}');
  const wanted = { name: "Ada", age: 36 };

  it("reads chat completions, whole and streamed", async () => {
    const server = await scripted([answer, answer]);
    const body = { model: server.model, messages, response_format: zodResponseFormat(person, "person") };
    const client = clientOf(server);
    const whole = await client.chat.completions.parse(body);
    expect(whole.choices[0]!.message.parsed).toEqual(wanted);
    const done: unknown[] = [];
    const stream = client.chat.completions.stream(body).on("content.done", ({ parsed }) => done.push(parsed));
    expect((await stream.finalChatCompletion()).choices[0]!.message.parsed).toEqual(wanted);
    expect(done).toEqual([wanted]);
  });

  it("reads responses, whole and streamed", async () => {
    const server = await scripted([answer, answer]);
    const body = { model: server.model, input: "x", text: { format: zodTextFormat(person, "person") } };
    const client = clientOf(server);
    expect((await client.responses.parse(body)).output_parsed).toEqual(wanted);
    expect((await client.responses.stream(body).finalResponse()).output_parsed).toEqual(wanted);
  });

  it("reads the arguments of calls", async () => {
    const two = calls(["get_weather", { city: "Oslo" }], ["get_weather", { city: "Rome" }]);
    const server = await scripted([two]);
    const stream = clientOf(server).chat.completions.stream({
      model: server.model,
      messages,
      tools: [zodFunction({ name: "get_weather", parameters: city })],
    });
    const done: unknown[] = [];
    stream.on("tool_calls.function.arguments.done", ({ index, parsed_arguments }) =>
      done.push([index, parsed_arguments]),
    );
    const { choices } = await stream.finalChatCompletion();
    expect(done).toEqual([
      [0, { city: "Oslo" }],
      [1, { city: "Rome" }],
    ]);
    expect(choices[0]!.message.tool_calls!.map((call) => call.function.parsed_arguments)).toEqual([
      { city: "Oslo" },
      { city: "Rome" },
    ]);
  });

  it("raises LengthFinishReasonError for an answer that was cut", async () => {
    const server = await scripted([answer]);
    const request = clientOf(server).chat.completions.parse({
      model: server.model,
      messages,
      max_completion_tokens: 5,
      response_format: zodResponseFormat(person, "person"),
    });
    await expect(request).rejects.toBeInstanceOf(LengthFinishReasonError);
  });
});

describe("streams", () => {
  it("go through toReadableStream and back", async () => {
    const server = await scripted([final("one two three")]);
    const stream = clientOf(server).chat.completions.stream({ model: server.model, messages });
    const copy = ChatCompletionStream.fromReadableStream(stream.toReadableStream());
    expect(await copy.finalContent()).toBe("one two three");
  });

  it("count usage and log-probabilities", async () => {
    const server = await scripted([final("one two three")]);
    const stream = clientOf(server).chat.completions.stream({
      model: server.model,
      messages,
      stream_options: { include_usage: true },
    });
    await stream.done();
    const usage = await stream.totalUsage();
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens);
  });

  it("hold reasoning, preamble and calls apart", async () => {
    const server = await scripted([
      thought(
        "Hm.",
        `<|channel|>commentary<|message|>I look.<|end|><|start|>assistant${calls(["get_weather", { city: "Oslo" }])}`,
      ),
    ]);
    const stream = clientOf(server).responses.stream({
      model: server.model,
      input: "x",
      reasoning: { summary: "auto" },
      tools: [zodResponsesFunction({ name: "get_weather", parameters: city })],
    });
    const seen = new Set<string>();
    for await (const event of stream) seen.add(event.type);
    const { output, output_text } = await stream.finalResponse();
    expect(output.map((item) => item.type)).toEqual(["reasoning", "message", "function_call"]);
    expect(output_text).toBe("I look.");
    for (const type of [
      "reasoning_text.delta",
      "reasoning_summary_text.done",
      "function_call_arguments.delta",
    ]) {
      expect(seen).toContain(`response.${type}`);
    }
  });

  it.each(["chat", "responses"] as const)("of %s raise what breaks them", async (api) => {
    const server = await scripted([
      { steps: [{ tokens: idsOf("<|channel|>final<|message|>one two") }, { failAfter: 4 }] },
    ]);
    const client = clientOf(server);
    const { model } = server;
    const read =
      api === "chat"
        ? client.chat.completions.stream({ model, messages }).finalChatCompletion()
        : client.responses.stream({ model, input: "x" }).finalResponse();
    await expect(read).rejects.toBeInstanceOf(OpenAI.APIError);
  });

  it.each(["chat", "responses"] as const)("of %s stop the engine when they are aborted", async (api) => {
    const server = await scripted([
      { steps: [{ tokens: idsOf("<|channel|>final<|message|>one two") }, { hang: true }] },
    ]);
    const client = clientOf(server);
    const { model } = server;
    if (api === "chat") {
      const stream = client.chat.completions.stream({ model, messages });
      stream.on("content", () => stream.abort());
      await expect(stream.done()).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    } else {
      const stream = client.responses.stream({ model, input: "x" });
      stream.on("response.output_text.delta", () => stream.abort());
      await expect(stream.done()).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    }
    expect(await outcomes(server)).toEqual(["aborted"]);
  });
});
