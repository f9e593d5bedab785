import { getEncoding } from "@tokenwire/encodings";
import { describe, expect, it } from "vitest";
import { differencesOf } from "../../src/cli/tokenize/align.ts";
import { TokenPainter } from "../../src/cli/tokenize/colours.ts";
import { inputsOf } from "../../src/cli/tokenize/input.ts";
import { lineChart } from "../../src/cli/tokenize/line-chart.ts";

/** Tokens given as strings, placed one after another. */
function placed(tokens: readonly string[]): { ids: number[]; starts: number[] } {
  const starts: number[] = [];
  let at = 0;
  for (const token of tokens) {
    starts.push(at);
    at += token.length;
  }
  return { ids: tokens.map((_, i) => i), starts };
}

function differences(first: readonly string[], second: readonly string[]): string[] {
  const text = first.join("");
  const same = (i: number, j: number): boolean =>
    first[i] === second[j] && placed(first).starts[i] === placed(second).starts[j];
  return differencesOf(placed(first), placed(second), text.length, same).map(
    ({ startByte, endByte, first: a, second: b }) => {
      return `${text.slice(startByte, endByte)}: ${first.slice(...a).join("|")} / ${second.slice(...b).join("|")}`;
    },
  );
}

describe("differences of two tokenizations", () => {
  it.each([
    [["a", "b"], ["a", "b"], []],
    [["ab", "c"], ["a", "bc"], ["abc: ab|c / a|bc"]],
    [["a", "bc", "d"], ["a", "b", "c", "d"], ["bc: bc / b|c"]],
    [["abc"], ["a", "b", "c"], ["abc: abc / a|b|c"]],
    [
      ["x", "ab", "y", "cd"],
      ["x", "a", "b", "y", "c", "d"],
      ["ab: ab / a|b", "cd: cd / c|d"],
    ],
    [[], [], []],
  ])("%j and %j", (first, second, expected) => {
    expect(differences(first, second)).toEqual(expected);
  });
});

describe("coloured tokens", () => {
  it("marks borders, line breaks, parts of characters and special tokens", () => {
    const encoding = getEncoding("cl100k_base");
    const ids = encoding.encode("hi\n👍<|endoftext|>", { allowedSpecial: "all" });
    expect(new TokenPainter(encoding, false).paint(ids)).toBe(
      "[hi][⏎]\n[\\xf0\\x9f][\\x91][\\x8d][<|endoftext|>]",
    );
    expect(new TokenPainter(encoding, true).paint(ids)).toContain("\u001b[7m<|endoftext|>\u001b[0m");
  });
});

describe("inputs", () => {
  it("reads text, then files, and standard input if nothing is named", () => {
    expect(inputsOf([], "abc").map(({ name, size }) => [name, size])).toEqual([["text", 3]]);
    expect(inputsOf([], undefined).map(({ name }) => name)).toEqual(["-"]);
    expect(() => inputsOf(["no such file"], undefined)).toThrow(/ENOENT/);
  });
});

describe("chart", () => {
  it("draws each series and escapes names", () => {
    const svg = lineChart(
      [
        {
          name: "a<b",
          points: [
            [1000, 0.1],
            [2000, 0.2],
          ],
        },
      ],
      { title: "T", x: "x", y: "y" },
    );
    expect(svg.match(/<polyline/g)).toHaveLength(1);
    expect(svg).toContain("a&lt;b");
    expect(svg).not.toContain("NaN");
  });
});
