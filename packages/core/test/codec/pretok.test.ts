import { type PreTokProgram, runPreTokProgram, runPreTokProgramPartial } from "@tokenwire/core/codec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { programs } from "./programs.ts";

/** Fragments that sit on the borders of the ops: cases, contractions, digits, marks, white space, scripts. */
const fragment = fc.constantFrom(
  "a",
  "Bc",
  "日本",
  "ABC",
  "'",
  "'s",
  "'l",
  "'ſ",
  "l",
  " ",
  "  ",
  "\n",
  "\r\n",
  "\t",
  "\u00a0",
  "\u0085",
  "\ufeff",
  "1",
  "234",
  "٣",
  "é",
  "e\u0301",
  "\u0301",
  "!",
  "?!",
  "/",
  "_",
  "😀",
  "👩‍👩‍👧",
  "ǅ",
  "ʰ",
  "。",
  "한",
  "ไทย",
  "$",
);
const text = fc.array(fragment, { maxLength: 14 }).map((parts) => parts.join(""));

describe("pre-tokenizer programs", () => {
  it.each(Object.entries(programs))("%s: final pieces survive whatever is appended", (_name, program) => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const { pieces, finalCount } = runPreTokProgramPartial(program, before);
        expect(runPreTokProgram(program, before + after).slice(0, finalCount)).toEqual(
          pieces.slice(0, finalCount),
        );
      }),
      { numRuns: 1500, seed: 5 },
    );
  });

  it.each(Object.entries(programs))("%s: pieces join to the text", (_name, program) => {
    fc.assert(
      fc.property(text, (value) => {
        expect(runPreTokProgram(program, value).join("")).toBe(value);
      }),
      { numRuns: 300, seed: 6 },
    );
  });

  it.each([
    ["a newer version", { version: 3, ops: [] }, /version 3 is not supported/],
    ["no ops", { version: 1, ops: [] }, /non-empty/],
    ["an unknown op", { version: 1, ops: [{ op: "emoji" }] }, /unknown op "emoji"/],
    ["an unknown stage", { version: 2, stages: [{ stage: "x" }] }, /unknown stage "x"/],
    ["a bad field", { version: 1, ops: [{ op: "numbers", max_run: -1 }] }, /ops\[0\]\.max_run: -1/],
    ["a missing field", { version: 1, ops: [{ op: "literals" }] }, /patterns: absent/],
    [
      "metaspace_split among others",
      { version: 1, ops: [{ op: "ws_run" }, { op: "metaspace_split" }] },
      /unknown op/,
    ],
  ] as const)("refuses %s", (_name, program, message) => {
    expect(() => runPreTokProgram(program as unknown as PreTokProgram, "a")).toThrow(message);
  });
});
