// MCP servers inside chat completions, as the official client sees them: it knows nothing of the server's calls, gets one
// answer, and sends it back as it came.

import OpenAI from "openai";
import { zodFunction, zodResponseFormat } from "openai/helpers/zod";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Cleanups, shoutServer } from "../../packages/tokenwire/test/server/mcp-chat.ts";
import { type Backend, calls, final, scripted, thought } from "./backend.ts";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "Shout hi." }];
const shout = thought("I shout.", calls(["shout", { text: "hi" }]));

/** A server with one MCP server, a program made with the official SDK, and a client that lets it be used. */
async function open(answers: readonly string[]): Promise<Backend & { client: OpenAI }> {
  const server = await scripted(answers, { tools: { mcp: [shoutServer(cleanups, "upper")] } });
  const client = new OpenAI({
    baseURL: server.baseURL,
    apiKey: server.apiKey,
    maxRetries: 0,
    defaultHeaders: { "X-SMG-MCP": "enabled" },
  });
  return { ...server, client };
}

describe("the official client", () => {
  it("gets one answer and goes on from it", async () => {
    const { client, model, prompt } = await open([shout, final("HI it is."), final("Bye.")]);
    const first = await client.chat.completions.create({ model, messages });
    const [choice] = first.choices;
    expect([choice!.finish_reason, choice!.message.content]).toEqual(["stop", "HI it is."]);
    expect(choice!.message.tool_calls).toBeUndefined();
    expect(prompt(1)).toContain(
      "<|start|>functions.shout to=assistant<|channel|>commentary<|message|>HI<|end|>",
    );
    const next = [...messages, choice!.message, { role: "user" as const, content: "Bye." }];
    await client.chat.completions.create({ model, messages: next });
    // The reasoning goes once it led to an answer; the call and its result stay.
    expect(prompt(2)).not.toContain("I shout.");
    expect(prompt(2)).toContain(
      'to=functions.shout<|channel|>commentary <|constrain|>json<|message|>{"text":"hi"}',
    );
    expect(prompt(2)).toContain("<|message|>HI<|end|>");
  });

  it("streams it, and adds it up to the same", async () => {
    const answers = [shout, final("HI it is.")];
    const { client, model } = await open([...answers, ...answers]);
    const whole = await client.chat.completions.create({ model, messages });
    const stream = client.chat.completions.stream({
      model,
      messages,
      stream_options: { include_usage: true },
    });
    const deltas: string[] = [];
    stream.on("content", (delta) => deltas.push(delta));
    const streamed = await stream.finalChatCompletion();
    expect(deltas.join("")).toBe("HI it is.");
    expect(streamed.usage).toEqual(whole.usage);
    const messagesOf = (completion: OpenAI.ChatCompletion): unknown =>
      (completion.choices[0]!.message as unknown as Record<string, unknown>)["tokenwire:messages"];
    const withoutIds = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value).replaceAll(/call_[0-9a-f]{32}/g, "call"));
    expect(withoutIds(messagesOf(streamed))).toEqual(withoutIds(messagesOf(whole)));
    expect(messagesOf(whole)).toHaveLength(2);
  });

  it.each([true, false])("runs its own tools beside those of the server (stream: %s)", async (stream) => {
    const { client, model, prompt } = await open([
      calls(["shout", { text: "hi" }], ["lower", { text: "LO" }]),
      calls(["shout", { text: "again" }]),
      final("HI, lo and AGAIN."),
    ]);
    const asked: unknown[] = [];
    const tool = zodFunction({
      name: "lower",
      description: "Lower case",
      parameters: z.object({ text: z.string() }),
      function: ({ text }) => {
        asked.push(text);
        return text.toLowerCase();
      },
    });
    const body = { model, messages, tools: [tool] };
    const runner = stream
      ? client.chat.completions.runTools({ ...body, stream: true })
      : client.chat.completions.runTools(body);
    expect(await runner.finalContent()).toBe("HI, lo and AGAIN.");
    expect(asked).toEqual(["LO"]);
    expect(runner.allChatCompletions()).toHaveLength(2);
    // What ran on the server in the first request is there in the second, though this helper sends back only the fields
    // that OpenAI knows.
    expect(prompt(1)).toContain("<|message|>HI<|end|>");
    expect(prompt(1)).toContain("<|message|>lo<|end|>");
    expect(prompt(2)).toContain("<|message|>AGAIN<|end|>");
  });

  it("parses structured answers", async () => {
    const { client, model } = await open([shout, final('{"loud":"HI"}')]);
    const format = zodResponseFormat(z.object({ loud: z.string() }), "loud");
    const completion = await client.chat.completions.parse({ model, messages, response_format: format });
    expect(completion.choices[0]!.message.parsed).toEqual({ loud: "HI" });
  });

  it("reads why something is refused", async () => {
    const { client, model } = await open([shout]);
    const error = await client.chat.completions
      .create({ model, messages, n: 2 })
      .catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ param: "n", code: "unsupported_parameter" });
  });
});
