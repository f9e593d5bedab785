import { crc32, inflateSync } from "node:zlib";
import { getEncoding } from "@tokenwire/encodings";
import { describe, expect, it } from "vitest";
import { differencesOf } from "../../src/cli/tokenize/align.ts";
import { TokenPainter } from "../../src/cli/tokenize/colours.ts";
import { inputsOf } from "../../src/cli/tokenize/input.ts";
import { lineChart, type Point } from "../../src/cli/tokenize/line-chart.ts";
import { toPng } from "../../src/cli/tokenize/png.ts";
import { strokesOf } from "../../src/cli/tokenize/stroke-font.ts";
import { toSvg } from "../../src/cli/tokenize/svg.ts";

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
  const chart = lineChart(
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

  it("draws each series and escapes names", () => {
    const svg = toSvg(chart);
    // The line and its sign in the legend.
    expect(svg.match(/stroke="#0072b2"/g)).toHaveLength(2);
    expect(svg).toContain("a&lt;b");
    expect(svg).not.toContain("NaN");
  });

  it("draws the same as an image of pixels", () => {
    const { width, height, pixel } = readPng(toPng(chart));
    expect([width, height]).toEqual([2 * chart.width, 2 * chart.height]);
    expect(pixel(0, 0)).toBe("#ffffff");
    const lines = chart.shapes.filter((shape) => shape.kind === "line");
    const [from, to] = lines.find(({ colour }) => colour === "#0072b2")!.points;
    // Both ends and the middle of the line, and not what is well beside it.
    const middle: Point = [(from![0] + to![0]) / 2, (from![1] + to![1]) / 2];
    for (const [x, y] of [from!, middle, to!]) expect(pixel(2 * x, 2 * y)).toBe("#0072b2");
    expect(pixel(2 * middle[0], 2 * middle[1] + 9)).toBe("#ffffff");
    // It ends where it should.
    const length = Math.hypot(to![0] - from![0], to![1] - from![1]);
    const [beyondX, beyondY] = [0, 1].map((i) => 2 * to![i]! + (2.8 * (to![i]! - from![i]!)) / length);
    expect(pixel(beyondX!, beyondY!)).not.toBe("#0072b2");
    const texts = chart.shapes.filter((shape) => shape.kind === "text");
    const [x, y] = texts.find(({ text }) => text === "T")!.at;
    // The foot of the T is on the baseline, in the middle of its width.
    expect(pixel(2 * (x + strokesOf("T", 15).width / 2), 2 * y - 2)).toBe("#222222");
  });

  it("has a sign for every character", () => {
    for (const character of "abcXYZ019.-_/@() µ") {
      const { strokes, width } = strokesOf(`${character}a`, 12);
      expect(width).toBeGreaterThan(strokesOf("a", 12).width);
      expect(strokes.flat(2).every(Number.isFinite)).toBe(true);
    }
    expect(strokesOf("µ", 12)).toEqual(strokesOf("€", 12));
  });
});

/** A reader for what `toPng` writes, which checks every checksum. */
function readPng(file: Uint8Array): {
  readonly width: number;
  readonly height: number;
  readonly pixel: (x: number, y: number) => string;
} {
  const bytes = Buffer.from(file);
  expect(bytes.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const body = bytes.subarray(at + 4, at + 8 + length);
    expect(bytes.readUInt32BE(at + 8 + length)).toBe(crc32(body));
    chunks.set(body.toString("latin1", 0, 4), body.subarray(4));
    at += 12 + length;
  }
  expect([...chunks.keys()]).toEqual(["IHDR", "IDAT", "IEND"]);
  const header = chunks.get("IHDR")!;
  const width = header.readUInt32BE(0);
  const rows = inflateSync(chunks.get("IDAT")!);
  return {
    width,
    height: header.readUInt32BE(4),
    pixel(x, y) {
      const at = Math.floor(y) * (1 + 3 * width) + 1 + 3 * Math.floor(x);
      return `#${rows.toString("hex", at, at + 3)}`;
    },
  };
}
