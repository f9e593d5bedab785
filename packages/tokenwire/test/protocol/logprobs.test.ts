import { getEncoding } from "@tokenwire/encodings";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LogprobTracker, toWireLogprob } from "../../src/protocol/logprobs.ts";

const tokenizer = getEncoding("o200k_base");
const utf8 = new TextEncoder();

describe("LogprobTracker", () => {
  it("hands out each token with the text it spells", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 20 }), (text) => {
        const tracker = new LogprobTracker(tokenizer);
        const decoder = tokenizer.createDecoder();
        const bytes: number[] = [];
        for (const id of tokenizer.encodeOrdinary(text)) {
          tracker.push({ id, logprob: -1 });
          const piece = decoder.push([id]);
          if (piece === "") continue;
          tracker.claim(piece);
          for (const entry of tracker.show(piece)) bytes.push(...entry.bytes);
        }
        expect(bytes).toEqual([...utf8.encode(text)]);
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it("passes over tokens that became markers", () => {
    const tracker = new LogprobTracker(tokenizer);
    for (const id of tokenizer.encodeOrdinary("<think> hello")) tracker.push({ id, logprob: -1 });
    tracker.claim(" hello");
    expect(tracker.show(" hello").map((entry) => toWireLogprob(entry, tokenizer).token)).toEqual([" hello"]);
  });

  it("trims the token that a stop string cut", () => {
    const tracker = new LogprobTracker(tokenizer);
    for (const id of tokenizer.encodeOrdinary(" hello")) tracker.push({ id, logprob: -2 });
    tracker.claim(" hello");
    expect(tracker.show(" he")).toEqual([]);
    expect(tracker.cut().map((entry) => toWireLogprob(entry, tokenizer))).toEqual([
      { token: " he", logprob: -2, bytes: [32, 104, 101], top_logprobs: [] },
    ]);
  });
});
