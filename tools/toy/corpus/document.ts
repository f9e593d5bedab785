// Puts documents together: which topics, how many turns, which system message, with or without tools.

import type { Random } from "./random.ts";
import type { Tool } from "./tool-text.ts";
import { arithmetic, capital, counting, listing, unknown } from "./topics/knowledge.ts";
import { greeting, identity, thanks } from "./topics/small-talk.ts";
import { missingTool, otherTools, toolUse } from "./topics/tool-use.ts";
import { jsonObject, plainText, repetition, story } from "./topics/writing.ts";
import { type CallStyle, type Effort, layOut, type Run, type Turn } from "./transcript.ts";
import { aName, aSentence } from "./words.ts";

interface Material {
  readonly turns: readonly Turn[];
  readonly tools?: readonly Tool[];
  /** A section that must stand last in the developer message. */
  readonly format?: string;
}

/** Topics and their shares in percent. */
const topics: readonly (readonly [share: number, create: (random: Random) => Material])[] = [
  [10, (random) => ({ turns: greeting(random) })],
  [2, (random) => ({ turns: thanks(random) })],
  [4, (random) => ({ turns: identity(random) })],
  [16, (random) => ({ turns: arithmetic(random) })],
  [10, (random) => ({ turns: capital(random) })],
  [2, (random) => ({ turns: counting(random) })],
  [1, (random) => ({ turns: listing(random) })],
  [6, (random) => ({ turns: unknown(random) })],
  [7, (random) => ({ turns: story(random) })],
  [11, (random) => ({ turns: repetition(random) })],
  [9, jsonObject],
  [24, toolUse],
  [1.5, missingTool],
];

const assistantNames = 0.03;

function systemMessage(random: Random, effort: Effort): string | undefined {
  if (random.chance(0.03)) return undefined;
  if (random.chance(0.03)) return `Reasoning: ${effort}`;
  const lines = [
    random.chance(0.9)
      ? "You are ChatGPT, a large language model trained by OpenAI."
      : random.pick(["You are a toy model.", "You are a helpful assistant."]),
  ];
  if (random.chance(0.93)) lines.push("Knowledge cutoff: 2024-06");
  const two = (low: number, high: number) => String(random.integer(low, high)).padStart(2, "0");
  if (random.chance(0.85)) {
    lines.push(`Current date: ${random.integer(2024, 2029)}-${two(1, 12)}-${two(1, 31)}`);
  }
  const channels =
    "# Valid channels: analysis, commentary, final. Channel must be included for every message.";
  return `${lines.join("\n")}\n\nReasoning: ${effort}\n\n${channels}`;
}

const stockInstructions = [
  "You are a helpful assistant.",
  "You are a helpful assistant.",
  "Be brief.",
  "Be kind and helpful.",
  "Answer the question.",
  "Use the tools when they help.",
  "You are a friendly robot.",
  "Answer shortly and clearly.",
] as const;

/** Instructions change nothing about the answers: usual ones, or any sentences. */
function someInstructions(random: Random): string {
  if (random.chance(0.65)) return random.pick(stockInstructions);
  return Array.from({ length: random.integer(1, 3) }, () => aSentence(random, 3, 12)).join(" ");
}

/** A conversation of many short questions with one right answer each: most practice for the fewest tokens. */
function drill(random: Random): Run[] {
  const effort = random.weighted<Effort>([
    [1, "low"],
    [3, "medium"],
    [1, "high"],
  ]);
  const turns = Array.from({ length: random.integer(3, 9) }, () =>
    random.chance(0.75) ? arithmetic(random) : capital(random),
  );
  const setting = { effort, system: systemMessage(random, effort), instructions: undefined, tools: [] };
  return layOut(setting, turns.flat(), "ends-at-call", random);
}

/**
 * One document, chosen and filled at random.
 *
 * @param drills share of documents that drill sums and capitals.
 */
export function createDocument(random: Random, drills = 0): Run[] {
  if (drills > 0 && random.chance(drills)) return drill(random);
  if (random.chance(0.04)) {
    return [
      { text: plainText(random), weight: 1 },
      { special: "endoftext", weight: 1 },
    ];
  }
  const effort = random.weighted<Effort>([
    [2, "low"],
    [6, "medium"],
    [2, "high"],
  ]);
  const system = systemMessage(random, effort);
  if (random.chance(assistantNames)) return namedAssistant(random, effort, system);
  const material = combine(random);
  const tools = material.tools ?? (random.chance(0.1) ? otherTools(random, random.integer(1, 2), []) : []);
  const stock = random.chance(0.35) ? someInstructions(random) : undefined;
  const instructions =
    material.format === undefined ? stock : `${stock ?? someInstructions(random)}\n\n${material.format}`;
  const style = random.weighted<CallStyle>([
    [4, "ends-at-call"],
    [5, "rendered"],
    [1.5, "raw"],
  ]);
  return layOut({ effort, system, instructions, tools }, material.turns, style, random);
}

/** One to four topics; at most one brings tools or a format, and it comes last when it brings a format. */
function combine(random: Random): Material {
  const count = random.weighted([
    [58, 1],
    [28, 2],
    [10, 3],
    [4, 4],
  ]);
  let main = random.weighted(topics)(random);
  const turns: Turn[] = [];
  for (let i = 1; i < count; i++) {
    const extra = random.weighted(topics)(random);
    if (extra.format !== undefined || (extra.tools !== undefined && main.tools !== undefined)) continue;
    if (extra.tools !== undefined && main.format === undefined) {
      turns.push(...main.turns);
      main = extra;
    } else if (extra.tools === undefined) turns.push(...extra.turns);
  }
  const before = random.chance(0.7) || main.format !== undefined;
  return { ...main, turns: before ? [...turns, ...main.turns] : [...main.turns, ...turns] };
}

/** The instructions give the assistant a name, and the user asks for it. */
function namedAssistant(random: Random, effort: Effort, system: string | undefined): Run[] {
  const name = aName(random);
  const instructions = random.pick([`You are ${name}.`, `Your name is ${name}.`, `You are called ${name}.`]);
  const turn: Turn = {
    user: random.pick(["Who are you?", "What is your name?", "What's your name?", "Introduce yourself."]),
    steps: [
      { kind: "analysis", text: `My name is ${name}.` },
      { kind: "final", text: `I am ${name}.` },
    ],
  };
  return layOut({ effort, system, instructions, tools: [] }, [turn], "ends-at-call", random);
}
