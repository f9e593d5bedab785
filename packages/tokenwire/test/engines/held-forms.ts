// What clients ask of the form of an answer, asked of a real engine: OpenAI's client, the server, the adapter, and the
// packaged model with harmony and with a chat template.

import { compileTemplate } from "@tokenwire/core/template";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTokenTable } from "../../src/engines/embedded/token-table.ts";
import type { Engine } from "../../src/engines/index.ts";
import { createHarmonyProfile, resolveProfile } from "../../src/profiles/index.ts";
import { createServer, type Server } from "../../src/server/index.ts";
import type { PackagedToy } from "./packaged-toy.ts";

/** An engine whose ids are rows of the packaged model, for prompts in the vocabulary that the rows are from. */
function overRows(
  engine: Engine,
  { model }: PackagedToy,
  source: { decodeBytes(ids: ArrayLike<number>): Uint8Array },
): Engine {
  const table = createTokenTable(model.metadata, model.shape.vocabulary, source);
  return {
    id: engine.id,
    info: async (signal) => ({ ...(await engine.info(signal)), vocabSize: table.vocabSize }),
    health: (signal) => engine.health(signal),
    close: () => engine.close(),
    async *generate(request, signal) {
      const ids = "tokenIds" in request.prompt ? request.prompt.tokenIds : [];
      const prompt = { tokenIds: Uint32Array.from(table.toRows(ids).rows) };
      const tokenIds = request.stop?.tokenIds
        ?.map((id) => table.rowOf(id))
        .filter((row) => row !== undefined);
      const stop = { ...request.stop, ...(tokenIds && { tokenIds }) };
      for await (const event of engine.generate({ ...request, prompt, stop }, signal)) {
        if (event.type === "delta")
          yield { ...event, tokenIds: event.tokenIds.map((row) => table.idOf(row)) };
        else if (event.type === "finish" && typeof event.matched === "number")
          yield { ...event, matched: table.idOf(event.matched) };
        else yield event;
      }
    },
  };
}

const template = compileTemplate(
  "{% for m in messages %}<|start|>{{ m.role }}<|message|>{{ m.content }}<|end|>{% endfor %}<|start|>assistant<|channel|>final<|message|>",
);

const question = [{ role: "user" as const, content: "What is the weather in Oslo?" }];

type Body = Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> & {
  readonly regex?: string;
  readonly ebnf?: string;
  readonly guided_choice?: readonly string[];
};

const custom = (name: string, syntax: "lark" | "regex", definition: string): OpenAI.ChatCompletionTool => ({
  type: "custom",
  custom: { name, format: { type: "grammar", grammar: { syntax, definition } } },
});
const sums = 'start: NUMBER (("+" | "-") NUMBER)~1..2\nNUMBER: /[0-9]{1,2}/';
const isSum = /^[0-9]{1,2}(?:[+-][0-9]{1,2}){1,2}$/;
const add: OpenAI.ChatCompletionTool = {
  type: "function",
  function: {
    name: "add",
    parameters: {
      type: "object",
      properties: { a: { type: "integer", minimum: 0, maximum: 99 }, b: { type: "boolean" } },
      required: ["a", "b"],
      additionalProperties: false,
    },
  },
};
const person = {
  type: "object",
  properties: {
    city: { type: "string", enum: ["Oslo", 'a"b', "é😀"] },
    age: { type: "integer", minimum: 3, maximum: 20 },
    code: { type: "string", pattern: "^[a-f]{2,4}$" },
  },
  required: ["city", "age", "code"],
  additionalProperties: false,
};

export interface HeldForms {
  readonly toy: PackagedToy;
  /** Has the model's files. */
  readonly folder: string;
  /** Called once the engine's own server is there. */
  readonly open: () => Engine;
}

/** Declares the tests. The engine is best told to write JSON without spaces: a model of this size goes on and on with them. */
export function holdsForms({ toy, folder, open }: HeldForms): void {
  describe("behind the server", () => {
    const engines: Engine[] = [];
    let server: Server;
    let client: OpenAI;

    beforeAll(async () => {
      const harmony = createHarmonyProfile({ id: "harmony", contextLength: 512 });
      const files = await resolveProfile(folder);
      const format = { kind: "template", template, specialTokens: {}, contentFormat: "string" } as const;
      const templated = { ...files, id: "templated", format, toolParser: "hermes" };
      engines.push(open(), open());
      server = await createServer({
        port: 0,
        models: [
          { engine: overRows(engines[0]!, toy, harmony.tokenizer), profile: harmony },
          { engine: engines[1]!, profile: templated },
        ],
      });
      client = new OpenAI({ baseURL: `${await server.listen()}/v1`, apiKey: "none", maxRetries: 0 });
    });
    afterAll(async () => {
      await server?.close();
      await Promise.all(engines.map((engine) => engine.close()));
    });

    const ask = async (model: string, body: Body): Promise<OpenAI.ChatCompletionMessage> => {
      const { choices } = await client.chat.completions.create({
        model,
        messages: question,
        max_tokens: 100,
        temperature: 0,
        ...body,
      });
      return choices[0]!.message;
    };
    const models = ["harmony", "templated"] as const;

    it.each(models)("holds %s to a schema, streamed too", async (model) => {
      const json_schema = { name: "person", schema: person, strict: true };
      const stream = client.chat.completions.stream({
        model,
        messages: question,
        max_tokens: 100,
        temperature: 0,
        response_format: { type: "json_schema", json_schema },
      });
      const { city, age, code } = JSON.parse((await stream.finalContent()) ?? "");
      expect(person.properties.city.enum).toContain(city);
      expect(age >= 3 && age <= 20).toBe(true);
      expect(code).toMatch(/^[a-f]{2,4}$/);
    });

    it.each<[Body, RegExp]>([
      [{ regex: "^[a-c]{3}-[0-9]{2}$" }, /^[a-c]{3}-[0-9]{2}$/],
      // Engines read these as something else.
      [{ regex: "[\\^x]{3}" }, /^[\^x]{3}$/],
      [{ regex: "[\\u03b1-\\u03c9]{2}|(?:é|😀){2}" }, /^(?:[α-ω]{2}|(?:é|😀){2})$/u],
      [{ ebnf: 'root ::= item{2} ";"\nitem ::= [a-c] "," | "😀"' }, /^(?:[a-c],|😀){2};$/u],
      [{ guided_choice: ['gr"een\n', "é😀", "a\\b", "x#y//z"] }, /^(?:gr"een\n|é😀|a\\b|x#y\/\/z)$/],
    ])("holds text to %j", async (form, wanted) => {
      for (const model of models) expect((await ask(model, form as Body)).content).toMatch(wanted);
    });

    it("makes a model call: by name, and any of several tools", async () => {
      const named = { type: "function", function: { name: "add" } } as const;
      const forced = [
        await ask("harmony", { tools: [add], tool_choice: named }),
        await ask("templated", { tools: [add], tool_choice: named }),
        await ask("templated", { tools: [add], tool_choice: "required", parallel_tool_calls: false }),
      ];
      for (const { tool_calls } of forced) {
        expect(tool_calls).toMatchObject([{ type: "function", function: { name: "add" } }]);
        const call = tool_calls![0] as OpenAI.ChatCompletionMessageFunctionToolCall;
        expect(JSON.parse(call.function.arguments)).toEqual({
          a: expect.any(Number),
          b: expect.any(Boolean),
        });
      }
    });

    it.each(models)("holds inputs of custom tools to their grammars: %s", async (model) => {
      const tool_choice = { type: "custom", custom: { name: "calculate" } } as const;
      for (const [syntax, definition, wanted] of [
        ["lark", sums, isSum],
        ["regex", "[a-c]{2}-\\d{2}", /^[a-c]{2}-\d{2}$/],
        // All of it is written otherwise in the JSON of a call.
        ["regex", '"(?:é|😀)\\n\\\\"', /^"(?:é|😀)\n\\"$/],
        ["lark", 'start: "say \\"" /[a-z"\\\\]{4,6}/ "\\""', /^say "[a-z"\\]{4,6}"$/],
      ] as const) {
        const tools = [custom("calculate", syntax, definition), add];
        const { tool_calls } = await ask(model, { tools, tool_choice });
        expect(tool_calls).toMatchObject([
          { type: "custom", custom: { input: expect.stringMatching(wanted) } },
        ]);
      }
    });

    it("holds inputs where the model calls by itself, and where it has to call something", async () => {
      // The model has learned to ask for the weather.
      const weather = custom("get_weather", "lark", 'start: "Paris" "!"~1..2');
      const free = await ask("harmony", { tools: [weather] });
      expect(free.tool_calls).toMatchObject([{ custom: { input: expect.stringMatching(/^Paris!!?$/) } }]);
      const any = await ask("templated", {
        tools: [custom("calculate", "lark", sums)],
        tool_choice: "required",
      });
      expect(any.tool_calls?.[0]).toMatchObject({ custom: { input: expect.stringMatching(isSum) } });
    });

    it("refuses what it cannot hold, by name", async () => {
      const refusals: [Body, string, RegExp][] = [
        [{ ebnf: "root ::= (((" }, "ebnf", /line 1, column 12/],
        [{ regex: "(?=a)b" }, "regex", /a group/],
        [{ regex: "a((" }, "regex", /Unterminated group/],
        [
          { response_format: { type: "json_schema", json_schema: { name: "s", schema: { type: "no" } } } },
          "response_format",
          /./,
        ],
        [
          { tools: [custom("calculate", "lark", "start: (")], tool_choice: "required" },
          "tools[0].custom.format",
          /line 1/,
        ],
      ];
      for (const model of models)
        for (const [body, param, message] of refusals)
          await expect(ask(model, body)).rejects.toMatchObject({
            status: 400,
            param,
            message: expect.stringMatching(message),
          });
    });
  });
}
