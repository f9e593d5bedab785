// What the toy model must be able to do, and how often it does.

import { Random } from "../corpus/random.ts";
import { capitals } from "../corpus/words.ts";
import { type Answer, called, developer, type Interviewer, type Question, type Tool, user } from "./ask.ts";
import { heldOutCities, heldOutNames, heldOutTools } from "./held-out.ts";

export interface Bar {
  readonly name: string;
  /** Share that is expected. */
  readonly target: number;
  passed: number;
  total: number;
  /** The first few failures. */
  readonly failures: string[];
}

interface Case {
  readonly question: Question;
  readonly holds: (answer: Answer) => boolean;
}

interface BarDefinition {
  readonly name: string;
  readonly target: number;
  readonly temperature?: number;
  /** All cases; a smaller measurement takes some of them. */
  readonly cases: () => Case[];
}

const weatherTool: Tool = {
  name: "get_weather",
  description: "Get the current weather for a city.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

const ask = (...texts: string[]): Question => ({ messages: texts.map(user) });

function sameJson(text: string, value: object): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(value);
  } catch {
    return false;
  }
}

function isJsonObject(text: string | undefined): boolean {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}

function weatherCalls(): Case[] {
  return heldOutCities.flatMap((city) =>
    [`What is the weather in ${city}?`, `What's the weather like in ${city} today?`].map((text) => ({
      question: { messages: [developer([weatherTool]), user(text)] },
      holds: ({ call }: Answer) => call?.name === "get_weather" && sameJson(call.args, { city }),
    })),
  );
}

function otherCalls(): Case[] {
  const tools = heldOutTools.map(
    ({ name, description, parameter }): Tool => ({
      name,
      description,
      parameters: { type: "object", properties: { [parameter]: { type: "string" } }, required: [parameter] },
    }),
  );
  return heldOutTools.flatMap(({ name, parameter, value }, index) =>
    [1, 2, 3].map((count) => {
      const offered = Array.from({ length: count }, (_, k) => tools[(index + k) % tools.length] as Tool);
      return {
        question: { messages: [developer(offered), user(`Call ${name} with ${parameter} ${value}.`)] },
        holds: ({ call }: Answer) => call?.name === name && sameJson(call.args, { [parameter]: value }),
      };
    }),
  );
}

function toolResults(): Case[] {
  const random = new Random(77);
  return heldOutCities.flatMap((city) => {
    const temperature = random.integer(-5, 38);
    const condition = random.pick(["sunny", "rainy", "cloudy", "windy"]);
    const result = { temperature, condition };
    return [JSON.stringify(result), `{"temperature": ${temperature}, "condition": "${condition}"}`].map(
      (text) => ({
        question: {
          messages: [
            developer([weatherTool]),
            user(`What is the weather in ${city}?`),
            ...called("get_weather", JSON.stringify({ city }), text),
          ],
        },
        holds: ({ final = "" }: Answer) =>
          [city, String(temperature), condition].every((part) => final.includes(part)),
      }),
    );
  });
}

function copying(): Case[] {
  return heldOutNames.flatMap((name, index) => {
    const city = heldOutCities[index] ?? "Turku";
    const age = 20 + index;
    return [
      { question: ask(`Hello, I am ${name}.`), holds: ({ final }: Answer) => final?.includes(name) === true },
      {
        question: {
          messages: [
            user(`My name is ${name}.`),
            {
              role: "assistant" as const,
              channel: "final",
              content: `Hello ${name}! How can I help you today?`,
            },
            user("What is my name?"),
          ],
        },
        holds: ({ final }: Answer) => final === `Your name is ${name}.`,
      },
      {
        question: ask(`Make a JSON object for ${name}, age ${age}, from ${city}.`),
        holds: ({ final = "" }: Answer) => sameJson(final, { name, age, city }),
      },
    ];
  });
}

function sums(): Case[] {
  const random = new Random(13);
  return Array.from({ length: 120 }, () => {
    const [a, b] = [random.integer(0, 20), random.integer(0, 20)];
    const text = random.pick([`What is ${a} + ${b}?`, `What is ${a} plus ${b}?`, `${a} + ${b}`]);
    return {
      question: ask(text),
      holds: ({ final = "" }: Answer) => new RegExp(`(^|\\D)${a + b}\\D*$`).test(final),
    };
  });
}

function json(): Case[] {
  return heldOutNames.flatMap((name, index) =>
    [
      `Give me JSON with name ${name} and count ${index}.`,
      `Make a JSON object with title ${name} and done true.`,
    ].map((text) => ({ question: ask(text), holds: ({ final }: Answer) => isJsonObject(final) })),
  );
}

/** One prompt of every kind, in many versions. */
function anything(): Case[] {
  const talk = [
    "Hello!",
    "Thanks!",
    "Who are you?",
    "Why is the sky blue?",
    "Name three colors.",
    "Count to 12.",
  ];
  const stories = heldOutNames.map((name) => `Tell me a story about a ${name.toLowerCase()}.`);
  const said = heldOutCities.map((city) => `Say hello ${city}`);
  const texts = [...talk, ...stories, ...said];
  const efforts = ["Low", "Medium", "High"] as const;
  const plain = texts.map((text, index) => ({ ...ask(text), effort: efforts[index % 3] as "Low" }));
  const rest = [weatherCalls(), otherCalls(), toolResults(), copying()]
    .flat()
    .map(({ question }) => question);
  const questions = [...plain, ...rest].slice(0, 200);
  return questions.map((question) => ({ question, holds: ({ fault }: Answer) => fault === undefined }));
}

const definitions: readonly BarDefinition[] = [
  { name: "valid harmony, greedy", target: 1, cases: anything },
  { name: "valid harmony, temperature 0.8", target: 0.99, temperature: 0.8, cases: anything },
  { name: "tool call with exact arguments", target: 0.95, cases: () => [...weatherCalls(), ...otherCalls()] },
  { name: "answer uses the tool's result", target: 0.95, cases: toolResults },
  { name: "unseen names copied", target: 0.95, cases: copying },
  {
    name: "capitals",
    target: 1,
    cases: () =>
      capitals.map(([country, city]) => ({
        question: ask(`What is the capital of ${country}?`),
        holds: ({ final }) => final?.includes(city) === true,
      })),
  },
  { name: "sums of 0 to 20", target: 0.95, cases: sums },
  { name: "valid JSON without constraint", target: 0.99, cases: json },
];

/**
 * Measures every bar.
 *
 * @param share part of the cases to try, evenly spread; 1 for all.
 */
export async function measureQuality(interviewer: Interviewer, share = 1): Promise<Bar[]> {
  const bars: Bar[] = [];
  for (const { name, target, temperature, cases } of definitions) {
    const bar: Bar = { name, target, passed: 0, total: 0, failures: [] };
    const all = cases();
    const stride = Math.max(1, Math.round(1 / share));
    for (let index = 0; index < all.length; index += stride) {
      const { question, holds } = all[index] as Case;
      const answer = await interviewer.ask(question, temperature);
      bar.total++;
      if (holds(answer)) bar.passed++;
      else if (bar.failures.length < 8) {
        const last = question.messages.at(-1)?.content;
        bar.failures.push(
          `${JSON.stringify(last)} → ${answer.text}${answer.fault ? ` (${answer.fault})` : ""}`,
        );
      }
    }
    bars.push(bar);
  }
  return bars;
}
