// Constraints as grammars: what is written for the engines that take them.

import { describe, expect, it } from "vitest";
import type { Constraint } from "../../../src/engines/index.ts";
import { aboutConstraint } from "../../../src/engines/remote/constraint-error.ts";
import { httpError } from "../../../src/engines/remote/error-mapping.ts";
import { grammarText, tagText } from "../../../src/engines/remote/grammars.ts";

const regex = (pattern: string) => grammarText("vllm", { kind: "regex", pattern });
const lark = (source: string) => grammarText("vllm", { kind: "grammar", syntax: "lark", source });

describe("constraints as grammars", () => {
  it("choices are quoted", () => {
    expect(grammarText("vllm", { kind: "choice", choices: ["yes", 'a "b"\n', "é😀\\"] })).toBe(
      'root ::= "yes" | "a \\"b\\"\\u000a" | "é😀\\\\"',
    );
    expect(() => grammarText("vllm", { kind: "choice", choices: [] })).toThrow(/at least one/);
  });

  it.each([
    ["abc", '"a" "b" "c"'],
    ["^a$", '"a"'],
    ["^(?:a|b)$|^c$|d", '"a" | "b" | "c" | "d"'],
    ["a\\$", '"a" "$"'],
    ["[a-c]{2}-\\d+", '[a-c]{2} "-" [0-9]+'],
    ["(?:a|b)*c?", '("a" | "b")* "c"?'],
    ["(x|)y{2,}", '("x" | "") "y"{2,}'],
    ["[^\\]\\d\\n-]+?", "[^\\]0-9\\u000a-]+"],
    ["[\\^a]", "[a^]"],
    [".\\.\\W", '[^\\u000a\\u000d] "." [^A-Za-z0-9_]'],
    ["\\u00e9\\x41", '"é" "A"'],
    ["[\\u00e0-\\u00ff]", "[à-ÿ]"],
    ["(?<name>a|b)c", '("a" | "b") "c"'],
    ["a{3}|😀", '"a"{3} | "😀"'],
  ])("%s", (pattern, expected) => {
    expect(regex(pattern)).toBe(`root ::= ${expected}`);
  });

  it.each(["(?=a)b", "(a)\\1", "\\bword", "a^b", "\\p{L}"])("refuses %s", (pattern) => {
    expect(() => regex(pattern)).toThrow(
      expect.objectContaining({ code: "unsupported", about: "constraint" }),
    );
  });

  it.each(["(", "\\Aab\\Z"])("refuses %s, which is no pattern", (pattern) => {
    expect(() => regex(pattern)).toThrow(
      expect.objectContaining({ code: "invalid_request", about: "constraint" }),
    );
  });

  it("reads Lark, and keeps what is written in the engine's own words", () => {
    expect(lark('start: "a" B\nB: /[0-9]/')).toBe('root ::= "a" r1-B\nr1-B ::= [0-9]');
    expect(() => lark("start: (")).toThrow(
      expect.objectContaining({ code: "invalid_request", message: expect.stringMatching(/^vllm: .*line 1/) }),
    );
    for (const syntax of ["ebnf", "gbnf"] as const)
      expect(grammarText("vllm", { kind: "grammar", syntax, source: "root ::= a" })).toBe("root ::= a");
  });

  it("writes the patterns of tags, and leaves those of schemas alone", () => {
    const schema = { const: { type: "regex", pattern: "a" } };
    const tag = {
      format: {
        type: "or",
        elements: [
          { type: "regex", pattern: "[\\^a]" },
          { type: "json_schema", json_schema: schema },
        ],
      },
    };
    expect(JSON.parse(tagText("vllm", tag))).toEqual({
      format: {
        type: "or",
        elements: [
          { type: "grammar", grammar: "root ::= [a^]" },
          { type: "json_schema", json_schema: schema },
        ],
      },
    });
  });
});

describe("refusals of constraints", () => {
  const refused = (message: string, constraint: Constraint | undefined, status = 400) =>
    aboutConstraint(httpError("vllm", status, message, undefined), constraint);
  const broken = { kind: "grammar", syntax: "ebnf", source: "root ::= (((" } as const;

  it("are about the constraint, and say what can be seen to be wrong", () => {
    expect(refused("Invalid grammar specification.", broken)).toMatchObject({
      code: "invalid_request",
      status: 400,
      about: "constraint",
      message: expect.stringMatching(/^vllm: Invalid grammar specification\. \(line 1, column \d+: .*\)$/),
    });
    const tag = { format: { type: "tag", content: { type: "grammar", grammar: broken.source } } };
    expect(refused("Invalid grammar: 'triggers'", { kind: "structural_tag", tag }).message).toMatch(/line 1/);
    const schema = refused("Invalid json schema", { kind: "json_schema", schema: {} });
    expect([schema.about, schema.message]).toEqual(["constraint", "vllm: Invalid json schema"]);
  });

  it("are not made of other errors", () => {
    expect(refused("Unknown model", broken).about).toBeUndefined();
    expect(refused("Invalid grammar", undefined).about).toBeUndefined();
    expect(refused("grammar compiler broke", broken, 500).about).toBeUndefined();
  });
});
