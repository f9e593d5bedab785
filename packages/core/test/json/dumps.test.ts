import { describe, expect, it } from "vitest";
import {
  compareCodePoints,
  dumps,
  floatText,
  fromPlain,
  JsonFloat,
  parseJson,
} from "../../src/json/index.ts";

describe("dumps", () => {
  const value = parseJson('{"b":1.0,"a":[1,"é🚀\\u007f\\u001f\\n",null,true],"e":{},"l":[]}');

  it("uses Python's defaults", () => {
    expect(dumps(value)).toBe(
      '{"b": 1.0, "a": [1, "\\u00e9\\ud83d\\ude80\\u007f\\u001f\\n", null, true], "e": {}, "l": []}',
    );
  });

  it("follows ensure_ascii, indent, separators and sort_keys", () => {
    expect(dumps(value, { ensureAscii: false, separators: [",", ":"], sortKeys: true })).toBe(
      '{"a":[1,"é🚀\u007f\\u001f\\n",null,true],"b":1.0,"e":{},"l":[]}',
    );
    expect(dumps(parseJson('{"a":[1,{}],"b":2}'), { indent: 2 })).toBe(
      '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": 2\n}',
    );
    expect(dumps(parseJson("[1,2]"), { indent: 0 })).toBe("[\n1,\n2\n]");
    expect(dumps(parseJson("[1]"), { indent: "\t" })).toBe("[\n\t1\n]");
    expect(dumps(parseJson("[1,2]"), { indent: 1, separators: [", ", ":"] })).toBe("[\n 1, \n 2\n]");
  });

  it("writes what JSON cannot express as Python does", () => {
    const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(
      (v) => new JsonFloat(v),
    );
    expect(dumps(special)).toBe("[NaN, Infinity, -Infinity]");
  });

  it("orders keys by code point", () => {
    expect(["\u{1f680}", "\uffff", "a"].sort(compareCodePoints)).toEqual(["a", "\uffff", "\u{1f680}"]);
  });
});

describe("floatText", () => {
  it.each([
    [1, "1.0"],
    [-0, "-0.0"],
    [100, "100.0"],
    [1e15, "1000000000000000.0"],
    [1e16, "1e+16"],
    [12345678901234568, "1.2345678901234568e+16"],
    [1e22, "1e+22"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1.5e-7, "1.5e-07"],
    [5e-324, "5e-324"],
    [1e100, "1e+100"],
    [-2.5, "-2.5"],
    [1 / 3, "0.3333333333333333"],
    [Number.NaN, "nan"],
    [Number.NEGATIVE_INFINITY, "-inf"],
  ])("prints %d as %s", (value, text) => {
    expect(floatText(value)).toBe(text);
  });
});

describe("fromPlain", () => {
  it("takes integral numbers as integers and leaves out undefined members", () => {
    expect(fromPlain({ a: 1, b: undefined, c: [1.5, 1e22, -0, 9007199254740993n], d: { e: null } })).toEqual(
      new Map<string, unknown>([
        ["a", 1],
        ["c", [1.5, 10n ** 22n, 0, 9007199254740993n]],
        ["d", new Map([["e", null]])],
      ]),
    );
  });

  it("keeps lossless values", () => {
    const value = parseJson('{"a":[1.0,{"b":2}]}');
    expect(fromPlain(value)).toEqual(value);
  });

  it("refuses functions and cycles", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(() => fromPlain(cycle)).toThrow("cyclic");
    expect(() => fromPlain([() => 1])).toThrow("type function");
    expect(() => fromPlain([undefined])).toThrow("type undefined");
  });
});
