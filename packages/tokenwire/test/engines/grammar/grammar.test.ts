import { createRequire } from "node:module";
import { readEbnf } from "@tokenwire/core/grammar";
import { getEncoding } from "@tokenwire/encodings";
import { Ajv } from "ajv";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recognises } from "../../../../core/test/grammar/recogniser.ts";
import {
  type Constraint,
  createEngine,
  type Engine,
  type GenerateEvent,
} from "../../../src/engines/index.ts";

const installed = (() => {
  try {
    return createRequire(import.meta.url).resolve("@mlc-ai/web-xgrammar") !== "";
  } catch {
    return false;
  }
})();

const ebnf = (source: string): Constraint => ({ kind: "grammar", syntax: "ebnf", source });

describe.skipIf(!installed)("constrained output of the embedded engine", () => {
  const encoding = getEncoding("o200k_harmony");
  let engine: Engine;
  beforeAll(() => {
    engine = createEngine({ kind: "embedded", tokenizer: encoding });
  });
  afterAll(() => engine.close());

  async function generate(constraint: Constraint, seed: number, temperature = 1.5, maxTokens = 400) {
    const ids: number[] = [];
    let finish: GenerateEvent | undefined;
    const request = {
      requestId: "r",
      prompt: { tokenIds: encoding.encode("Give me JSON: ") },
      sampling: { maxTokens, temperature, seed },
      stop: { tokenIds: [200002] },
      constraint,
    };
    for await (const event of engine.generate(request)) {
      if (event.type === "delta") ids.push(...event.tokenIds);
      if (event.type === "finish") finish = event;
    }
    const stopped = finish?.type === "finish" && finish.matched !== undefined;
    return { text: encoding.decode(stopped ? ids.slice(0, -1) : ids), finish };
  }

  it.each<[Constraint, RegExp]>([
    [{ kind: "regex", pattern: "[a-c]{3}-\\d{2}" }, /^[a-c]{3}-\d{2}$/],
    [{ kind: "choice", choices: ["yes", "no", "é😀"] }, /^(yes|no|é😀)$/],
    [{ kind: "regex", pattern: "[é-ü]{2}[x♀😀]" }, /^[é-ü]{2}[x♀😀]$/u],
    [ebnf("root ::= [éa-cü]{2} [^ -`]{2}"), /^[éa-cü]{2}[^ -`]{2}$/u],
    [
      {
        kind: "structural_tag",
        tag: { type: "structural_tag", format: { type: "regex", pattern: "[ö-ü]{3}" } },
      },
      /^[ö-ü]{3}$/,
    ],
    [{ kind: "regex", pattern: "[\\^x]{3}[^\\s\\w-]" }, /^[\^x]{3}[^\s\w-]$/],
    [{ kind: "grammar", syntax: "ebnf", source: 'root ::= "a" [0-9] "z"' }, /^a[0-9]z$/],
    [
      {
        kind: "structural_tag",
        tag: { type: "structural_tag", format: { type: "const_string", value: "fixed" } },
      },
      /^fixed$/,
    ],
  ])("%j", async (constraint, expected) => {
    for (let seed = 0; seed < 5; seed += 1) {
      const { text, finish } = await generate(constraint, seed);
      expect(text).toMatch(expected);
      expect(finish).toMatchObject({ reason: "stop" });
    }
  });

  it("holds random schemas at a high temperature", async () => {
    const scalar = fc.oneof(
      fc.constant({ type: "boolean" }),
      fc.constant({ type: "null" }),
      fc.record({
        type: fc.constant("integer"),
        minimum: fc.constant(-5),
        maximum: fc.integer({ min: 0, max: 300 }),
      }),
      fc.record({
        type: fc.constant("string"),
        minLength: fc.constant(1),
        maxLength: fc.integer({ min: 1, max: 8 }),
      }),
      fc.record({
        enum: fc.uniqueArray(fc.oneof(fc.string({ maxLength: 5 }), fc.integer()), {
          minLength: 1,
          maxLength: 3,
        }),
      }),
      fc.constant({ type: "string", pattern: "^[a-z]{2,4}$" }),
    );
    const schema = fc.letrec((tie) => ({
      node: fc.oneof({ maxDepth: 3 }, scalar, tie("object"), tie("array")),
      object: fc
        .uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { minLength: 1, maxLength: 3 })
        .chain((names) =>
          fc.tuple(...names.map(() => tie("node"))).map((types) => ({
            type: "object",
            properties: Object.fromEntries(names.map((name, index) => [name, types[index]])),
            required: names,
            additionalProperties: false,
          })),
        ),
      array: fc.record({
        type: fc.constant("array"),
        items: tie("node"),
        minItems: fc.constant(1),
        maxItems: fc.integer({ min: 1, max: 2 }),
      }),
    })).object;
    const rounds = Number(process.env["TOKENWIRE_FUZZ"] ?? 25);
    const ajv = new Ajv({ strict: false });
    for (const [seed, value] of fc.sample(schema, { numRuns: Math.min(rounds, 200), seed: 5 }).entries()) {
      const { text, finish } = await generate({ kind: "json_schema", schema: value, strict: true }, seed);
      expect(finish).toMatchObject({ reason: "stop" });
      const validate = ajv.compile(value as object);
      expect([validate(JSON.parse(text)), text, validate.errors]).toEqual([true, text, null]);
    }
  });

  it("lets no raw control character into a string, however short it must be", async () => {
    const string = { type: "string", minLength: 30, maxLength: 40 };
    const schema = {
      type: "object",
      properties: { a: string },
      required: ["a"],
      additionalProperties: false,
    };
    const tag = { type: "structural_tag", format: { type: "json_schema", json_schema: schema } };
    for (let seed = 0; seed < 8; seed += 1) {
      const whole = await generate({ kind: "json_schema", schema, strict: true }, seed, 4);
      expect(JSON.parse(whole.text)).toHaveProperty("a");
      // There may be any white space between values here, and too much of it.
      const tagged = await generate({ kind: "structural_tag", tag }, seed, 4);
      if (tagged.finish?.type === "finish" && tagged.finish.reason === "stop") JSON.parse(tagged.text);
    }
  });

  it("gives an object for json_object, or runs out of tokens inside one", async () => {
    for (let seed = 0; seed < 4; seed += 1) {
      const { text, finish } = await generate({ kind: "json_object" }, seed, 0.7);
      if (finish?.type === "finish" && finish.reason === "stop")
        expect(JSON.parse(text)).toBeTypeOf("object");
      expect(text.startsWith("{")).toBe(true);
    }
  });

  it.each<[Constraint, string, RegExp]>([
    [
      { kind: "json_schema", schema: { properties: { a: { not: {} } } }, strict: true },
      "unsupported",
      /\$\.properties\.a\.not/,
    ],
    [{ kind: "json_schema", schema: { type: "string", pattern: "(?=a)" } }, "unsupported", /look-ahead/],
    [{ kind: "json_schema", schema: { $ref: "https://x/y" } }, "unsupported", /\$ref/],
    [{ kind: "json_schema", schema: { allOf: [{}, {}] }, strict: true }, "unsupported", /allOf/],
    [{ kind: "regex", pattern: "(" }, "invalid_request", /regex/],
    [{ kind: "regex", pattern: "(a)\\1" }, "unsupported", /back references/],
    [{ kind: "choice", choices: [] }, "invalid_request", /at least one/],
    [{ kind: "grammar", syntax: "lark", source: "start: x" }, "unsupported", /EBNF/],
    [ebnf("root ::= undefined_rule"), "invalid_request", /line 1, column 10: there is no rule/],
    [ebnf('root ::= "a" (= "b'), "invalid_request", /line 1, column 15: expected a text, a class/],
    [ebnf('root ::= a\na ::= a "x"'), "invalid_request", /the rule "a" has a part that no text matches/],
    [ebnf('root ::= "a"{1,30000}'), "invalid_request", /about 30000 parts/],
    [{ kind: "regex", pattern: "\\p{L}" }, "unsupported", /it has "\\p"/],
    [{ kind: "regex", pattern: "[一-龥]+" }, "unsupported", /class with 20902 characters outside ASCII/],
    [{ kind: "json_schema", schema: { pattern: "^[é-ü]$" } }, "unsupported", /some characters outside ASCII/],
    [{ kind: "json_schema", schema: { pattern: "[\\^a]" } }, "unsupported", /class that begins with/],
    [
      {
        kind: "structural_tag",
        tag: { type: "structural_tag", format: { type: "grammar", grammar: 'root ::= root "x"' } },
      },
      "invalid_request",
      /the rule "root"/,
    ],
  ])("refuses %j before it starts, and goes on working", async (constraint, code, message) => {
    await expect(generate(constraint, 0)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    expect((await generate({ kind: "choice", choices: ["ok"] }, 0)).text).toBe("ok");
  });

  it("ends with the request's fault where a constraint leaves nothing to write", async () => {
    // What xgrammar knows beyond EBNF is not read here before.
    const { finish } = await generate(ebnf('root ::= a (= "b")\na ::= a "x"'), 0);
    expect(finish).toMatchObject({
      reason: "error",
      error: {
        code: "invalid_request",
        message: expect.stringContaining("permits no token here (0 tokens accepted)"),
      },
    });
  });

  it("writes texts of any grammar that is none of those, left recursion and empty texts included", async () => {
    const runs = Number(process.env["TOKENWIRE_FUZZ"] ?? 60);
    let written = 0;
    for (const [seed, source] of fc.sample(grammarSources, { numRuns: runs, seed: 7 }).entries()) {
      const answer = await generate(ebnf(source), seed, 1.5, 12).catch((error: unknown) => error as Error);
      if (answer instanceof Error) {
        expect([source, answer]).toMatchObject([source, { code: "invalid_request" }]);
        continue;
      }
      if (answer.finish?.type !== "finish" || answer.finish.reason !== "stop") continue;
      written++;
      expect([source, answer.text, recognises(readEbnf(source), answer.text)]).toEqual([
        source,
        answer.text,
        true,
      ]);
    }
    expect(written).toBeGreaterThan(runs / 10);
  });
});

/** Small grammars, most of them with a fault or a trap. */
const grammarSources = fc
  .letrec<{ any: string }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(
        '"a"',
        '"b"',
        '""',
        '"é\\""',
        "[a-c]",
        "[^a\\n]",
        "[é-üb]",

        "[]",
        "root",
        "one",
        "two",
        "none",
      ),
      fc.array(tie("any"), { minLength: 2, maxLength: 3 }).map((parts) => parts.join(" ")),
      fc.array(tie("any"), { minLength: 2, maxLength: 3 }).map((parts) => `(${parts.join(" | ")})`),
      fc
        .tuple(tie("any"), fc.constantFrom("*", "+", "?", "{2}", "{0,3}", "{1,}", "{3,1}"))
        .map(([part, times]) => `(${part})${times}`),
    ),
  }))
  .any.chain((first) =>
    fc.tuple(fc.constant(first), fc.constantFrom('"x" | root "y"', '"z"', "one", 'two "q"', "")),
  )
  .chain(([first, second]) =>
    fc
      .tuple(fc.constantFrom(...['"c"', "one", "[0-9] | two one"]), fc.nat(400))
      .map(([third, cut]) =>
        `root ::= ${first}\none ::= ${second}\ntwo ::= ${third}`.slice(0, cut < 40 ? cut : undefined),
      ),
  );
