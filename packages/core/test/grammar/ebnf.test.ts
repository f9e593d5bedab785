import { describe, expect, it } from "vitest";
import {
  endlessRule,
  expandedSize,
  GrammarError,
  readEbnf,
  regexExpression,
  writeEbnf,
  writeExpression,
} from "../../src/grammar/index.ts";
import { recognises } from "./recogniser.ts";

describe("EBNF", () => {
  it("is read as it is meant", () => {
    const grammar = readEbnf(`# numbers
root ::= sum # one
  | "(" sum
")"
sum  ::= sum [+\\-] num | num
num ::= [0-9]{1,2} ("." [0-9]+)? "\\u00e9\\n"?`);
    for (const text of ["1", "12.5+3", "(1-2-3.25)", "1é\n"]) expect(recognises(grammar, text)).toBe(true);
    for (const text of ["", "123", "(1", "1+"]) expect(recognises(grammar, text)).toBe(false);
  });

  it.each<[string, number, number, string]>([
    ["", 1, 1, 'no rule is named "root"'],
    ['foo ::= "a"', 1, 1, 'no rule is named "root"'],
    ["root ::= nope", 1, 10, 'there is no rule "nope"'],
    ['root ::= "a"\nroot ::= "b"', 2, 1, "there twice"],
    ['root ::= "a', 1, 10, "this text has no end"],
    ["root ::= [a", 1, 10, "this class has no end"],
    ["root ::= [z-a]", 1, 10, "ends before it begins"],
    ['root ::= ("a"', 1, 10, 'expected ")"'],
    ['root ::= "a")', 1, 13, "expected a rule"],
    ["root ::= 'a'", 1, 10, 'got "\'"'],
    ['root ::= "a"{3,2}', 1, 13, "{3,2} ends before it begins"],
    ['root ::= "a"{2,', 1, 13, "expected a number of times"],
    ['root ::= "\\q"', 1, 11, '"\\q" is no escape'],
    ['root ::= "\\xZZ"', 1, 11, "needs the digits"],
    ["root", 1, 1, "expected a rule"],
  ])("is refused with a place: %j", (source, line, column, reason) => {
    expect(() => readEbnf(source)).toThrow(GrammarError);
    expect(() => readEbnf(source)).toThrow(
      expect.objectContaining({ line, column, reason: expect.stringContaining(reason) }),
    );
  });

  it.each<[string, string | undefined]>([
    ['root ::= root "a" | "b"', undefined],
    ['root ::= root "a"', "root"],
    ["root ::= root", "root"],
    ["root ::= []", "root"],
    ['root ::= a | "b"\na ::= "x" b\nb ::= "y" a', "a"],
    ['root ::= "a" | "b" []', "root"],
    ['root ::= a\na ::= b "x"\nb ::= a "z"', "a"],
    ['root ::= "a" b*\nb ::= b "c"', "b"],
    ['root ::= "a"\nunused ::= unused', undefined],
  ])("%j has the endless rule %s", (source, rule) => {
    expect(endlessRule(readEbnf(source))).toBe(rule);
  });

  it("is measured with its repetitions written out", () => {
    expect(expandedSize(readEbnf('root ::= ("ab" [0-9]){10} a*\na ::= "x"{1,100}'))).toBe(131);
  });
});

describe("a class as EBNF", () => {
  it.each([
    ["[\\^x]", "[x^]"],
    ["[\\^]", '"^"'],
    ["[-]", '"-"'],
    ["[\\^-]", "[-^]"],
    ["[^\\^-]", "[^^-]"],
    ["[+--]", "[+-,-]"],
    ["[^-a]", "[^a-]"],
    ["[\\^-a]", "[_-a^]"],
    ["[ -~]", "[ -~]"],
    ["[\\]\\[\\\\]", "[\\]\\[\\\\]"],
    ["[\\n\\x7f]", "[\\u000a\\u007f]"],
  ])("%s", (pattern, expected) => {
    const written = writeExpression(regexExpression(pattern));
    expect(written).toBe(expected);
    const rules = (expression: ReturnType<typeof regexExpression>) => ({
      start: "root",
      rules: new Map([["root", expression]]),
    });
    const again = readEbnf(writeEbnf(rules(regexExpression(pattern))));
    for (let code = 0; code < 200; code++) {
      const text = String.fromCharCode(code);
      expect([text, recognises(again, text)]).toEqual([text, new RegExp(`^(?:${pattern})$`, "u").test(text)]);
    }
  });
});
