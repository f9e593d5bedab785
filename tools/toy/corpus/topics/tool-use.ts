// Tool calls: known kinds of tools under changing names, and tools with made-up names and parameters, so that names
// and arguments are copied rather than remembered.

import type { Random } from "../random.ts";
import type { Parameter, Tool } from "../tool-text.ts";
import type { Step, Turn } from "../transcript.ts";
import {
  aCity,
  aName,
  aNoun,
  aPhrase,
  aSentence,
  capitalise,
  conditions,
  madeUpWord,
  names,
} from "../words.ts";

/** One use of a tool: what the user says, the arguments, what comes back and what is said about it. */
interface Use {
  readonly tool: Tool;
  readonly user: string;
  readonly args: Readonly<Record<string, string | number | boolean>>;
  readonly result: string;
  readonly final: string;
}

type Value = string | number | boolean;

/** JSON as JavaScript or as Python prints it. */
function toJson(random: Random, value: Readonly<Record<string, Value>>): string {
  const text = JSON.stringify(value);
  if (random.chance(0.65)) return text;
  const parts = Object.entries(value).map(([key, item]) => `"${key}": ${JSON.stringify(item)}`);
  return `{${parts.join(", ")}}`;
}

function sayFields(value: Readonly<Record<string, Value>>): string {
  const parts = Object.entries(value).map(([key, item]) => `${key} is ${item}`);
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

function describe(random: Random, parameter: Parameter, text: string): Parameter {
  if (random.chance(0.15)) return { ...parameter, description: aSentence(random, 2, 8) };
  return random.chance(0.35) ? { ...parameter, description: text } : parameter;
}

function weather(random: Random): Use {
  const city = aCity(random);
  const key = random.weighted([
    [5, "city"],
    [5, "location"],
    [1, "place"],
    [1, "town"],
    [1, madeUpWord(random)],
  ]);
  const withUnit = random.chance(0.35);
  const unit = random.pick(["celsius", "fahrenheit"]);
  const saysUnit = withUnit && random.chance(0.6);
  const name = random.weighted([
    [5, "get_weather"],
    [3, "get_current_weather"],
    [1, "weather"],
    [1, "getWeather"],
    [1, "fetch_weather"],
    [1, `${madeUpWord(random)}_weather`],
  ]);
  const tool: Tool = {
    name,
    description: random.pick([
      "Get the current weather for a city.",
      "Gets the current weather in the provided location.",
      "Get the weather",
      "Returns the weather of a place.",
      "Get the current weather in a given location",
      "Get current temperature for a given location.",
      "",
    ]),
    parameters: [
      describe(random, { name: key, type: "string" }, "The city and state, e.g. San Francisco, CA"),
      ...(withUnit
        ? [
            {
              name: random.pick(["unit", "format", "unit"]),
              type: "string" as const,
              choices: ["celsius", "fahrenheit"],
              optional: true,
            },
          ]
        : []),
    ],
  };
  const question = random.pick([
    `What is the weather in ${city}`,
    `What's the weather in ${city}`,
    `What is the weather like in ${city}`,
    `What's the weather like in ${city}`,
    `How is the weather in ${city}`,
    `Tell me the weather in ${city}`,
    `Can you check the weather in ${city}`,
    `Is it raining in ${city}`,
    `How warm is it in ${city}`,
    `Weather in ${city}`,
    `I want to know the weather in ${city}`,
    `What is the temperature in ${city}`,
    `Please get the weather for ${city}`,
  ]);
  const suffix = saysUnit ? ` in ${unit}` : random.pick(["", "", "", " today", " right now", " now"]);
  const unitKey = tool.parameters[1]?.name ?? "unit";
  const report = weatherReport(random, city);
  return {
    tool,
    user: question + suffix + random.pick(["?", "?", "?", "", "."]),
    args: saysUnit ? { [key]: city, [unitKey]: unit } : { [key]: city },
    ...report,
  };
}

function weatherReport(random: Random, city: string): { result: string; final: string } {
  const temperature = random.integer(-9, 40);
  const condition = random.pick(conditions);
  const plain = `It is ${temperature} degrees and ${condition} in ${city}.`;
  return random.weighted<() => { result: string; final: string }>([
    [
      5,
      () => {
        const fields = random.pick<Record<string, Value>>([
          { temperature, condition },
          { condition, temperature },
          { city, temperature, condition },
          { temperature, condition, unit: "celsius" },
        ]);
        return { result: toJson(random, fields), final: plain };
      },
    ],
    [
      2,
      () => {
        const fields = { [random.pick(["temp", "temp_c", "degrees", madeUpWord(random)])]: temperature };
        return { result: toJson(random, fields), final: `In ${city} the ${sayFields(fields)}.` };
      },
    ],
    [
      2,
      () => ({
        result: random.pick([
          `${capitalise(condition)}, ${temperature} degrees`,
          `${temperature} degrees and ${condition}`,
          `${temperature}°C, ${condition}`,
        ]),
        final: plain,
      }),
    ],
  ])();
}

/** Tools of everyday kinds. */
const everyday: readonly ((random: Random) => Use)[] = [
  (random) => {
    const city = aCity(random);
    const hour = random.integer(0, 23);
    const minute = random.integer(10, 59);
    const key = random.pick(["city", "timezone", "location"]);
    return {
      tool: {
        name: random.pick(["get_time", "get_current_time", "local_time"]),
        description: random.pick(["Get the current time in a city.", "Returns the local time", ""]),
        parameters: [{ name: key, type: "string" }],
      },
      user: random.pick([`What time is it in ${city}?`, `Tell me the time in ${city}.`, `Time in ${city}?`]),
      args: { [key]: city },
      ...said(random, { time: `${hour}:${minute}` }),
    };
  },
  (random) => {
    const query = aPhrase(random);
    const key = random.pick(["query", "q", "text"]);
    return {
      tool: {
        name: random.pick(["search", "web_search", "lookup", "find"]),
        description: random.pick(["Search the web.", "Searches for information.", ""]),
        parameters: [{ name: key, type: "string" }],
      },
      user: random.pick([`Search for ${query}`, `Search the web for ${query}`, `Look up ${query}`]),
      args: { [key]: query },
      ...saidText(random, aPhrase(random)),
    };
  },
  (random) => {
    const a = random.integer(0, 999);
    const b = random.integer(0, 999);
    const [word, verb, sign] = random.pick([
      ["add", "Add", "+"],
      ["multiply", "Multiply", "*"],
    ] as const);
    return {
      tool: {
        name: random.pick([word, `${word}_numbers`]),
        description: random.pick([`${verb} two numbers.`, ""]),
        parameters: [
          { name: "a", type: "number" },
          { name: "b", type: "number" },
        ],
      },
      user: random.pick([
        `${verb} ${a} and ${b}.`,
        `Please ${word} ${a} and ${b}`,
        `What is ${a} ${sign} ${b}?`,
      ]),
      args: { a, b },
      ...saidText(random, String(word === "add" ? a + b : a * b)),
    };
  },
  (random) => {
    const minutes = random.integer(1, 90);
    return {
      tool: {
        name: random.pick(["set_timer", "start_timer"]),
        description: random.pick(["Start a timer.", ""]),
        parameters: [{ name: "minutes", type: "number" }],
      },
      user: random.pick([`Set a timer for ${minutes} minutes.`, `Start a timer of ${minutes} minutes`]),
      args: { minutes },
      ...said(random, { status: "ok" }),
    };
  },
  (random) => {
    const to = aName(random);
    const body = aPhrase(random);
    const key = random.pick(["body", "message", "text"]);
    return {
      tool: {
        name: random.pick(["send_message", "send_email", "send_mail"]),
        description: random.pick(["Send a message to someone.", ""]),
        parameters: [
          { name: "to", type: "string" },
          { name: key, type: "string" },
        ],
      },
      user: random.pick([
        `Send "${body}" to ${to}.`,
        `Send ${to} the message "${body}"`,
        `Tell ${to}: ${body}`,
      ]),
      args: { to, [key]: body },
      ...said(random, { status: random.pick(["ok", "sent", "done"]) }),
    };
  },
  (random) => {
    const symbol = random.chance(0.5) ? capitalise(madeUpWord(random)) : madeUpWord(random).toUpperCase();
    const price = random.integer(1, 999);
    const key = random.pick(["symbol", "ticker", "item"]);
    return {
      tool: {
        name: random.pick(["get_price", "get_stock_price", "stock_price"]),
        description: random.pick(["Get the price of a stock.", ""]),
        parameters: [{ name: key, type: "string" }],
      },
      user: random.pick([`What is the price of ${symbol}?`, `How much is ${symbol}?`, `Price of ${symbol}?`]),
      args: { [key]: symbol },
      ...said(random, { price }),
    };
  },
  (random) => {
    const date = `${random.integer(2020, 2030)}-${random.integer(10, 12)}-${random.integer(10, 28)}`;
    return {
      tool: {
        name: random.pick(["get_date", "today", "current_date"]),
        description: random.pick(["Get the date of today.", ""]),
        parameters: [],
        bare: random.chance(0.5),
      },
      user: random.pick(["What day is it?", "What is the date today?", "Which date is it?"]),
      args: {},
      ...said(random, { date }),
    };
  },
  (random) => {
    const id = random.integer(1, 9999);
    const name = random.pick(names);
    const key = random.pick(["id", "user_id", "order_id"]);
    const what = key === "order_id" ? "order" : "user";
    return {
      tool: {
        name: random.pick([`get_${what}`, `find_${what}`, `lookup_${what}`]),
        description: random.pick([`Find a ${what} by id.`, ""]),
        parameters: [{ name: key, type: "number" }],
      },
      user: random.pick([`Find ${what} ${id}.`, `Who is ${what} ${id}?`, `Look up ${what} ${id}`]),
      args: { [key]: id },
      ...said(random, random.pick<Record<string, Value>>([{ name }, { name, status: "open" }, { id, name }])),
    };
  },
];

function said(random: Random, fields: Record<string, Value>): { result: string; final: string } {
  if (random.chance(0.05)) {
    const error = aPhrase(random);
    return { result: toJson(random, { error }), final: `The tool reported an error: ${error}.` };
  }
  return { result: toJson(random, fields), final: `The ${sayFields(fields)}.` };
}

function saidText(random: Random, text: string): { result: string; final: string } {
  return random.chance(0.5)
    ? { result: text, final: `The result is ${text}.` }
    : { result: toJson(random, { result: text }), final: `The result is ${text}.` };
}

/** A tool whose name, parameters and values are all made up. */
function madeUp(random: Random): Use {
  const name = random.weighted([
    [4, () => `${madeUpWord(random)}_${madeUpWord(random)}`],
    [3, () => `${random.pick(["get", "set", "find", "make", "open", "run", "list"])}_${aNoun(random)}`],
    [2, () => madeUpWord(random)],
    [1, () => `${madeUpWord(random)}_${madeUpWord(random)}_${madeUpWord(random)}`],
    [1, () => madeUpWord(random) + capitalise(madeUpWord(random))],
  ])();
  const count = random.weighted([
    [1, 0],
    [5, 1],
    [4, 2],
    [2, 3],
  ]);
  const parameters: Parameter[] = [];
  const args: Record<string, Value> = {};
  for (let i = 0; i < count; i++) {
    const parameter = aParameter(random);
    if (parameter.name in args) continue;
    parameters.push(parameter);
    args[parameter.name] = aValue(random, parameter);
  }
  // A parameter that may be left out, and is.
  const unused = aParameter(random);
  if (random.chance(0.2) && !(unused.name in args)) parameters.push({ ...unused, optional: true });
  const stated = Object.entries(args).map(([key, value]) => statement(random, key, value));
  const withWords = stated.length === 0 ? "" : ` with ${joinAnd(stated)}`;
  const fields: Record<string, Value> = random.chance(0.7)
    ? {
        [random.chance(0.5) ? random.pick(["result", "status", "value"]) : madeUpWord(random)]:
          aResult(random),
      }
    : { [madeUpWord(random)]: aResult(random), [madeUpWord(random)]: aResult(random) };
  return {
    tool: {
      name,
      description: random.chance(0.6) ? aSentence(random, 2, 12) : "",
      parameters,
      bare: random.chance(0.5),
    },
    user:
      random.pick([
        `Call ${name}`,
        `Use ${name}`,
        `Please call ${name}`,
        `Run ${name}`,
        `Please use ${name}`,
      ]) +
      withWords +
      random.pick([".", ""]),
    args,
    ...(random.chance(0.3) ? saidText(random, aPhrase(random)) : said(random, fields)),
  };
}

function aParameter(random: Random): Parameter {
  const name = random.weighted([
    [3, () => madeUpWord(random)],
    [
      2,
      () => random.pick(["name", "city", "count", "text", "id", "value", "size", "color", "date", "title"]),
    ],
    [1, () => `${madeUpWord(random)}_${random.pick(["id", "name", madeUpWord(random)])}`],
  ])();
  const kind = random.weighted<"string" | "number" | "boolean" | "choice">([
    [6, "string"],
    [3, "number"],
    [1, "boolean"],
    [2, "choice"],
  ]);
  const base: Parameter =
    kind === "choice"
      ? {
          name,
          type: "string",
          choices: [madeUpWord(random), madeUpWord(random), random.pick(["small", "big"])],
        }
      : { name, type: kind };
  return random.chance(0.25) ? { ...base, description: aSentence(random, 2, 9) } : base;
}

function aValue(random: Random, parameter: Parameter): Value {
  if (parameter.choices !== undefined) return random.pick(parameter.choices);
  if (parameter.type === "number") return random.integer(0, 999);
  if (parameter.type === "boolean") return random.chance(0.5);
  return random.chance(0.5) ? aPhrase(random) : madeUpWord(random);
}

function aResult(random: Random): Value {
  return random.chance(0.5) ? madeUpWord(random) : random.integer(0, 999);
}

function statement(random: Random, key: string, value: Value): string {
  const shown = typeof value === "string" && /\s/.test(value) ? `"${value}"` : String(value);
  return random.pick([`${key} ${shown}`, `${key} ${shown}`, `${key} = ${shown}`, `${key} set to ${shown}`]);
}

function joinAnd(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

function aUse(random: Random): Use {
  return random.weighted([
    [5, () => weather(random)],
    [3, () => random.pick(everyday)(random)],
    [5, () => madeUp(random)],
  ])();
}

function steps(random: Random, use: Use, last: boolean): Step[] {
  const list: Step[] = [
    {
      kind: "analysis",
      text: `I will call ${use.tool.name}.`,
      long: "It fits the request.",
    },
  ];
  if (random.chance(0.04)) list.push({ kind: "preamble", text: `I will use ${use.tool.name}.` });
  list.push({ kind: "call", name: use.tool.name, args: JSON.stringify(use.args), result: use.result });
  if (last) {
    list.push({ kind: "analysis", text: "The tool has answered." });
    list.push({ kind: "final", text: use.final });
  }
  return list;
}

/** Tools other than the one used, with different names. */
export function otherTools(random: Random, count: number, taken: readonly string[]): Tool[] {
  const tools: Tool[] = [];
  while (tools.length < count) {
    const { tool } = aUse(random);
    if (![...tools.map((other) => other.name), ...taken].includes(tool.name)) tools.push(tool);
  }
  return tools;
}

/** A request that would need a tool, without any. */
export function missingTool(random: Random): { turns: Turn[]; tools: Tool[] } {
  const city = aCity(random);
  const user = random.pick([
    `What is the weather in ${city}?`,
    `What's the weather like in ${city}?`,
    `What time is it in ${city}?`,
    `Search the web for ${aPhrase(random)}`,
    "What is the date today?",
    `Send a message to ${aName(random)}.`,
  ]);
  return {
    turns: [
      {
        user,
        steps: [
          { kind: "analysis", text: "I have no tool for this." },
          { kind: "final", text: "I cannot find that out without a tool." },
        ],
      },
    ],
    tools: [],
  };
}

/** One request that needs a tool (or one tool twice), and the tools on offer. */
export function toolUse(random: Random): { turns: Turn[]; tools: Tool[] } {
  const use = aUse(random);
  const others = otherTools(
    random,
    random.weighted([
      [5, 0],
      [3, 1],
      [2, 2],
      [1, 3],
    ]),
    [use.tool.name],
  );
  const tools = random.sample([use.tool, ...others], others.length + 1);
  if (random.chance(0.08)) return { turns: [twoCities(random, use.tool)], tools: [use.tool] };
  return { turns: [{ user: use.user, steps: steps(random, use, true) }], tools };
}

/** The same tool for two places, one call after the other. */
function twoCities(random: Random, tool: Tool): Turn {
  const key = tool.parameters.find((parameter) => parameter.type === "string")?.name;
  const [one, two] = [aCity(random), aCity(random)];
  const call = (city: string, result: string): Step => ({
    kind: "call",
    name: tool.name,
    args: JSON.stringify(key === undefined ? {} : { [key]: city }),
    result,
  });
  const [first, second] = [weatherReport(random, one), weatherReport(random, two)];
  return {
    user: random.pick([
      `Call ${tool.name} for ${one} and ${two}.`,
      `What is the weather in ${one} and ${two}?`,
      `Compare the weather in ${one} and ${two}.`,
    ]),
    steps: [
      { kind: "analysis", text: `I will call ${tool.name} for ${one} and then for ${two}.` },
      call(one, first.result),
      { kind: "analysis", text: `I have ${one}. I will call ${tool.name} for ${two}.` },
      call(two, second.result),
      { kind: "analysis", text: "The tool has answered." },
      { kind: "final", text: `${first.final} ${second.final}` },
    ],
  };
}
