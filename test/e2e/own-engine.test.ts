// A server of ours as the engine of another program: the adapter for vLLM's completions asks it, and everything that
// holds for an engine holds.

import { getEncoding } from "@tokenwire/encodings";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runConformance } from "../../packages/tokenwire/src/engines/conformance/index.ts";
import { createEngine } from "../../packages/tokenwire/src/engines/index.ts";
import { type Server, serve } from "../../packages/tokenwire/src/server/index.ts";
import { hasGrammars } from "./has-grammars.ts";

const tokenizer = getEncoding("o200k_harmony");
const questions = ["What is the capital of France?", "What is 2 plus 3?", "Hello", "Who are you?"];
const prompts = questions.map((question) => [
  ...tokenizer.encode(`<|start|>user<|message|>${question}<|end|><|start|>assistant`, {
    allowedSpecial: "all",
  }),
]);

let server: Server;
beforeAll(async () => {
  server = await serve(createEngine({ kind: "embedded", tokenizer }), { port: 0 });
});
afterAll(() => server.close());

const ask = async (path: string, body: object) => {
  const response = await fetch(`${server.url}/v1/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: server.models[0]!.id, temperature: 0, max_tokens: 6, ...body }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: the wire's JSON, whose shape is what is tested
  return { status: response.status, body: (await response.json()) as Record<string, any> };
};

describe.skipIf(!hasGrammars)("our server as an engine", () => {
  it.each(["vllm-completions", "vllm"] as const)("passes the checks as %s", async (kind) => {
    const engine = createEngine({ kind, url: server.url });
    const report = await runConformance(engine, {
      prompts,
      decode: (ids) => tokenizer.decode(ids),
      eosTokenIds: [199_999, 200_002, 200_012],
      maxTokens: 128,
      slowConsumerMs: 50,
    });
    await engine.close();
    const failed = report.results.filter(({ status }) => status === "fail");
    expect(failed).toEqual([]);
    expect(report.results.filter(({ status }) => status === "pass").length).toBeGreaterThanOrEqual(15);
  });
});

describe("tokens as ids", () => {
  it("spells the tokens of completions by their ids", async () => {
    const request = {
      prompt: "Once upon",
      logprobs: 2,
      return_token_ids: true,
      return_tokens_as_token_ids: true,
    };
    const { body } = await ask("completions", request);
    const [choice] = body["choices"];
    expect(choice.logprobs.tokens).toEqual(choice.token_ids.map((id: number) => `token_id:${id}`));
    expect(Object.keys(choice.logprobs.top_logprobs[0])[0]).toMatch(/^token_id:\d+$/);
    expect(choice.logprobs.text_offset[0]).toBe(0);
  });

  it("has an entry for every id, of markers that are not shown too", async () => {
    const prompt = prompts[0];
    const whole = await ask("completions", { prompt, logprobs: 0, return_token_ids: true });
    const [choice] = whole.body["choices"];
    expect(choice.logprobs.tokens).toHaveLength(choice.token_ids.length);
    expect(choice.logprobs.tokens[0]).toBe("<|channel|>");
    expect(choice.text).not.toContain("<|channel|>");
    // Without ids, the tokens spell the text.
    const plain = await ask("completions", { prompt, logprobs: 0 });
    expect(plain.body["choices"][0].logprobs.tokens.join("")).toBe(choice.text);
  });

  it("spells the tokens of chat by their ids", async () => {
    const messages = [{ role: "user", content: questions[0] }];
    const request = {
      messages,
      logprobs: true,
      top_logprobs: 1,
      return_tokens_as_token_ids: true,
      max_tokens: 60,
    };
    const { body } = await ask("chat/completions", request);
    const { content } = body["choices"][0].logprobs;
    const ids = content.map(({ token }: { token: string }) => Number(/^token_id:(\d+)$/.exec(token)![1]));
    expect(tokenizer.decode(ids)).toBe(body["choices"][0].message.content);
    expect(content[0].top_logprobs[0].token).toBe(content[0].token);
  });
});

describe("vLLM's structured outputs", () => {
  it.skipIf(!hasGrammars).each([
    ["choice", ["yes", "no"], /^(yes|no)$/],
    ["regex", "[0-9]{3}", /^[0-9]{3}$/],
    [
      "json",
      { type: "object", properties: { a: { const: 1 } }, required: ["a"], additionalProperties: false },
      /^\{\s*"a"\s*:\s*1\s*\}$/,
    ],
    ["json", '{"type": "boolean"}', /^(true|false)$/],
    ["grammar", 'root ::= "a" "b"', /^ab$/],
  ])("hold a %s", async (kind, value, wanted) => {
    const { status, body } = await ask("completions", {
      prompt: "Say it:",
      max_tokens: 40,
      structured_outputs: { [kind]: value },
    });
    expect(status).toBe(200);
    expect(body["choices"][0].text).toMatch(wanted);
  });

  it.each([
    [{ structured_outputs: {} }, "structured_outputs", "expected exactly one of"],
    [{ structured_outputs: { regex: "a", choice: ["b"] } }, "structured_outputs", "got regex, choice"],
    [{ structured_outputs: { regex: 5 } }, "structured_outputs.regex", "expected a string"],
    [
      { structured_outputs: { regex: "a" }, guided_choice: ["b"] },
      null,
      "only one structured output constraint",
    ],
  ])("are refused by name: %j", async (fields, param, message) => {
    for (const [path, rest] of [
      ["completions", { prompt: "x" }],
      ["chat/completions", { messages: [{ role: "user", content: "x" }] }],
    ] as const) {
      const { status, body } = await ask(path, { ...rest, ...fields });
      expect([status, body["error"].param]).toEqual([400, param]);
      expect(body["error"].message).toContain(message);
    }
  });
});
