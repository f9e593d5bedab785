// Requests that are answered by calling a tool, once or twice, or that would need one.

import type { Random } from "../random.ts";
import type { Tool } from "../tool-text.ts";
import type { Step, Turn } from "../transcript.ts";
import { aCity, aName, aPhrase } from "../words.ts";
import { everyday } from "./everyday-tools.ts";
import { madeUp } from "./made-up-tools.ts";
import type { Use } from "./use.ts";
import { weather, weatherReport } from "./weather-tool.ts";

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
