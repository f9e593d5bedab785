// Structured output through the whole server: the embedded model, harmony, grammars, and the official client.

import { getEncoding } from "@tokenwire/encodings";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEngine, type Server, serve } from "../../packages/tokenwire/src/index.ts";
import { hasGrammars } from "./has-grammars.ts";

describe.skipIf(!hasGrammars)("structured output", () => {
  let server: Server;
  let client: OpenAI;
  beforeAll(async () => {
    const engine = createEngine({ kind: "embedded", tokenizer: getEncoding("o200k_harmony") });
    server = await serve(engine, { port: 0 });
    client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });
  });
  afterAll(() => server.close());

  const schema = {
    type: "object",
    properties: {
      name: { type: "string", maxLength: 12 },
      age: { type: "integer", minimum: 1, maximum: 99 },
    },
    required: ["name", "age"],
    additionalProperties: false,
  };
  const ask = (rest: object, seed = 1) =>
    client.chat.completions.create({
      model: "tokenwire-toy",
      messages: [{ role: "user", content: "Give me a JSON object with a name and an age." }],
      temperature: 1.2,
      seed,
      max_tokens: 300,
      ...rest,
    });

  it("holds a schema, with reasoning before it", async () => {
    for (let seed = 0; seed < 5; seed += 1) {
      const { choices } = await ask(
        { response_format: { type: "json_schema", json_schema: { name: "person", schema, strict: true } } },
        seed,
      );
      const person = JSON.parse(choices[0]?.message.content ?? "");
      expect(Object.keys(person)).toEqual(["name", "age"]);
      expect(person.age).toBeGreaterThanOrEqual(1);
      expect(choices[0]?.finish_reason).toBe("stop");
    }
  });

  it("holds a regular expression and a choice", async () => {
    expect((await ask({ regex: "[a-c]{4}" })).choices[0]?.message.content).toMatch(/^[a-c]{4}$/);
    expect((await ask({ guided_choice: ["red", "green"] })).choices[0]?.message.content).toMatch(
      /^(red|green)$/,
    );
  });

  it("gives arguments that fit when a tool is required", async () => {
    const tools = [
      {
        type: "function" as const,
        function: { name: "save_person", description: "Saves", parameters: schema },
      },
    ];
    for (let seed = 0; seed < 3; seed += 1) {
      const { choices } = await ask({ tools, tool_choice: "required" }, seed);
      const call = choices[0]?.message.tool_calls?.[0];
      expect(call).toMatchObject({ type: "function", function: { name: "save_person" } });
      const person = JSON.parse(call?.type === "function" ? call.function.arguments : "");
      expect(Object.keys(person)).toEqual(["name", "age"]);
      expect(choices[0]?.finish_reason).toBe("tool_calls");
    }
  });

  it("refuses a schema that cannot be held strictly", async () => {
    const strict = { name: "x", strict: true, schema: { type: "string", pattern: "(?=a)b" } };
    await expect(
      ask({ response_format: { type: "json_schema", json_schema: strict } }),
    ).rejects.toMatchObject({ status: 400 });
  });

  it.each([
    [{ ebnf: "root ::= nope" }, "ebnf", /line 1, column 10: there is no rule "nope"/],
    [
      { guided_grammar: 'root ::= root "a"' },
      "guided_grammar",
      /the rule "root" has a part that no text matches/,
    ],
    [{ regex: "\\bword" }, "regex", /it has "\\b"/],
    [{ lora_path: "adapters/pirate" }, "lora_path", /has no adapters/],
  ])("says which field the engine cannot follow: %j", async (fields, param, message) => {
    const request = client.completions.create({
      model: "tokenwire-toy",
      prompt: "x",
      max_tokens: 4,
      ...fields,
    });
    await expect(request).rejects.toMatchObject({
      status: 400,
      param,
      message: expect.stringMatching(message),
    });
  });
});
