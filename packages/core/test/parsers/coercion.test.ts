// Raw values become JSON by their schema, or by what they look like.

import { describe, expect, it } from "vitest";
import { coerce, infer, unescapeEntities, valueSchema } from "../../src/parsers/coercion.ts";
import { pythonToJson } from "../../src/parsers/python-value.ts";
import { rulesFor } from "../../src/parsers/rules.ts";
import { schemaTypes } from "../../src/parsers/schema.ts";

const rules = rulesFor("tokenwire");
const convert = (raw: string, schema: unknown, root: unknown = schema) =>
  coerce(raw, valueSchema(schema, root, rules), rules);

describe("the types of a schema", () => {
  it("are found once, however alternatives refer to each other", () => {
    const root: Record<string, unknown> = { $defs: {} };
    root["$defs"] = {
      d: { anyOf: [...Array(100).fill({ $ref: "#/$defs/d" }), { type: "integer" }, { const: "x" }] },
    };
    expect([...schemaTypes({ $ref: "#/$defs/d" }, root)]).toEqual(["integer", "string"]);
  });
});

describe("coerce", () => {
  it.each([
    ["42", { type: "string" }, '"42"'],
    ["null", { type: "string" }, '"null"'],
    [" 42 ", { type: "integer" }, "42"],
    ["5.0", { type: "int32" }, "5"],
    ["12345678901234567890123", { type: "integer" }, "12345678901234567890123"],
    ["1e400", { type: "number" }, "1e400"],
    ["1", { type: "boolean" }, "true"],
    ["1", { type: ["boolean", "integer"] }, "1"],
    ["True", { type: "bool" }, "true"],
    ["None", { anyOf: [{ type: "null" }, { type: "string" }] }, "null"],
    ["007", { type: ["integer", "string"] }, '"007"'],
    ["{'a': (1, None)}", { type: "object" }, '{"a":[1,null]}'],
    ['[1, {"b": 2.50}]', { type: "array" }, '[1, {"b": 2.50}]'],
    ["nonsense", { type: "integer" }, '"nonsense"'],
    ["x", { enum: ["x", "y"] }, '"x"'],
    ["3", { const: 3 }, "3"],
  ])("%j as %j is %s", (raw, schema, json) => {
    expect(convert(raw, schema)).toBe(json);
  });

  it("follows references and survives cycles", () => {
    const root = { $defs: { N: { $ref: "#/$defs/M" }, M: { type: "integer" }, C: { $ref: "#/$defs/C" } } };
    expect(convert("7", { $ref: "#/$defs/N" }, root)).toBe("7");
    expect([...schemaTypes({ $ref: "#/$defs/C" }, root)]).toEqual([]);
  });
});

describe("infer", () => {
  it.each([
    ["12", "12"],
    ["007", '"007"'],
    ["+5", '"+5"'],
    ["NaN", '"NaN"'],
    ["False", "false"],
    ['"quoted"', '"quoted"'],
    ["{'a': 1}", '{"a":1}'],
    ['{"a": }', '"{\\"a\\": }"'],
    ["", '""'],
    [" text ", '" text "'],
  ])("%j is %s", (raw, json) => {
    expect(infer(raw)).toBe(json);
  });
});

describe("pythonToJson", () => {
  it.each([
    ["'it\\'s \\u00e9 \\x41 \\N'", '"it\'s é A \\\\N"'],
    ["[1, .5, 2., -3, +4, ]", "[1,0.5,2.0,-3,4]"],
    ["{1: 'a', 'b': {}}", '{"1":"a","b":{}}'],
    ["(1, (2,))", "[1,[2]]"],
    ['"\\ud83d"', '"\\ud83d"'],
  ])("%s", (text, json) => {
    expect(pythonToJson(text)).toBe(json);
    expect(() => JSON.parse(json) as unknown).not.toThrow();
  });

  it.each(["", "[1", "{1}", "f(x)", "1 2", "'a", "[1,,2]", "name", "01", "1_000"])("%s is none", (text) => {
    expect(pythonToJson(text)).toBeUndefined();
  });
});

it("unescapes entities once", () => {
  expect(unescapeEntities("&amp;lt; &lt;&#39;&nbsp;")).toBe("&lt; <'&nbsp;");
});
