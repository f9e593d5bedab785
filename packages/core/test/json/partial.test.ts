// The resumable scanner agrees with JSON.parse on what is JSON, wherever the text is cut, and completes beginnings.

import { describe, expect, it } from "vitest";
import { completeJson, isJsonText, JsonScanner } from "../../src/json/index.ts";

const right = [
  "{}",
  "[]",
  '"a\\u00e9\\n\\""',
  "-0.5e+10",
  "0",
  "true",
  "null",
  ' { "a" : [ 1 , { "b" : "}" } , [ ] ] , "c" : false } ',
  '{"a":1,"a":2}',
];
const wrong = [
  "",
  "{",
  "{a:1}",
  "{'a':1}",
  '{"a":1,}',
  "[1,]",
  "[1 2]",
  "01",
  "1.",
  ".5",
  "+1",
  "-",
  "1e",
  "nul",
  "nulls",
  '"a',
  '"\\x"',
  '"\\u12g4"',
  '"a\nb"',
  "NaN",
  "{}{}",
  "]",
  '{"a"}',
];

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("isJsonText", () => {
  it.each([...right, ...wrong])("%j", (text) => {
    expect(isJsonText(text)).toBe(parses(text));
  });
});

describe("JsonScanner", () => {
  it("ends at the same character, however the text is cut", () => {
    const text = '{"a": [1.5e3, "x\\\\\\"}", {"b": null}]} tail';
    const end = text.indexOf(" tail");
    for (let size = 1; size < 9; size++) {
      const scanner = new JsonScanner();
      let read = 0;
      for (let at = 0; at < text.length && scanner.status === "open"; at += size) {
        read += scanner.run(text.slice(at, at + size));
      }
      expect([scanner.status, read]).toEqual(["done", end]);
    }
  });

  it("stops at the depth limit, without recursion", () => {
    const scanner = new JsonScanner(128);
    expect(scanner.run("[".repeat(1_000_000))).toBe(128);
    expect(scanner.status).toBe("deep");
    expect(isJsonText("[".repeat(100) + "]".repeat(100))).toBe(true);
  });

  it("completes a number only at the end", () => {
    const scanner = new JsonScanner();
    scanner.run("12");
    expect(scanner.status).toBe("open");
    expect(scanner.finish()).toBe("done");
  });
});

describe("completeJson", () => {
  it.each([
    ['{"city": "Par', '{"city": "Par"}'],
    ['{"city": "Paris", "un', '{"city": "Paris"}'],
    ['{"city": "Paris", "unit":', '{"city": "Paris"}'],
    ['{"a": [1, 2', '{"a": [1, 2]}'],
    ['{"a": [1, -', '{"a": [1]}'],
    ['{"a": "x\\u00', '{"a": "x"}'],
    ['{"a": "x\\\\', '{"a": "x\\\\"}'],
    ['{"a": "x\\\\u12', '{"a": "x\\\\u12"}'],
    ["[tru", "[]"],
    ["{", "{}"],
    ['{"a": 1} and more', '{"a": 1}'],
  ])("%j → %j", (text, expected) => {
    expect(completeJson(text)).toBe(expected);
  });

  it("knows what is no beginning of JSON", () => {
    expect(completeJson("{oops")).toBeUndefined();
    expect(completeJson("")).toBeUndefined();
    expect(completeJson("tr")).toBeUndefined();
  });
});
