// Bodies that no one would send on purpose: never a 5xx, never a hang, always the error shape.

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerText, type Running, series, start } from "./support.ts";
import { checkAnswer } from "./wire-check.ts";

let running: Running;
beforeAll(async () => {
  running = await start({ emit: () => answerText("ok") });
});
afterAll(() => running.server.close());

const runs = Number(process.env["TOKENWIRE_FUZZ"] ?? 160);

/** A value that is right, wrong, or of another type. */
function maybe<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 6, arbitrary }, { weight: 1, arbitrary: fc.jsonValue() }, fc.constant(null));
}

const part = fc.record(
  { type: maybe(fc.constantFrom("text", "image_url", "refusal", "input_audio")), text: maybe(fc.string()) },
  { requiredKeys: ["type"] },
);
const call = fc.record(
  {
    id: maybe(fc.constantFrom("a", "b")),
    type: maybe(fc.constant("function")),
    function: maybe(fc.record({ name: maybe(fc.constant("f")), arguments: maybe(fc.json()) })),
  },
  { requiredKeys: [] },
);
const message = fc.record(
  {
    role: maybe(fc.constantFrom("system", "developer", "user", "assistant", "tool", "function")),
    content: maybe(fc.oneof(fc.string({ unit: "binary" }), fc.array(part, { maxLength: 3 }))),
    name: maybe(fc.constantFrom("f", "bob")),
    tool_calls: maybe(fc.array(call, { maxLength: 2 })),
    tool_call_id: maybe(fc.constantFrom("a", "b")),
    reasoning: maybe(fc.string()),
  },
  { requiredKeys: ["role", "content"] },
);
const tool = fc.record({
  type: maybe(fc.constantFrom("function", "custom")),
  // Responses and Messages have these beside the type.
  name: maybe(fc.constantFrom("f", "g", "__proto__")),
  parameters: maybe(fc.object()),
  input_schema: maybe(fc.object()),
  function: maybe(
    fc.record(
      {
        name: maybe(fc.constantFrom("f", "__proto__", "a b")),
        parameters: maybe(fc.object()),
        strict: maybe(fc.boolean()),
      },
      { requiredKeys: ["name"] },
    ),
  ),
});
const number = fc.oneof(fc.double(), fc.integer({ min: -3, max: 3 }), fc.constantFrom(1e308, -0, 0.5));
const item = fc.record(
  {
    type: maybe(
      fc.constantFrom("message", "reasoning", "function_call", "function_call_output", "item_reference", "x"),
    ),
    role: maybe(fc.constantFrom("user", "assistant", "system")),
    content: maybe(fc.oneof(fc.string(), fc.array(part, { maxLength: 2 }))),
    call_id: maybe(fc.constantFrom("a", "b")),
    name: maybe(fc.constant("f")),
    arguments: maybe(fc.json()),
    output: maybe(fc.string()),
    id: maybe(fc.constantFrom("msg_1", "rs_1")),
    encrypted_content: maybe(fc.base64String()),
  },
  { requiredKeys: [] },
);
const body = fc.record(
  {
    model: fc.oneof({ weight: 9, arbitrary: fc.constant("test-model") }, maybe(fc.string())),
    messages: maybe(fc.array(message, { maxLength: 4 })),
    temperature: maybe(number),
    top_p: maybe(number),
    top_k: maybe(number),
    n: maybe(fc.integer({ min: -1, max: 3 })),
    max_tokens: maybe(number),
    stop: maybe(fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 5 }))),
    stream: maybe(fc.boolean()),
    stream_options: maybe(fc.record({ include_usage: maybe(fc.boolean()) })),
    logprobs: maybe(fc.boolean()),
    top_logprobs: maybe(fc.integer({ min: -1, max: 25 })),
    logit_bias: maybe(fc.dictionary(fc.string(), number)),
    seed: maybe(number),
    tools: maybe(fc.array(tool, { maxLength: 2 })),
    tool_choice: maybe(fc.oneof(fc.constantFrom("none", "auto", "required"), fc.object())),
    response_format: maybe(fc.record({ type: maybe(fc.constantFrom("text", "json_object", "json_schema")) })),
    prompt: maybe(fc.oneof(fc.string(), fc.array(fc.nat(300_000)), fc.array(fc.string()))),
    metadata: maybe(fc.dictionary(fc.string(), fc.string())),
    store: maybe(fc.boolean()),
    input: maybe(fc.oneof(fc.string(), fc.array(item, { maxLength: 4 }))),
    previous_response_id: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, fc.string()),
    system: maybe(fc.string()),
    thinking: maybe(fc.record({ type: maybe(fc.constantFrom("enabled", "disabled")) })),
    tokens: maybe(fc.array(fc.nat(300_000))),
    text: maybe(fc.string()),
    tool_call_parser: maybe(fc.constantFrom("hermes", "mistral", "nope")),
    reasoning_parser: maybe(fc.constantFrom("qwen3", "nope")),
  },
  { requiredKeys: ["model"] },
);

/** Fields as clients send them; the rest of a body is left to chance. */
const plausible = fc.record(
  {
    model: fc.constant("test-model"),
    max_tokens: fc.constantFrom(1, 5, 40),
    messages: fc.array(
      fc.record({
        role: fc.constantFrom("user", "assistant"),
        content: fc.string({ unit: "binary", minLength: 1 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    input: fc.string({ unit: "binary", minLength: 1 }),
    prompt: fc.oneof(fc.string({ minLength: 1 }), fc.array(fc.nat(199_000), { minLength: 1, maxLength: 5 })),
  },
  { requiredKeys: ["model", "max_tokens", "messages", "input", "prompt"] },
);

/** How many requests each path answered, by status: fuzzing that only ever is refused finds little. */
const statuses = new Map<string, Map<number, number>>();

async function post(path: string, text: string): Promise<void> {
  const response = await fetch(`${running.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: text,
    signal: AbortSignal.timeout(10_000),
  });
  const answer = await response.text();
  const counts = statuses.get(path) ?? new Map<number, number>();
  statuses.set(path, counts.set(response.status, (counts.get(response.status) ?? 0) + 1));
  expect(response.status, `${text}\n${answer}`).toBeLessThan(500);
  checkAnswer("POST", path, response, answer);
}

const paths = [
  ["/v1/chat/completions", 1],
  ["/v1/completions", 1],
  ["/v1/responses", 1],
  ["/v1/messages", 1],
  ["/v1/responses/input_tokens", 4],
  ["/v1/responses/compact", 8],
  ["/v1/messages/count_tokens", 8],
  ["/v1/conversations", 8],
  ["/v1/embeddings", 8],
  ["/tokenize", 4],
  ["/detokenize", 8],
  ["/apply-template", 8],
  ["/v1/parse/function_call", 8],
  ["/v1/parse/reasoning", 8],
  ["/v1/chat/completions/render", 4],
  ["/v1/completions/render", 8],
  ["/v1/messages/render", 8],
  ["/v1/chat/completions/derender", 8],
  ["/v1/completions/derender", 8],
  ["/inference/v1/generate", 8],
  ["/v1/chat/completions/chatcmpl-x", 8],
  ["/v1/conversations/conv_x/items", 8],
] as const;

afterAll(() => {
  if (process.env["TOKENWIRE_FUZZ"] === undefined) return;
  let sum = 0;
  for (const [path, counts] of statuses) {
    sum += [...counts.values()].reduce((total, count) => total + count, 0);
    console.log(path, Object.fromEntries(counts));
  }
  console.log(`${sum} bodies`);
});

/** Fields that each path's requests have, so that a good part of the bodies is answered and not refused. */
function focused(path: string): fc.Arbitrary<object> {
  const [sure, others] = /chat\/completions/.test(path)
    ? [
        ["messages", "max_tokens"],
        ["stream", "tools", "n", "stop", "seed", "temperature", "store"],
      ]
    : path.includes("completions")
      ? [
          ["prompt", "max_tokens"],
          ["stream", "n", "stop", "seed", "logprobs"],
        ]
      : path.includes("responses")
        ? [["input"], ["stream", "tools", "metadata", "store", "temperature"]]
        : path.includes("messages")
          ? [
              ["messages", "max_tokens"],
              ["stream", "system", "thinking"],
            ]
          : [["messages"], []];
  return fc.tuple(body, fc.subarray(others), plausible).map(([value, kept, good]) => {
    const all: Record<string, unknown> = { ...value, ...good };
    return Object.fromEntries(
      ["model", ...sure, ...kept].flatMap((key) => (key in all ? [[key, all[key]]] : [])),
    );
  });
}

describe.each(paths)("%s", (path, share) => {
  it("answers structured nonsense with an answer or a 4xx", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(body, focused(path)), (value) => post(path, JSON.stringify(value))),
      { numRuns: Math.ceil(runs / share), seed: 23 + series },
    );
  });

  it("answers mutilated JSON with a 4xx", async () => {
    const valid = JSON.stringify({
      model: "test-model",
      messages: [{ role: "user", content: "é🐔" }],
      prompt: "x",
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(valid.length - 1), fc.string({ maxLength: 3 }), (at, insert) =>
        post(path, valid.slice(0, at) + insert + valid.slice(at + 1)),
      ),
      { numRuns: Math.ceil(runs / share / 8), seed: 29 + series },
    );
  });
});
