// Anthropic's messages: blocks, events, errors in their own shape.

import { afterEach, describe, expect, it } from "vitest";
import { EngineError } from "../../src/engines/index.ts";
import { checkMessageStream } from "./stream-rules.ts";
import { answerText, harmony, type Running, start, type TestEngineOptions } from "./support.ts";
import { check, message } from "./wire-schemas.ts";

const open: Running[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ server }) => server.close()));
});

async function serverFor(
  engine: TestEngineOptions,
  options: Parameters<typeof start>[1] = {},
): Promise<Running> {
  const running = await start(engine, options);
  open.push(running);
  return running;
}

// biome-ignore lint/suspicious/noExplicitAny: the wire's JSON, whose shape is what is tested
type Body = Record<string, any>;

function send(running: Running, body: object, path = "/v1/messages"): Promise<Response> {
  return fetch(`${running.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "anthropic-version": "2023-06-01" },
    body: JSON.stringify({
      model: "test-model",
      max_tokens: 100,
      messages: [{ role: "user", content: "hi" }],
      ...body,
    }),
  });
}

async function whole(running: Running, body: object): Promise<Body> {
  const response = await send(running, body);
  expect(response.status).toBe(200);
  return check(message, await response.json()) as Body;
}

async function stream(running: Running, body: object): Promise<Body[]> {
  return checkMessageStream(await (await send(running, { ...body, stream: true })).text()) as Body[];
}

/** What a client makes of the events. */
function fold(events: readonly Body[]): Body {
  const message = structuredClone(events[0]!["message"]) as Body;
  for (const event of events) {
    if (event["type"] === "content_block_start") {
      expect(event["index"]).toBe(message["content"].length);
      message["content"].push({ ...event["content_block"], json: "" });
    } else if (event["type"] === "content_block_delta") {
      const block = message["content"][event["index"]];
      const { delta } = event;
      if (delta.type === "text_delta") block.text += delta.text;
      if (delta.type === "thinking_delta") block.thinking += delta.thinking;
      if (delta.type === "signature_delta") block.signature = delta.signature;
      if (delta.type === "input_json_delta") block.json += delta.partial_json;
    } else if (event["type"] === "content_block_stop") {
      const { json, ...block } = message["content"][event["index"]];
      message["content"][event["index"]] =
        block.type === "tool_use" ? { ...block, input: JSON.parse(json) } : block;
    } else if (event["type"] === "message_delta")
      Object.assign(message, event["delta"], { usage: event["usage"] });
  }
  return message;
}

const tool = { name: "get_weather", description: "Weather", input_schema: { type: "object" } };
const turn =
  '<|channel|>analysis<|message|>Look.<|end|><|start|>assistant<|channel|>commentary<|message|>One moment.<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{"city":"Oslo"}<|call|>';

describe("messages", () => {
  it.each([
    ["an answer", answerText("Hello!"), {}, "end_turn"],
    ["a call", turn, { tools: [tool] }, "tool_use"],
    [
      "thinking and a call",
      turn,
      { tools: [tool], thinking: { type: "enabled", budget_tokens: 1024 } },
      "tool_use",
    ],
    ["a limit", answerText("one two three four"), { max_tokens: 5 }, "max_tokens"],
    ["a stop sequence", answerText("one two three"), { stop_sequences: [" two"] }, "stop_sequence"],
  ])("stream what they answer whole: %s", async (_name, said, body, reason) => {
    const running = await serverFor({ emit: () => said });
    const message = await whole(running, body);
    const events = await stream(running, body);
    expect(events.map((event) => event["type"]).slice(0, 2)).toEqual(["message_start", "ping"]);
    expect(events.at(-1)).toEqual({ type: "message_stop" });
    expect(message["stop_reason"]).toBe(reason);
    const ids = (value: unknown) => JSON.parse(JSON.stringify(value).replace(/(msg|toolu)_[0-9a-f]+/g, "$1"));
    expect(ids(fold(events))).toEqual(ids(message));
  });

  it("have blocks of the right kinds", async () => {
    const running = await serverFor({ emit: () => turn });
    const message = await whole(running, {
      tools: [tool],
      thinking: { type: "enabled", budget_tokens: 1024 },
    });
    expect(message["content"]).toEqual([
      { type: "thinking", thinking: "Look.", signature: expect.any(String) },
      { type: "text", text: "One moment." },
      {
        type: "tool_use",
        id: expect.stringMatching(/^toolu_/),
        name: "get_weather",
        input: { city: "Oslo" },
      },
    ]);
    expect((await whole(running, { tools: [tool] }))["content"]).toHaveLength(2);
  });

  it("take their own blocks back with a result", async () => {
    const running = await serverFor({ emit: (_, n) => (n === 0 ? turn : answerText("Rain.")) });
    const thinking = { type: "enabled", budget_tokens: 1024 };
    const first = await whole(running, { tools: [tool], thinking });
    const messages = [
      { role: "user", content: "Weather?" },
      { role: "assistant", content: first["content"] },
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            tool_use_id: first["content"][2].id,
            content: [{ type: "text", text: "rainy" }],
          },
          { type: "text", text: "And?" },
        ],
      },
    ];
    const body = { tools: [tool], system: [{ type: "text", text: "Be kind." }], messages };
    const second = await whole(running, body);
    expect(second["content"]).toEqual([{ type: "text", text: "Rain." }]);
    const { tokenIds } = running.engine.requests.at(-1)!.prompt as { tokenIds: Uint32Array };
    const prompt = harmony.decode(tokenIds);
    for (const text of ["Be kind.", "Look.", '{"city":"Oslo"}', "rainy", "And?"])
      expect(prompt).toContain(text);
    const counted = await (await send(running, body, "/v1/messages/count_tokens")).json();
    expect(counted).toEqual({ input_tokens: second["usage"].input_tokens });
  });

  it("keep arguments that are no JSON", async () => {
    const running = await serverFor({ emit: () => turn.replace('{"city":"Oslo"}', "city=Oslo") });
    const message = await whole(running, { tools: [tool] });
    expect(message["content"].at(-1).input).toEqual({ raw_arguments: "city=Oslo" });
  });
});

describe("errors of messages", () => {
  it("name a result that answers no call, where it is", async () => {
    const result = { type: "tool_result", tool_use_id: "toolu_x", content: "y" };
    const body = {
      messages: [
        { role: "user", content: "a" },
        { role: "user", content: [result] },
      ],
    };
    const response = await send(await serverFor({ emit: () => answerText("x") }), body);
    expect([response.status, ((await response.json()) as Body)["error"].message]).toEqual([
      400,
      'messages[1].content[0].tool_use_id: no earlier tool_use has the id "toolu_x".',
    ]);
  });

  it.each([
    [{ max_tokens: undefined }, 400, "invalid_request_error"],
    [{ messages: [] }, 400, "invalid_request_error"],
    [{ model: "nope" }, 404, "not_found_error"],
    [{ tools: [{ type: "bash_20250124", name: "bash" }] }, 400, "invalid_request_error"],
    [
      { messages: [{ role: "user", content: [{ type: "image", source: {} }] }] },
      400,
      "invalid_request_error",
    ],
    [{ tools: [tool], tool_choice: { type: "tool", name: "x" } }, 400, "invalid_request_error"],
    [{ mcp_servers: [{ type: "url", url: "https://x" }] }, 400, "invalid_request_error"],
  ])("have their own shape: %j", async (body, status, type) => {
    const running = await serverFor({ emit: () => answerText("x") });
    const response = await send(running, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({
      type: "error",
      error: { type, message: expect.any(String) },
      request_id: response.headers.get("x-request-id"),
    });
  });

  it("have it for wrong keys and bodies too, and in a stream", async () => {
    const running = await serverFor(
      {
        emit: () => answerText("one two three four"),
        fail: { after: 5, error: new EngineError("internal", "broken") },
      },
      {},
    );
    const malformed = await fetch(`${running.url}/v1/messages`, { method: "POST", body: "{" });
    expect(((await malformed.json()) as Body)["type"]).toBe("error");
    const events = await stream(running, {});
    expect(events.at(-1)).toMatchObject({ type: "error", error: { type: "api_error", message: "broken" } });
  });
});
