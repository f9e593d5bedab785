// Cuts are found from both sides, and only where they are safe.

import { describe, expect, it } from "vitest";
import {
  type CutRule,
  lastSafeCutInText,
  nextSafeCutInText,
} from "../../src/tokenizer/pretokenize/safe-cut.ts";
import { seededRandom } from "./adversarial-text.ts";

/** The definition, unit by unit. White space is what Unicode says, not what the host's `\s` says. */
function isSafe(text: string, at: number, rule: CutRule): boolean {
  const [before, unit] = [text[at - 1]!, text[at]!];
  const isSpace = (character: string): boolean => /\p{White_Space}/u.test(character);
  if (unit === " ") return !isSpace(before);
  if (before !== "\n" || unit === "/" || isSpace(unit)) return false;
  return rule === "newline" || (at > 1 && !isSpace(text[at - 2]!));
}

describe.each(["newline", "single-newline"] as const)("%s", (rule) => {
  it("finds the nearest cut in either direction", () => {
    const random = seededRandom(5);
    for (let i = 0; i < 3000; i++) {
      const length = 1 + Math.floor(random() * 40);
      const text = Array.from({ length }, () => " \n\t/ab中"[Math.floor(random() * 7)]).join("");
      const from = Math.floor(random() * length);
      const cuts = Array.from(text, (_, at) => at).filter((at) => at > 0 && isSafe(text, at, rule));
      const next = cuts.find((at) => at > from) ?? length;
      expect(nextSafeCutInText(text, from, rule), JSON.stringify(text)).toBe(next);
      expect(lastSafeCutInText(text, from, rule), JSON.stringify(text)).toBe(
        cuts.findLast((at) => at > from) ?? 0,
      );
    }
  });

  it("finds only safe cuts where the host disagrees with Unicode about white space", () => {
    const random = seededRandom(6);
    for (let i = 0; i < 3000; i++) {
      const length = 1 + Math.floor(random() * 40);
      const text = Array.from({ length }, () => " \n\x85\ufeff\u3000/a"[Math.floor(random() * 7)]).join("");
      const cut = nextSafeCutInText(text, Math.floor(random() * length), rule);
      expect(cut === length || isSafe(text, cut, rule), JSON.stringify(text)).toBe(true);
    }
  });

  it.each(["a", " ", "\n", "\n/", " \n", "中"])("finds the cut after a long run of %j", (unit) => {
    const text = `${unit.repeat(100_000)}b c`;
    let expected = 1;
    while (!isSafe(text, expected, rule)) expected++;
    expect(nextSafeCutInText(text, 0, rule)).toBe(expected);
  });

  it("looks once at white space that goes on to the end", () => {
    const text = `a${" ".repeat(1_000_000)}`;
    expect(nextSafeCutInText(text, 1, rule)).toBe(text.length);
  });
});

it("finds none for unknown patterns", () => {
  expect(lastSafeCutInText("a b\nc", 0, "none")).toBe(0);
});
