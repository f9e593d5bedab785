// The ends of grapheme clusters, against the host's segmenter asked about the whole text.

import { describe, expect, it } from "vitest";
import { GraphemeClusters } from "../../../src/tokenizer/huggingface/normalizers/grapheme-clusters.ts";
import { seededRandom } from "../adversarial-text.ts";

const clusters = new GraphemeClusters();
const segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });

function endsByPart(text: string): number[] {
  const ends: number[] = [];
  while ((ends.at(-1) ?? 0) < text.length) ends.push(...clusters.endsFrom(text, ends.at(-1) ?? 0));
  return ends;
}

function endsOfWhole(text: string): number[] {
  return Array.from(segmenter.segment(text), ({ index, segment }) => index + segment.length);
}

/** Characters of every kind that a rule for clusters names, and some that none does. */
const kinds = [
  ..."a \t\r\n1é漢あ가각각\u0301\u0308\u20dd\u200d\u200c\ufe0f❤👩🏽🔬🇩🇪🇫",
  ..."\u0600\u06dd\u0e33\u0eb3\u0903\u0915\u094d\u0937\u09cd\u0d4e\uff9e\u1100\ud800\udc00\u00ad\u2028",
  "\u{110bd}",
  "\u{1f468}",
  "\u{e0020}",
];

describe("grapheme clusters", () => {
  it("finds in parts what the segmenter finds in the whole", () => {
    const random = seededRandom(7);
    const next = (below: number): number => Math.floor(random() * below);
    for (let round = 0; round < 3000; round++) {
      const text = Array.from({ length: 1 + next(24) }, () => kinds[next(kinds.length)]).join("");
      expect([text, endsByPart(text)]).toEqual([text, endsOfWhole(text)]);
    }
  });

  it.each([
    ["one long cluster", `a${"\u0301".repeat(2000)}b`],
    ["flags", "🇩🇪".repeat(700)],
    ["families", "👩‍👩‍👧".repeat(300)],
    ["syllables with virama", "क्ष".repeat(500)],
  ])("reads %s past its window", (_, text) => {
    expect(endsByPart(text)).toEqual(endsOfWhole(text));
  });
});
