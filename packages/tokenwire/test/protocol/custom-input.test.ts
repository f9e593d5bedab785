// The text of a custom tool's call, whatever the model writes around it and however it is cut.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CustomInputReader } from "../../src/protocol/custom-input.ts";

function read(pieces: readonly string[], isComplete = true): { text: string; surplus: string | undefined } {
  const reader = new CustomInputReader();
  const text = pieces.map((piece) => reader.push(piece)).join("") + reader.end(isComplete);
  return { text, surplus: reader.surplus };
}

const cuts = fc.array(fc.nat(40), { maxLength: 12 });

/** A text cut after these lengths. */
function cut(text: string, lengths: readonly number[]): string[] {
  const pieces: string[] = [];
  let at = 0;
  for (const length of lengths) {
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return [...pieces, text.slice(at)];
}

describe("the input of a custom tool", () => {
  it.each([
    ['{"input": "ls -l"}', "ls -l"],
    [' {\n "input" :\t"a\\nb\\t\\"c\\" \\u00e9 \\ud83d\\ude00 \\/ \\\\" } \n', 'a\nb\t"c" é 😀 / \\'],
    ['{"input": ""}', ""],
    ["{}", ""],
    [" { } ", ""],
    ["", ""],
    // Not JSON, or other JSON: the input as it stands.
    ["print(1)\n{}", "print(1)\n{}"],
    ['{"code": "x"}', '{"code": "x"}'],
    ['{"input": 5}', '{"input": 5}'],
    ['{"inp', '{"inp'],
    ['"just text"', '"just text"'],
    // Not quite JSON: what is meant is clear.
    ['{"input": "a\nb"}', "a\nb"],
    ['{"input": "C:\\path \\u12 \\uD83D!"}', "C:\\path \\u12 \ud83d!"],
    ['{"input": "unfinished', "unfinished"],
    ['{"input": "unfinished\\', "unfinished\\"],
  ])("of %j is %j", (written, text) => {
    expect(read([written])).toEqual({ text, surplus: undefined });
    expect(read([...written])).toEqual({ text, surplus: undefined });
  });

  it("is any text, however it is cut", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), cuts, (input, lengths) => {
        const pieces = cut(JSON.stringify({ input }), lengths);
        expect(read(pieces)).toEqual({ text: input, surplus: undefined });
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it("does not depend on the cuts of anything else either", () => {
    const fragment = fc.constantFrom(
      '{"input"',
      ":",
      ' "',
      "\\",
      "u",
      "d83d",
      "\\ude00",
      "x",
      '"',
      "}",
      "{",
      "\n",
    );
    fc.assert(
      fc.property(
        fc.array(fragment, { maxLength: 12 }),
        cuts,
        fc.boolean(),
        (fragments, lengths, isComplete) => {
          const written = fragments.join("");
          expect(read(cut(written, lengths), isComplete)).toEqual(read([written], isComplete));
        },
      ),
      { seed: 8, numRuns: 2_000 },
    );
  });

  it("never holds half a character out", () => {
    const reader = new CustomInputReader();
    const pieces = [...'{"input":"\\ud83d\\ude00"}']
      .map((piece) => reader.push(piece))
      .filter((text) => text);
    expect(pieces).toEqual(["😀"]);
  });

  it("of a call that was cut is the beginning of what it would have been", () => {
    const written = '{"input": "a\\n\\u00e9\\ud83d\\ude00b"}';
    for (let length = 0; length <= written.length; length++) {
      expect("a\né😀b".startsWith(read([written.slice(0, length)], false).text)).toBe(true);
    }
  });

  it("tells of what stands behind it", () => {
    expect(read(['{"input": "a", "more": 1}'])).toEqual({ text: "a", surplus: ', "more": 1}' });
  });

  it("reads endless white space in one go", () => {
    const reader = new CustomInputReader();
    reader.push("{");
    const steps = 200_000;
    for (let step = 0; step < steps; step++) reader.push(" ");
    expect(reader.push('"input":"x"}')).toBe("x");
  });
});
