import { describe, expect, it } from "vitest";
import { choiceGrammar, regexGrammar } from "../../../src/engines/remote/gbnf.ts";

describe("grammars for llama.cpp", () => {
  it("choices are quoted", () => {
    expect(choiceGrammar(["yes", 'a "b"\n', "é😀\\"])).toBe(
      'root ::= "yes" | "a \\"b\\"\\u000a" | "é😀\\\\"',
    );
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
    [".\\.\\W", '[^\\u000a\\u000d] "." [^A-Za-z0-9_]'],
    ["\\u00e9\\x41", '"é" "A"'],
    ["(?<name>a|b)c", '("a" | "b") "c"'],
    ["a{3}|😀", '"a"{3} | "😀"'],
  ])("%s", (pattern, expected) => {
    expect(regexGrammar(pattern)).toBe(`root ::= ${expected}`);
  });

  it.each(["(?=a)b", "(a)\\1", "\\bword", "a^b", "\\p{L}"])("refuses %s", (pattern) => {
    expect(() => regexGrammar(pattern)).toThrow(expect.objectContaining({ code: "unsupported" }));
  });

  it("refuses what is no pattern", () => {
    expect(() => regexGrammar("(")).toThrow(expect.objectContaining({ code: "invalid_request" }));
  });
});
