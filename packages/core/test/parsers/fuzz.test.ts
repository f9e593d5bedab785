// Mutated outputs: no format throws, loses a character, breaks the contract of events, or depends on the cuts.
// TOKENWIRE_FUZZ sets the number of inputs.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  type Dialect,
  getReasoningFormat,
  getToolFormat,
  listReasoningParsers,
  listToolParsers,
  type OutputParserOptions,
  type ToolDefinition,
} from "../../src/parsers/index.ts";
import { accounted, chop, chopRandomly, contractFault, feed, normalise, seeded } from "./support.ts";

const folder = new URL("../../fixtures/parsers/", import.meta.url);
const iterations = Number(process.env["TOKENWIRE_FUZZ"] ?? 4000);
/** Milliseconds; generous, since a machine may be busy. */
const timeout = 60_000 + 5 * iterations;
const dialects: readonly Dialect[] = ["tokenwire", "smg", "vllm", "sglang"];
const noise = [
  "<",
  ">",
  "{",
  "}",
  "[",
  "]",
  '"',
  "'",
  "\\",
  "\n",
  " ",
  ",",
  ":",
  "(",
  ")",
  "=",
  "null",
  "1e400",
  "-",
  "\ud83d",
  "\ude00",
  "é",
  "｜",
  '{"name": "f", "arguments": {',
  "<think>",
  "</think>",
  "\\u00",
  "```",
  "&lt;",
  "\r\n",
];

interface Subject {
  readonly options: OutputParserOptions;
  readonly seeds: readonly string[];
  readonly markers: readonly string[];
  readonly accounts: boolean;
}

function subject(kind: "tool" | "reasoning", name: string): Subject {
  const fixture = JSON.parse(readFileSync(new URL(`${kind}/${name}.json`, folder), "utf8")) as {
    tools?: readonly ToolDefinition[];
    samples: readonly { output: string }[];
  };
  const format = kind === "tool" ? getToolFormat(name) : getReasoningFormat(name);
  return {
    options: { [kind]: name, tools: fixture.tools },
    seeds: fixture.samples.map((sample) => sample.output),
    markers: [...format.markers, ...noise],
    accounts: name !== "minimax_m2_append_think",
  };
}

const subjects = [
  ...listToolParsers().map((name) => subject("tool", name)),
  ...listReasoningParsers().map((name) => subject("reasoning", name)),
];

function pick<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)] as T;
}

function mutate(text: string, { seeds, markers }: Subject, random: () => number): string {
  let result = text;
  for (let edits = 1 + Math.floor(random() * 4); edits > 0; edits--) {
    const at = Math.floor(random() * (result.length + 1));
    const length = Math.floor(random() * 12);
    const kind = random();
    if (kind < 0.3) result = result.slice(0, at) + result.slice(at + length);
    else if (kind < 0.45) result = result.slice(0, at) + result.slice(at, at + length) + result.slice(at);
    else if (kind < 0.85) result = result.slice(0, at) + pick(markers, random) + result.slice(at);
    else result = result.slice(0, at) + pick(seeds, random).slice(Math.floor(random() * 40));
  }
  return result;
}

/** What is wrong with the parser on this input; undefined when nothing is. */
function fault(
  input: string,
  options: OutputParserOptions,
  accounts: "order" | "count" | "no",
  random: () => number,
): string | undefined {
  const whole = normalise(feed([input], options));
  const contract = contractFault(whole);
  if (contract !== undefined) return contract;
  const source = accounted(whole);
  const lost = accounts === "order" ? source !== input : source.length !== input.length;
  if (accounts !== "no" && lost) return `accounts for ${JSON.stringify(source)}`;
  const pieces = random() < 0.3 ? chop(input, 1) : chopRandomly(input, random);
  const cut = normalise(feed(pieces, options));
  if (JSON.stringify(cut) !== JSON.stringify(whole)) return `differs when cut as ${JSON.stringify(pieces)}`;
  return undefined;
}

describe("mutated outputs", () => {
  it(
    `${iterations} inputs over ${subjects.length} formats and ${dialects.length} dialects`,
    () => {
      const random = seeded(Number(process.env["TOKENWIRE_FUZZ_SEED"] ?? 1));
      for (let run = 0; run < iterations; run++) {
        const one = subjects[run % subjects.length] as Subject;
        const input = mutate(pick(one.seeds, random), one, random);
        const options: OutputParserOptions = {
          ...one.options,
          compat: pick(dialects, random),
          commit: random() < 0.8 ? "eager" : "closed",
          trace: true,
          inReasoningAtStart: random() < 0.5,
          limits:
            random() < 0.1 ? { callLength: 60, bareCandidate: 30, heldText: 40, calls: 2, depth: 4 } : {},
        };
        const wrong = fault(input, options, one.accounts ? "order" : "no", random);
        if (wrong !== undefined) {
          expect.fail(`${JSON.stringify(options)}\n${JSON.stringify(input)}\n${wrong}`);
        }
      }
    },
    timeout,
  );

  it(
    "both stages together",
    () => {
      const random = seeded(2);
      const tools = subjects.slice(0, listToolParsers().length);
      const reasoning = subjects.slice(listToolParsers().length);
      for (let run = 0; run < iterations / 4; run++) {
        const tool = pick(tools, random);
        const think = pick(reasoning, random);
        const input = mutate(pick(think.seeds, random) + pick(tool.seeds, random), tool, random);
        const options = { ...tool.options, ...think.options, tools: tool.options.tools, trace: true };
        // A wrapper that one stage removes may overtake a character that the other still holds.
        const wrong = fault(input, options, think.accounts ? "count" : "no", random);
        if (wrong !== undefined) {
          expect.fail(`${JSON.stringify(options)}\n${JSON.stringify(input)}\n${wrong}`);
        }
      }
    },
    timeout,
  );
});
