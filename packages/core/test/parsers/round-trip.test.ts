// What a format writes it reads back: random calls through renderToolCalls and the parser, whole and cut.

import { describe, expect, it } from "vitest";
import {
  createOutputParser,
  getToolFormat,
  listToolParsers,
  parseToolCalls,
  renderToolCalls,
} from "../../src/parsers/index.ts";
import { chopRandomly, feed, normalise, seeded } from "./support.ts";

type Value = string | number | boolean | null | Value[] | { [key: string]: Value };

/** What a format cannot say, so that the generator does not ask for it. */
interface Limits {
  /** Characters of strings; JSON can say any. */
  readonly alphabet: "any" | "no-tags" | "words";
  readonly name: readonly string[];
  readonly nested: boolean;
  readonly nulls?: false;
  readonly empty?: false;
  readonly single?: true;
}

const names = ["f", "get_weather", "files.read", "a-b", "__proto__", "naïve"];
const plain = ["f", "get_weather", "g2"];
const json: Limits = { alphabet: "any", name: names, nested: true };
const raw: Limits = { alphabet: "no-tags", name: names, nested: true };
const python: Limits = { alphabet: "any", name: ["f", "get_weather", "files.read"], nested: true };

const limits: Readonly<Record<string, Limits>> = {
  json,
  json_array: json,
  hermes: json,
  longcat: json,
  mistral: json,
  llama3_json: json,
  granite: json,
  granite4: json,
  "granite-20b-fc": json,
  hunyuan_a13b: json,
  jamba: json,
  internlm: json,
  xlam: json,
  phi4_mini_json: json,
  ernie45: json,
  gigachat3: json,
  apertus: json,
  inkling: json,
  cohere: json,
  deepseek_v3: json,
  deepseek_v31: json,
  harmony: { ...json, name: ["f", "get_weather", "files.read", "a-b"] },
  kimi_k2: json,
  pythonic: python,
  llama4_pythonic: python,
  olmo3: python,
  lfm2: python,
  sarashina: json,
  deepseek_v32: raw,
  deepseek_v4: raw,
  kimi_k3: raw,
  glm45: raw,
  glm47: raw,
  poolside_v1: raw,
  hy_v3: raw,
  solar_open2: raw,
  k2_horizon: raw,
  muse: raw,
  qwen3_coder: raw,
  step3p5: raw,
  seed_oss: raw,
  // White space around a value is not kept, so an empty or blank string cannot be told from it.
  step3: { ...raw, alphabet: "words" },
  dots: { ...raw, alphabet: "words" },
  minicpm5: { ...raw, alphabet: "words" },
  minimax_m2: raw,
  minimax_m3: { alphabet: "words", name: names, nested: true, empty: false },
  // Keys and tokens are bare words.
  gemma4: { alphabet: "no-tags", name: names, nested: true },
  functiongemma: { alphabet: "words", name: plain, nested: true },
};

const pieces = {
  any: [
    "a",
    "é",
    "漢",
    "🙂",
    '"',
    "\\",
    "'",
    "\n",
    "\t",
    " ",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    "</tool_call>",
    "`",
  ],
  "no-tags": ["a", "é", "漢", "🙂", '"', "\\", "'", "x\ny", " ", "{", "}", "&lt;", "1", "true"],
  words: ["a", "é", "漢", "🙂", "b c", "1", "tr"],
};

function randomString(alphabet: Limits["alphabet"], random: () => number): string {
  const parts = pieces[alphabet];
  const count = Math.floor(random() * 8) + (alphabet === "words" ? 1 : 0);
  return Array.from({ length: count }, () => parts[Math.floor(random() * parts.length)]).join("");
}

function randomValue(limit: Limits, random: () => number, depth: number): Value {
  const kind = Math.floor(random() * (limit.nested && depth < 3 ? 7 : 5));
  switch (kind) {
    case 0:
    case 1:
      return randomString(limit.alphabet, random);
    case 2:
      return Math.floor(random() * 2e6) - 1e6;
    case 3:
      return random() < 0.5;
    case 4:
      return Math.floor(random() * 1000) / 8;
    case 5:
      return Array.from({ length: Math.floor(random() * 3) + (limit.empty === false ? 1 : 0) }, () =>
        randomValue(limit, random, depth + 1),
      );
    default:
      return randomObject(limit, random, depth + 1);
  }
}

function randomObject(limit: Limits, random: () => number, depth: number): { [key: string]: Value } {
  const least = limit.empty === false && depth > 0 ? 1 : 0;
  const count = Math.floor(random() * 4) + least;
  const keys = ["a", "b_c", "city", "n1", "items"].slice(0, count);
  return Object.fromEntries(keys.map((key) => [key, randomValue(limit, random, depth)]));
}

/** A schema that says the type of every value: what raw values need to be read back exactly. */
function schemaOf(value: Value): object {
  if (value === null) return { type: "null" };
  if (Array.isArray(value)) return { type: "array", prefixItems: value.map(schemaOf), items: {} };
  if (typeof value === "object") {
    const properties = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, schemaOf(item)]));
    return { type: "object", properties };
  }
  if (typeof value === "number") return { type: Number.isInteger(value) ? "integer" : "number" };
  return { type: typeof value };
}

describe("round trip", () => {
  it("covers every format", () => {
    expect(listToolParsers().filter((name) => name !== "passthrough" && limits[name] === undefined)).toEqual(
      [],
    );
  });

  for (const [name, limit] of Object.entries(limits)) {
    it(name, () => {
      const random = seeded(11);
      for (let run = 0; run < 60; run++) {
        const count = limit.single ? 1 : 1 + Math.floor(random() * 3);
        const picked = Array.from(
          { length: count },
          (_, index) => limit.name[(run + index) % limit.name.length]!,
        );
        const calls = [...new Set(picked)].map((tool) => ({ tool, value: randomObject(limit, random, 0) }));
        const tools = calls.map(({ tool, value }) => ({ name: tool, parameters: schemaOf(value) }));
        const output = renderToolCalls(
          name,
          calls.map(({ tool, value }) => ({ name: tool, arguments: JSON.stringify(value) })),
        );
        const parsed = parseToolCalls(output, name, { tools });
        expect(
          parsed.calls.map((call) => ({ tool: call.name, value: JSON.parse(call.arguments) as Value })),
          output,
        ).toEqual(calls);
        expect(parsed.text, output).toBe("");
        const whole = normalise(feed([output], { tool: name, tools }));
        expect(normalise(feed(chopRandomly(output, random), { tool: name, tools }))).toEqual(whole);
      }
    });
  }
});

describe("a format of one's own", () => {
  it("runs on the same engine", () => {
    const mine = { ...getToolFormat("hermes"), name: "mine", aliases: {} };
    const parser = createOutputParser({ tool: mine });
    const events = parser.push('<tool_call>{"name": "f", "arguments": {}}</tool_call>');
    expect(events[0]).toMatchObject({ type: "tool-call", name: "f" });
  });
});
