import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Expression,
  type Grammar,
  GrammarError,
  insideJsonString,
  isSameInsideJsonString,
  readEbnf,
  readLark,
  writeEbnf,
} from "../../src/grammar/index.ts";
import { recognises } from "./recogniser.ts";

/** The same language after it was written and read as EBNF, and inside of a JSON string. */
function accepts(grammar: Grammar, text: string): boolean {
  const accepted = recognises(grammar, text);
  expect(recognises(readEbnf(writeEbnf(grammar)), text)).toBe(accepted);
  const inString = JSON.stringify(text).slice(1, -1);
  expect(recognises(readEbnf(writeEbnf(insideJsonString(grammar))), inString)).toBe(accepted);
  if (accepted && isSameInsideJsonString(grammar)) expect(inString).toBe(text);
  return accepted;
}

describe("a Lark grammar", () => {
  it.each<[string, string, string[], string[]]>([
    [
      "strings and alternatives",
      'start: "a" | "b\\n\\"" | "c"i',
      ["a", 'b\n"', "c", "C"],
      ["", "ab", "A", "b"],
    ],
    ["ranges", 'start: "0".."9"+', ["0", "95"], ["", "a"]],
    ["repetitions", 'start: "a"? "b"* "c"+ "d"~2 "e"~1..2', ["cdde", "abbccddee"], ["cde", "cddeee", "adde"]],
    ["braces", 'start: "a"{2} "b"{1,} "c"{,2} "d"{0,1}', ["aab", "aabbccd"], ["ab", "aa", "aabccc"]],
    ["groups", 'start: ("a" | "b" "c") ["x"]', ["a", "bcx"], ["b", "abc"]],
    ["rules over lines", 'start: a\n  | b\n\n?a: "x" // one\n!b: "y" -> why # two\n', ["x", "y"], ["xy"]],
    ["an empty alternative", 'start: "(" start ")" | ', ["", "()", "(())"], ["(", "())"]],
    ["left recursion", 'start: start "+" "1" | "1"', ["1", "1+1+1"], ["", "1+"]],
    ["terminals", "start: NAME\nNAME: _A /[a-z]/*\n_A: /[A-Z]/", ["Ab", "Q"], ["a", "AB"]],
    ["a slash in a regular expression", "start: /a\\/b[/]/ /\\/\\//", ["a/b///"], ["a/b/"]],
    ["flags", "start: /sel[e-f]ct/i /./s", ["SELFCT\n", "seleCtx"], ["selgctx"]],
    ["a dot", "start: /./", ["a", "é", "😀", '"', "\\"], ["\n", ""]],
    [
      "classes",
      'start: /[^a-c"\\]^-]\\d\\w\\s/',
      ["x1_ ", "é0A\t"],
      ["a1_ ", '"1_ ', "]1_ ", "-1_ ", "^1_ "],
    ],
    [
      "what is ignored",
      'start: "a" B\nB: "b" "c"\n%ignore " "\n%ignore /\\n/',
      ["abc", " a \n bc "],
      ["ab c", "a"],
    ],
    [
      "imports",
      "start: INT WS [CNAME]\n%import common.INT\n%import common (WS, CNAME)",
      ["12 ", "1\n\ta_1"],
      ["1", "x "],
    ],
    [
      "an import under another name",
      "start: N\n%import common.SIGNED_NUMBER -> N",
      ["-1.5e+3", ".5", "2."],
      ["e", "."],
    ],
    [
      "strings with escapes",
      "start: ESCAPED_STRING\n%import common.ESCAPED_STRING",
      ['"a\\"b"', '""'],
      ['"a"b"', '"\n"', '"\\"'],
    ],
    [
      "comments of C",
      "start: C_COMMENT\n%import common.C_COMMENT",
      ["/* a * b **/", "/**/"],
      ["/* */ */", "/*/"],
    ],
  ])("%s", (_, source, good, bad) => {
    const grammar = readLark(source);
    for (const text of good) expect([text, accepts(grammar, text)]).toEqual([text, true]);
    for (const text of bad) expect([text, accepts(grammar, text)]).toEqual([text, false]);
  });

  it.each<[string, number, number, string]>([
    ['begin: "a"', 1, 1, 'no rule is named "start"'],
    ['start: "a" nope', 1, 12, 'no rule or terminal "nope"'],
    ['start: A\nA: start "x"', 2, 4, '"start" is a rule; terminals'],
    ['start: "a"\nstart: "b"', 2, 1, '"start" is defined twice'],
    ['start: "a', 1, 8, "begins nothing"],
    ['start: ("a"', 1, 12, 'expected ")"'],
    ["start: /a(?=b)/", 1, 11, 'a group "(?="'],
    ["start: /a+?/", 1, 12, 'lazy "+?"'],
    ["start: /\\bword/", 1, 11, '"\\b"'],
    ["start: /a/x", 1, 8, 'flag "x"'],
    ["start: /é/i", 1, 10, "outside ASCII"],
    ['start: "é"i', 1, 8, "outside ASCII"],
    ["start.2: A", 1, 1, "priority"],
    ['start{x}: "a"', 1, 1, "template"],
    ['start: list{"a"}\nlist: "b"', 1, 8, "template"],
    ["start: A\n%declare A", 2, 1, '"%declare" is not supported'],
    ["start: A\n%import python.A", 2, 9, 'only "common"'],
    ["start: A\n%import common.A", 2, 16, 'no terminal "A"'],
    ['start: "b".."a"', 1, 8, "ends before it begins"],
    ['start: "ab".."c"', 1, 8, "one character to another"],
    ['start: "\\q"', 1, 8, '"\\q" is no escape'],
    ['start: "a"~3..2', 1, 8, "3 to 2 times"],
    ["start: <|end|>", 1, 8, "special tokens"],
    ['start: "a" ;', 1, 12, '";" begins nothing'],
    [`start: ${"(".repeat(300)}`, 1, 208, "deeper than 200"],
  ])("refuses %j", (source, line, column, reason) => {
    let error: unknown;
    try {
      readLark(source);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(GrammarError);
    expect(error).toMatchObject({ code: "INVALID_GRAMMAR", line, column });
    expect((error as Error).message).toContain(reason);
  });
});

const names = ["start", "one", "TWO"] as const;
const character = fc.constantFrom("a", "b", '"', "\\", "\n", "^", "-", "]");

/** Expressions that a rule, or a terminal, may have. */
function expressions(isTerminal: boolean): fc.Arbitrary<Expression> {
  const usable = names.filter((name) => !isTerminal || name === "TWO");
  return fc.letrec<{ any: Expression }>((tie) => {
    const any = tie("any");
    const times = fc.tuple(fc.nat(2), fc.option(fc.nat(2), { nil: undefined }));
    const leaf = fc.oneof(
      fc.string({ unit: character, maxLength: 2 }).map((text): Expression => ({ kind: "text", text })),
      fc.tuple(fc.boolean(), fc.uniqueArray(character, { minLength: 1, maxLength: 3 })).map(
        ([negated, characters]): Expression => ({
          kind: "class",
          negated,
          ranges: characters.map((each) => [each.charCodeAt(0), each.charCodeAt(0)] as const),
        }),
      ),
      fc.constantFrom(...usable).map((name): Expression => ({ kind: "rule", name })),
    );
    return {
      any: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        leaf,
        fc
          .array(any, { minLength: 2, maxLength: 3 })
          .map((parts): Expression => ({ kind: "sequence", parts })),
        fc
          .array(any, { minLength: 2, maxLength: 3 })
          .map((options): Expression => ({ kind: "choice", options })),
        fc.tuple(any, times).map(
          ([of, [least, more]]): Expression => ({
            kind: "repeat",
            of,
            least,
            most: more === undefined ? undefined : least + more,
          }),
        ),
      ),
    };
  }).any;
}

const grammars: fc.Arbitrary<Grammar> = fc
  .tuple(...names.map((name) => expressions(name === "TWO")))
  .map((rules) => ({ start: "start", rules: new Map(rules.map((rule, index) => [names[index]!, rule])) }));

/** How Lark writes it; not a word is shared with what reads it. */
function larkText(expression: Expression): string {
  switch (expression.kind) {
    case "text":
      return JSON.stringify(expression.text);
    case "class": {
      const inside = expression.ranges.map(([code]) => `\\u${code.toString(16).padStart(4, "0")}`).join("");
      return `/[${expression.negated ? "^" : ""}${inside}]/`;
    }
    case "rule":
      return expression.name;
    case "sequence":
      return `(${expression.parts.map(larkText).join(" ")})`;
    case "choice":
      return `(${expression.options.map(larkText).join(" | ")})`;
    case "repeat":
      return `(${larkText(expression.of)}){${expression.least},${expression.most ?? ""}}`;
  }
}

describe("any Lark grammar", () => {
  const runs = Number(process.env["TOKENWIRE_FUZZ"] ?? 150);

  it("has the texts of what was written, through EBNF and inside JSON", () => {
    const text = fc.string({ unit: character, maxLength: 5 });
    fc.assert(
      fc.property(grammars, fc.array(text, { minLength: 4, maxLength: 4 }), (grammar, texts) => {
        const source = [...grammar.rules].map(([name, rule]) => `${name}: ${larkText(rule)}`).join("\n");
        const read = readLark(source);
        for (const each of texts)
          expect([each, accepts(read, each)]).toEqual([each, recognises(grammar, each)]);
      }),
      { numRuns: runs, seed: 11 },
    );
  });

  it("is read or refused with a place, whatever is in it", () => {
    const words = [
      "start",
      ":",
      '"a"',
      "|",
      "(",
      ")",
      "A",
      "/x/",
      "\n",
      "%ignore",
      "%import",
      "common",
      ".",
      "~",
      "2",
      "{",
      "}",
      "->",
      "?",
      "\\",
      "<",
      "é",
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 25 }), fc.string(), (parts, rest) => {
        const source = parts.join(" ") + rest;
        try {
          readLark(source);
        } catch (error) {
          expect(error).toBeInstanceOf(GrammarError);
          const { line, column } = error as GrammarError;
          expect(column).toBeLessThanOrEqual((source.split("\n")[line - 1] ?? "").length + 1);
        }
      }),
      { numRuns: runs * 10, seed: 12 },
    );
  });
});

describe("inside of a JSON string", () => {
  it.each<[string, boolean]>([
    ['start: "a" /[a-z]{2}/ | "é😀"', true],
    ["start: /[!#-[\\]~]/", true],
    ['start: "a" | "b\\""', false],
    ['start: ("a" /[ -z]/)*', false],
    ["start: /[^a]/", false],
    ["start: A\nA: /\\t/", false],
  ])("%s is the same: %s", (source, expected) => {
    expect(isSameInsideJsonString(readLark(source))).toBe(expected);
  });
});
