// Constraints: the choice, the lowered forms, the validator.

import { describe, expect, it } from "vitest";
import { lowerToEbnf, lowerToRegex, toolChoiceConstraint, validateAgainst } from "../../src/parsers/index.ts";

const weather = {
  name: "weather",
  parameters: {
    type: "object",
    properties: { city: { type: "string" }, days: { type: "integer" }, units: { enum: ["c", "f"] } },
    required: ["city"],
  },
};
const now = { type: "function", function: { name: "now" } };
const tools = [weather, now];

describe("toolChoiceConstraint", () => {
  it("enforces nothing for auto and none", () => {
    for (const toolChoice of ["auto", "none", undefined, null]) {
      expect(toolChoiceConstraint({ toolChoice, tools, format: "kimi_k2" })).toBeNull();
    }
  });

  it("reads both spellings of allowed_tools", () => {
    const flat = { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "now" }] };
    const nested = {
      type: "allowed_tools",
      allowed_tools: { mode: "required", tools: [{ type: "function", function: { name: "now" } }] },
    };
    const expected = toolChoiceConstraint({ toolChoice: "required", tools: [now] });
    expect(toolChoiceConstraint({ toolChoice: flat, tools })).toEqual(expected);
    expect(toolChoiceConstraint({ toolChoice: nested, tools })).toEqual(expected);
  });

  it("uses the parameters alone for a named tool", () => {
    const toolChoice = { type: "function", function: { name: "weather" } };
    expect(toolChoiceConstraint({ toolChoice, tools, format: "hermes" })).toEqual({
      type: "json_schema",
      value: weather.parameters,
    });
  });

  it("limits the list where calls must not be parallel", () => {
    const options = { toolChoice: "required", tools, parallelToolCalls: false } as const;
    expect(toolChoiceConstraint(options)?.value).toMatchObject({ minItems: 1, maxItems: 1 });
  });

  it("builds vLLM's tags for auto too, and SGLang's older form", () => {
    const lazy = toolChoiceConstraint({
      toolChoice: "auto",
      tools: [weather],
      format: "hermes",
      dialect: "vllm",
    });
    expect(lazy?.value).toMatchObject({ format: { triggers: ["<tool_call>"], at_least_one: false } });
    const legacy = toolChoiceConstraint({
      toolChoice: "required",
      tools: [weather],
      format: "inkling",
      form: "legacy",
    });
    expect(legacy?.value).toMatchObject({ structures: [{ schema: weather.parameters }], at_least_one: true });
  });

  it("refuses contradicting definitions and unknown choices", () => {
    const tool = (name: string, type: string) => ({ name, parameters: { $defs: { N: { type } } } });
    const contradicting = [tool("a", "string"), tool("b", "integer")];
    expect(() => toolChoiceConstraint({ toolChoice: "required", tools: contradicting })).toThrow(
      /'N' has multiple/,
    );
    expect(() => toolChoiceConstraint({ toolChoice: "sometimes", tools })).toThrow(/toolChoice: expected/);
  });
});

describe("lowerToRegex", () => {
  const matches = (value: object, text: string) =>
    new RegExp(`^${lowerToRegex({ type: "json_schema", value: value as never })}$`, "u").test(text);

  it("accepts what the schema accepts, properties in order", () => {
    for (const text of ['{"city": "Rome"}', '{"city": "a\\"b", "days": -3}', '{"city": "", "units": "f"}']) {
      expect(matches(weather.parameters, text), text).toBe(true);
    }
    for (const text of [
      "{}",
      '{"days": 1}',
      '{"city": 1}',
      '{"city": "x", "units": "k"}',
      '{"city": "x", "days": 1.5}',
    ]) {
      expect(matches(weather.parameters, text), text).toBe(false);
    }
  });

  it("puts no comma before the first property that is there", () => {
    const optional = { type: "object", properties: { a: { type: "null" }, b: { type: "boolean" } } };
    for (const text of ["{}", '{"a": null}', '{"b": true}', '{"a": null, "b": false}']) {
      expect(matches(optional, text), text).toBe(true);
    }
    expect(matches(optional, '{, "b": true}')).toBe(false);
  });

  it("counts items", () => {
    const array = { type: "array", items: { type: "integer" }, minItems: 2, maxItems: 3 };
    expect(["[1]", "[1, 2]", "[1, 2, 3]", "[1, 2, 3, 4]"].map((text) => matches(array, text))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it("lowers structural tags", () => {
    const constraint = toolChoiceConstraint({ toolChoice: "required", tools: [weather], format: "kimi_k3" });
    const pattern = new RegExp(`^${lowerToRegex(constraint!)}$`, "u");
    const call = (body: string) =>
      `<|open|>tools<|sep|><|open|>call tool="weather" index="1"<|sep|>${body}<|close|>call<|sep|><|close|>tools<|sep|>`;
    const city = '<|open|>argument key="city" type="string"<|sep|>São <b><|close|>argument<|sep|>';
    expect(pattern.test(call(city))).toBe(true);
    expect(pattern.test(call(""))).toBe(false);
  });

  it("refuses schemas that refer to themselves", () => {
    const value = { $defs: { N: { type: "array", items: { $ref: "#/$defs/N" } } }, $ref: "#/$defs/N" };
    expect(() => lowerToRegex({ type: "json_schema", value })).toThrow(/recursive schema/);
    expect(lowerToEbnf({ type: "json_schema", value })).toContain('ref0 ::= "["');
  });
});

describe("lowerToEbnf", () => {
  it("starts with root and defines every rule it names", () => {
    const constraint = toolChoiceConstraint({ toolChoice: "required", tools, format: "hermes" });
    const grammar = lowerToEbnf(constraint!);
    expect(grammar.startsWith("root ::= ")).toBe(true);
    const defined = new Set([...grammar.matchAll(/^(\w+) ::=/gm)].map((match) => match[1]));
    const bodies = grammar.replace(/"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|^\w+ ::=/gm, " ");
    const used = new Set([...bodies.matchAll(/[a-z]\w*/g)].map((match) => match[0]));
    expect([...used].filter((name) => !defined.has(name))).toEqual([]);
  });
});

describe("validateAgainst", () => {
  const fits = (schema: object, value: unknown) => validateAgainst(schema, value) === undefined;

  it.each([
    [{ type: "integer" }, 1, 1.5],
    [{ type: ["string", "null"] }, null, 1],
    [{ enum: [{ a: [1] }] }, { a: [1] }, { a: [2] }],
    [{ minimum: 1, exclusiveMaximum: 3 }, 1, 3],
    [{ multipleOf: 5 }, 10, 11],
    [{ pattern: "^a+$", maxLength: 3 }, "aa", "aaaa"],
    [{ pattern: "^(on|off)$" }, "off", "offer"],
    [{ minItems: 1, items: { type: "string" } }, ["a"], [1]],
    [{ prefixItems: [{ type: "null" }], items: false }, [null], [null, 1]],
    [{ required: ["a"], additionalProperties: false, properties: { a: {} } }, { a: 1 }, { a: 1, b: 2 }],
    [{ anyOf: [{ type: "string" }, { type: "null" }] }, "x", 1],
    [{ oneOf: [{ minimum: 0 }, { maximum: 10 }] }, -1, 5],
    [{ not: { const: 1 } }, 2, 1],
    [{ $defs: { N: { type: "string" } }, $ref: "#/$defs/N" }, "x", 1],
  ])("%j", (schema, right, wrong) => {
    expect([fits(schema, right), fits(schema, wrong)]).toEqual([true, false]);
  });

  it("gives up on what would take for ever", () => {
    const double = { anyOf: [{ $ref: "#" }, { $ref: "#" }, { type: "string" }] };
    expect(fits(double, 5)).toBe(true);
    const texts = { items: { pattern: "^(a+)+$" } };
    expect(fits(texts, Array(5_000).fill("a".repeat(20_000)))).toBe(true);
    expect(fits(texts, Array(50).fill(`${"a".repeat(200)}!`))).toBe(false);
    const nested = Array.from({ length: 20 }).reduce<object>((inner) => ({ anyOf: [inner, inner] }), {
      type: "null",
    });
    expect(fits(nested, 1)).toBe(true);
  });

  it("names the place", () => {
    const schema = { properties: { "a/b": { items: { type: "string" } } } };
    expect(validateAgainst(schema, { "a/b": ["x", 1] })).toEqual({
      path: "/a~1b/1",
      message: "expected string",
    });
  });
});
