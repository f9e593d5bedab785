import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonError, JsonFloat, parseJson, stringifyJson, toPlain } from "../../src/json/index.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function failure(input: string | Uint8Array, options = {}): JsonError {
  try {
    parseJson(input, options);
  } catch (error) {
    return error as JsonError;
  }
  throw new Error(`accepted ${String(input)}`);
}

/** What JSON.parse makes of integers that a number cannot hold. */
function rounded(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, rounded(member)]));
}

describe("parseJson", () => {
  it("agrees with JSON.parse on any JSON text", () => {
    const spaces = fc.constantFrom(undefined, 1, "\t", " \r\n");
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: "large" }), spaces, (value, space) => {
        const text = JSON.stringify(value, null, space);
        expect(rounded(toPlain(parseJson(text)))).toEqual(JSON.parse(text));
        expect(parseJson(bytes(text))).toEqual(parseJson(text));
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it("accepts and refuses what JSON.parse accepts and refuses", () => {
    const piece = fc.constantFrom(
      ...'{}[]:,"\\ \n-+.0123eEun',
      "true",
      "false",
      "null",
      '"a"',
      "1.5",
      "\\u00e9",
      "\u0001",
      "1e5",
      "0",
      "\ufeff",
      "é",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join("");
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          expect(failure(text)).toBeInstanceOf(JsonError);
          return;
        }
        // JSON.parse keeps the sign of -0, an integer without one in Python.
        expect(JSON.stringify(toPlain(parseJson(text)))).toBe(JSON.stringify(expected));
      }),
      { seed: 2, numRuns: 20000 },
    );
  });

  it("keeps floats, big integers, key order and the place of repeated keys", () => {
    expect(parseJson("1.0")).toEqual(new JsonFloat(1));
    expect(parseJson("[1e2, -0.0, 1e999, 1.5, 1, -0]")).toEqual([
      new JsonFloat(100),
      new JsonFloat(-0),
      new JsonFloat(Number.POSITIVE_INFINITY),
      1.5,
      1,
      0,
    ]);
    expect(parseJson("12345678901234567890")).toBe(12345678901234567890n);
    expect(parseJson("[9007199254740991, 9007199254740992, -9007199254740993]")).toEqual([
      9007199254740991,
      9007199254740992n,
      -9007199254740993n,
    ]);
    expect([...(parseJson('{"10":1,"2":2,"a":3,"10":4}') as Map<string, unknown>)]).toEqual([
      ["10", 4],
      ["2", 2],
      ["a", 3],
    ]);
  });

  it("combines surrogate pairs and keeps lone surrogates", () => {
    expect(parseJson('"\\ud83d\\ude80 \\ud83d x \\ude80"')).toBe("🚀 \ud83d x \ude80");
  });

  it("treats __proto__ as a key like any other", () => {
    const plain = toPlain(parseJson('{"__proto__": {"polluted": true}}')) as object;
    expect(Object.getPrototypeOf(plain)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(plain, "__proto__")?.value).toEqual({ polluted: true });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each([
    ['{"a": tru}', 6, 1, 7],
    ['{\n  "a": 1,\n  "🚀": x\n}', 20, 3, 8],
    ["[1, 2", 5, 1, 6],
    ["[01]", 1, 1, 2],
    ['"a\nb"', 2, 1, 3],
    ['"abc', 0, 1, 1],
    ['"\\u12g4"', 1, 1, 2],
    ["", 0, 1, 1],
    ["1 2", 2, 1, 3],
    ['{"a" 1}', 5, 1, 6],
    ["{,}", 1, 1, 2],
    ["[1,]", 3, 1, 4],
    ["NaN", 0, 1, 1],
  ])("names the place of the fault in %j", (text, offset, line, column) => {
    const error = failure(text);
    expect(error.code).toBe("INVALID_JSON");
    expect([error.offset, error.line, error.column]).toEqual([offset, line, column]);
    expect(error.message).toContain(`line ${line}, column ${column}, offset ${offset}`);
  });

  it("limits depth, length and digits", () => {
    expect(parseJson("[[1]]", { maxDepth: 2 })).toEqual([[1]]);
    expect(failure("[[[1]]]", { maxDepth: 2 }).message).toContain("deeper than the limit of 2");
    expect(failure("[".repeat(100_000)).code).toBe("INVALID_JSON");
    expect(failure('{"a":'.repeat(100_000)).code).toBe("INVALID_JSON");
    expect(parseJson(`${"[".repeat(2000)}${"]".repeat(2000)}`, { maxDepth: 2000 })).toHaveLength(1);
    expect(failure("[]", { maxDepth: 5000 }).code).toBe("INVALID_ARGUMENT");
    expect(failure("[1,2,3]", { maxLength: 6 }).message).toContain("limit of 6");
    expect(failure("9".repeat(4301)).message).toContain("4300 digits");
  });

  it("checks UTF-8 in bytes and skips a byte-order mark there", () => {
    expect(parseJson(bytes('\ufeff{"é": "🚀"}'))).toEqual(new Map([["é", "🚀"]]));
    for (const bad of [
      [0x22, 0xff, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0x22, 0xe2, 0x82],
      [0x22, 0xc0, 0x80, 0x22],
    ]) {
      const error = failure(Uint8Array.from(bad));
      expect(error.code).toBe("INVALID_UTF8");
      expect(error.message).toContain("offset 1");
    }
  });

  it("reads long strings with escapes, and refuses control characters in them", () => {
    const long = "x".repeat(100);
    expect(parseJson(JSON.stringify(`${long}\n${long}"${long}`))).toBe(`${long}\n${long}"${long}`);
    expect(failure(`"${long}\t"`).offset).toBe(101);
    expect(failure(`"${long}\\q"`).offset).toBe(101);
  });
});

describe("stringifyJson", () => {
  it("is undone by parseJson", () => {
    for (const text of [
      '{"a":1.0,"b":[1,-2.5,12345678901234567890,1e999],"10":null}',
      '"\\ud800 é"',
      "[[],{}]",
    ]) {
      expect(parseJson(stringifyJson(parseJson(text)))).toEqual(parseJson(text));
    }
  });

  it("writes what JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const written = stringifyJson(parseJson(text), { indent });
        expect(JSON.parse(written)).toEqual(JSON.parse(text));
        expect(written.replaceAll(/e-0(\d)/g, "e-$1").split("\n").length).toBe(text.split("\n").length);
      }),
      { seed: 3, numRuns: 500 },
    );
    expect(stringifyJson(parseJson('{"a":[1,{"b":[]}],"c":{}}'), { indent: 2 })).toBe(
      JSON.stringify({ a: [1, { b: [] }], c: {} }, null, 2),
    );
  });
});
