import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { patternTest } from "../../src/grammar/index.ts";

describe("a pattern", () => {
  it.each([
    ["^(a+)+$", "a".repeat(50_000)],
    ["^(a|aa)+$", "a".repeat(50_000)],
    ["(a*)*b", "a".repeat(50_000)],
    ["^(([a-z])+.)+[A-Z]([a-z])+$", "a".repeat(20_000)],
    ["(x+x+)+y", "x".repeat(20_000)],
    ["^(?:.*,){20}P", "1,".repeat(5_000)],
  ])("that makes others go back for ever is tested at once: %s", (pattern, text) => {
    const started = performance.now();
    expect([true, false, undefined]).toContain(patternTest(pattern)?.(`${text}!`));
    // Generous: going back takes minutes for forty characters.
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it("is found where RegExp finds it", () => {
    const leaf = fc.constantFrom(
      "a",
      "b",
      "[ab]",
      "[^a]",
      "\\d",
      "\\w",
      ".",
      "é",
      "\\.",
      "(?:a|bc)",
      "(?:)",
      "(ab|)",
    );
    const piece = fc
      .tuple(leaf, fc.constantFrom("", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "+?"))
      .map(([of, times]) => of + times);
    const body = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(""));
    const nested = fc
      .tuple(body, body, fc.constantFrom("", "*", "+", "?"))
      .map(([one, two, times]) => `(?:${one}|${two})${times}`);
    const pattern = fc
      .tuple(
        fc.constantFrom("", "^"),
        fc.oneof(
          body,
          nested,
          fc.tuple(body, nested).map((parts) => parts.join("")),
        ),
        fc.constantFrom("", "$"),
      )
      .map((parts) => parts.join(""));
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c", "1", ".", "é", "😀"), maxLength: 8 });
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 5, maxLength: 5 }), (source, texts) => {
        const test = patternTest(source);
        for (const each of texts)
          expect([source, each, test?.(each)]).toEqual([source, each, new RegExp(source, "u").test(each)]);
      }),
      { numRuns: Number(process.env["TOKENWIRE_FUZZ"] ?? 500), seed: 3 },
    );
  });

  it("is left alone where it says more, or is too large", () => {
    for (const pattern of ["(?=a)b", "(a)\\1", "^a|b$", "a|^b", "a$|b", "^^a", "\\bword", "a{5001}", "("])
      expect(patternTest(pattern)).toBeUndefined();
  });
});
