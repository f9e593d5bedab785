// What the packaged model can do, on words that its corpus does not contain. By default a twelfth of the cases;
// TOKENWIRE_QUALITY=1 measures all of them and holds them to the bars of the model card.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { loadHarmonyEncoding } from "@tokenwire/core/harmony";
import { getEncoding } from "@tokenwire/encodings";
import { beforeAll, describe, expect, it } from "vitest";
import { createDocument } from "../../../../../tools/toy/corpus/document.ts";
import { Random } from "../../../../../tools/toy/corpus/random.ts";
import { cities, names } from "../../../../../tools/toy/corpus/words.ts";
import { Interviewer } from "../../../../../tools/toy/quality/ask.ts";
import { type Bar, measureQuality } from "../../../../../tools/toy/quality/bars.ts";
import { heldOutCities, heldOutNames, heldOutTools } from "../../../../../tools/toy/quality/held-out.ts";
import { openEmbeddedEngine, packagedModel } from "../../../src/engines/index.ts";

const complete = process.env["TOKENWIRE_QUALITY"] === "1";
const tokenizer = getEncoding("o200k_harmony");

describe("the packaged model", () => {
  it("is the one that the model card describes, and small", () => {
    const file = readFileSync(packagedModel);
    const card = readFileSync(new URL("../../../data/MODEL_CARD.md", import.meta.url), "utf8");
    expect(card).toContain(createHash("sha256").update(file).digest("hex"));
    expect(file.length).toBeLessThanOrEqual(1_200_000);
  });

  it("is measured on words that it has not seen", () => {
    const known = new Set([...names, ...cities]);
    expect([...heldOutNames, ...heldOutCities].filter((word) => known.has(word))).toEqual([]);
    const random = new Random(4242);
    const texts = Array.from({ length: 300 }, () => createDocument(random))
      .flat()
      .map((run) => ("text" in run ? run.text : ""))
      .join("\n");
    const held = [...heldOutNames, ...heldOutCities, ...heldOutTools.map(({ name }) => name)];
    expect(held.filter((word) => texts.includes(word))).toEqual([]);
  });
});

describe(complete ? "quality, complete" : "quality, a sample", () => {
  let bars: Bar[] = [];

  beforeAll(async () => {
    const interviewer = new Interviewer(openEmbeddedEngine({ tokenizer }), loadHarmonyEncoding(tokenizer));
    bars = await measureQuality(interviewer, complete ? 1 : 1 / 12);
  }, 600_000);

  it("holds simple conversations in valid harmony", () => {
    expect(bars).toHaveLength(8);
    for (const { name, target, passed, total, failures } of bars) {
      // A sample is too small for the bar itself; it finds a model that has lost a skill.
      const least = complete ? target * total : Math.floor((target - 0.15) * total);
      expect(passed, `${name}: ${passed} of ${total}\n${failures.join("\n")}`).toBeGreaterThanOrEqual(least);
    }
  });
});
