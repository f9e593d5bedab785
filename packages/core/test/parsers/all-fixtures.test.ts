// Every format reads its fixture to the same events, however the output is cut; every format has one.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  listReasoningParsers,
  listToolParsers,
  type OutputEvent,
  type OutputParserOptions,
  type ToolDefinition,
} from "../../src/parsers/index.ts";
import { accounted, chop, chopRandomly, contractFault, feed, normalise, seeded } from "./support.ts";

interface Sample {
  readonly about: string;
  readonly output: string;
  readonly inReasoningAtStart?: boolean;
  readonly events: readonly OutputEvent[];
}

interface Fixture {
  readonly tools?: readonly ToolDefinition[];
  readonly samples: readonly Sample[];
}

const folder = new URL("../../fixtures/parsers/", import.meta.url);

function fixture(kind: string, name: string): Fixture {
  return JSON.parse(readFileSync(new URL(`${kind}/${name}.json`, folder), "utf8")) as Fixture;
}

const kinds = [
  { kind: "tool", names: listToolParsers() },
  { kind: "reasoning", names: listReasoningParsers() },
];

for (const { kind, names } of kinds) {
  describe(`${kind} formats`, () => {
    it("each has a fixture, and each fixture a format", () => {
      expect(names.filter((name) => !existsSync(new URL(`${kind}/${name}.json`, folder)))).toEqual([]);
      const files = readdirSync(new URL(`${kind}/`, folder)).map((file) => file.replace(/\.json$/, ""));
      expect(files.filter((file) => !names.includes(file))).toEqual([]);
    });

    for (const name of names) {
      it(name, () => {
        const { tools, samples } = fixture(kind, name);
        const random = seeded(7);
        for (const sample of samples) {
          const options: OutputParserOptions = {
            [kind]: name,
            tools,
            inReasoningAtStart: sample.inReasoningAtStart,
          };
          const expected = sample.events;
          expect(normalise(feed([sample.output], options)), sample.about).toEqual(expected);
          expect(contractFault(expected), sample.about).toBeUndefined();
          const cuts = [1, 2, 3, 5, 8].map((size) => chop(sample.output, size));
          for (let run = 0; run < 6; run++) cuts.push(chopRandomly(sample.output, random));
          for (const pieces of cuts) {
            expect(normalise(feed(pieces, options)), JSON.stringify(pieces)).toEqual(expected);
          }
          if (name !== "minimax_m2_append_think") {
            expect(accounted(feed([sample.output], { ...options, trace: true }))).toBe(sample.output);
          }
        }
      });
    }
  });
}
