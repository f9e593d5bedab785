import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Segmenter } from "../../../src/engines/embedded/segment.ts";

const words = [
  " the",
  "the",
  " weather",
  "weather",
  "th",
  "wea",
  "her",
  '{"',
  '":',
  "12",
  "34",
  ".\n\n",
  "\n\n",
];
const pieces = [...Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)), ...words];
const segmenter = new Segmenter(new Map(pieces.map((piece, row) => [piece, row])));

function cut(text: string): string[] {
  const rows: number[] = [];
  segmenter.segment(text, rows);
  return rows.map((row) => pieces[row]!);
}

describe("Segmenter", () => {
  it("takes known words whole, with the space before them", () => {
    expect(cut("the weather")).toEqual(["the", " weather"]);
    expect(cut(" theme")).toEqual([" ", "the", "m", "e"]);
  });

  it("cuts an unknown word alike after a space, in JSON and at the start", () => {
    const word = ["wea", "th"];
    expect(cut("weath")).toEqual(word);
    expect(cut(" weath")).toEqual([" ", ...word]);
    expect(cut('{"weath":')).toEqual(['{"', ...word, '":']);
  });

  it("keeps two digits together and cuts longer numbers singly", () => {
    expect(cut("12")).toEqual(["12"]);
    expect(cut("1234")).toEqual(["1", "2", "3", "4"]);
    expect(cut("7 12")).toEqual(["7", " ", "12"]);
  });

  it("leaves the space before a word out of a run of punctuation", () => {
    expect(cut(".\n\n the")).toEqual([".\n\n", " the"]);
  });

  it("loses no byte of anything", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const text = String.fromCharCode(...bytes);
        return cut(text).join("") === text;
      }),
    );
  });

  it("needs all single bytes", () => {
    expect(() => new Segmenter(new Map([["a", 0]])).segment("b", [])).toThrow(/all 256 bytes/);
  });
});
