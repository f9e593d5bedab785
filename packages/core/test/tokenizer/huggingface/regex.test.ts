// Translated regular expressions: what they match, and what is refused by name.

import { describe, expect, it } from "vitest";
import { regexPattern } from "../../../src/tokenizer/huggingface/pattern.ts";

function found(source: string, text: string, flavour: "oniguruma" | "rust" = "oniguruma"): string[] {
  return [...regexPattern(source, "$", flavour).matches(text)].map(([start, end]) => text.slice(start, end));
}

describe("translated expressions", () => {
  it.each<[string, string, string[]]>([
    ["[a-c]+", "abcd cab", ["abc", "cab"]],
    ["\\s+", "a\u0085b\ufeffc\u3000", ["\u0085", "\u3000"]],
    ["\\S+", "a\u0085b", ["a", "b"]],
    ["\\w+", "naïve_1-x", ["naïve_1", "x"]],
    ["\\p{Han}+", "ab漢字c", ["漢字"]],
    ["[\\p{L}&&[^\\p{Han}]]+", "ab漢字c", ["ab", "c"]],
    ["[^\\r\\n]+", "a\nb", ["a", "b"]],
    ["(?i:'s|'ll)", "'S 'lL 'ſ 't", ["'S", "'lL", "'ſ"]],
    ["(?i)k+", "kK\u212a", ["kK\u212a"]],
    ["(?i:[a-c]+)", "aBC", ["aBC"]],
    ["a++b", "aab", ["aab"]],
    ["(?>a+)ab", "aaab", []],
    ["a{2}", "aaaaa", ["aa", "aa"]],
    ["a{,2}b", "aaab", ["aab"]],
    ["a+?", "aa", ["a", "a"]],
    ["(a|b)(?:c)(?<n>d)", "acd bcd", ["acd", "bcd"]],
    ["(?<=x)a(?!b)", "xa xab", ["a"]],
    ["\\Aa|a\\z", "aaa", ["a", "a"]],
    ["\\x41\\x{42}\\u0043", "ABC", ["ABC"]],
    ["[\\]\\-\\[]", "a]-[", ["]", "-", "["]],
    ["[a-]", "a-b", ["a", "-"]],
    ["[[:alpha:]]+", "aé1", ["aé"]],
    ["\\bon\\b", "on upon on", ["on", "on"]],
    ["\\h+", "xyzBEEF", ["BEEF"]],
    ["a\\R", "a\r\na\n", ["a\r\n", "a\n"]],
    [".", "a\nb", ["a", "b"]],
    ["😀+|[😀-😂]", "😀😀😁", ["😀😀", "😁"]],
  ])("%s", (source, text, expected) => {
    expect(found(source, text)).toEqual(expected);
  });

  it("reads line anchors as each engine does", () => {
    expect(found("^a", "a\na")).toEqual(["a", "a"]);
    expect(found("^a", "a\na", "rust")).toEqual(["a"]);
    expect(found("a$", "a\na")).toEqual(["a", "a"]);
    expect(found("a$", "a\na", "rust")).toEqual(["a"]);
  });

  it("reads {n,m}+ as each engine does", () => {
    expect(found("\\d{1,3}+", "12345")).toEqual(["12345"]);
    expect(found("\\d{1,3}+", "12345", "rust")).toEqual(["123", "45"]);
  });

  it("finds places without width, but none right after a match", () => {
    const at = [...regexPattern("(?=(\\d{3})+(?!\\d))", "$").matches("1234567")].map(([start]) => start);
    expect(at).toEqual([1, 4]);
    expect([...regexPattern("b*", "$").matches("abb")]).toEqual([
      [0, 0],
      [1, 3],
    ]);
  });

  it.each([
    ["(a)\\1", /back reference/],
    ["(?m:.)", /group/],
    ["(?#comment)", /group/],
    ["\\X", /\\X/],
    ["\\p{NoSuchThing}", /NoSuchThing/],
    ["[a", /closing bracket/],
    ["(a", /parenthesis/],
    ["a)", /stray \)/],
    ["*a", /nothing before/],
    ["[z-a]", /range/],
    ["[[:nope:]]", /nope/],
    ["\\x{110000}", /code point/],
  ])("refuses %s by name", (source, message) => {
    expect(() => found(source, "a")).toThrow(message);
    expect(() => found(source, "a")).toThrow(/Unsupported tokenizer: \$/);
  });
});
