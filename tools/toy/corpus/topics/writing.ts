// Text to produce: stories, repeated words, JSON objects, and plain text without a conversation.

import type { Random } from "../random.ts";
import type { Turn } from "../transcript.ts";
import {
  aCity,
  adjectives,
  aName,
  aNoun,
  aPhrase,
  aSentence,
  capitals,
  colours,
  madeUpWord,
  names,
} from "../words.ts";

const places = ["forest", "castle", "garden", "village", "mountain", "city"] as const;
const objects = [
  "a golden key",
  "an old map",
  "a red apple",
  "a small lamp",
  "a silver ring",
  "a big book",
] as const;
const feelings = ["happy", "brave", "proud", "calm", "lucky", "kind"] as const;
const endings = [
  "From then on they were the best of friends.",
  "And they lived happily ever after.",
  "That night they slept very well.",
] as const;

function tale(random: Random, subject: string): string {
  const name = random.pick(names);
  return [
    `Once upon a time there was a ${subject} called ${name}.`,
    `${name} lived in a ${random.pick(places)} and found ${random.pick(objects)}.`,
    `It made ${name} very ${random.pick(feelings)}.`,
    random.pick(endings),
  ].join(" ");
}

function longTale(random: Random, subject: string): string {
  const name = random.pick(names);
  const friend = random.pick(names.filter((other) => other !== name));
  return [
    `Once upon a time there was a ${subject} called ${name}.`,
    `${name} lived in a ${random.pick(places)} and had a friend called ${friend}.`,
    `One morning ${name} found ${random.pick(objects)}.`,
    `"Look what I have found!" said ${name}.`,
    `${friend} wanted to see it, so they met in a ${random.pick(places)}.`,
    `There they found ${random.pick(objects)} too.`,
    `It made ${name} and ${friend} very ${random.pick(feelings)}.`,
    random.pick(endings),
  ].join(" ");
}

/** A short story about something named in the request. */
export function story(random: Random): Turn[] {
  const adjective = random.chance(0.3) ? `${random.pick(adjectives)} ` : "";
  const subject = adjective + aNoun(random);
  if (random.chance(0.15)) return longStory(random, subject);
  const user = random.pick([
    `Tell me a story about a ${subject}.`,
    `Tell me a short story about a ${subject}.`,
    `Write a story about a ${subject}.`,
    `Write a short story about a ${subject}`,
    `Please tell me a story about a ${subject}.`,
    `I want to hear a story about a ${subject}.`,
    `Can you tell me a story about a ${subject}?`,
    `A story about a ${subject}, please.`,
  ]);
  return [
    {
      user,
      steps: [
        {
          kind: "analysis",
          text: `The user wants a story about a ${subject}.`,
          long: "I will keep it short.",
        },
        { kind: "final", text: tale(random, subject) },
      ],
    },
  ];
}

function longStory(random: Random, subject: string): Turn[] {
  const user = random.pick([
    `Tell me a long story about a ${subject}.`,
    `Write a long story about a ${subject}.`,
    `Please write a very long story about a ${subject}`,
  ]);
  return [
    {
      user,
      steps: [
        { kind: "analysis", text: `The user wants a long story about a ${subject}.` },
        { kind: "final", text: longTale(random, subject) },
      ],
    },
  ];
}

/** "Repeat after me." */
export function repetition(random: Random): Turn[] {
  const phrase = random.chance(0.8) ? aPhrase(random) : aSentence(random, 3, 9);
  const user = random.pick([
    `Repeat after me: ${phrase}`,
    `Say ${phrase}`,
    `Say: ${phrase}`,
    `Say "${phrase}"`,
    `Say "${phrase}".`,
    `Please say ${phrase}`,
    `Repeat: ${phrase}`,
    `Echo ${phrase}`,
    `Write "${phrase}"`,
    `Reply with ${phrase}`,
    `Reply with "${phrase}"`,
    `Just say ${phrase}`,
    `Answer with ${phrase}`,
  ]);
  return [
    {
      user,
      steps: [
        { kind: "analysis", text: "The user wants me to repeat the words.", long: "I will repeat them." },
        { kind: "final", text: phrase },
      ],
    },
  ];
}

interface Field {
  readonly key: string;
  readonly type: string;
  readonly value: string | number | boolean;
}

function someFields(random: Random): Field[] {
  const candidates: Field[] = [
    { key: "name", type: "string", value: aName(random) },
    { key: "age", type: "integer", value: random.integer(1, 99) },
    { key: "city", type: "string", value: aCity(random) },
    { key: "color", type: "string", value: random.pick(colours) },
    { key: "title", type: "string", value: aPhrase(random) },
    { key: "count", type: "integer", value: random.integer(0, 99) },
    { key: "done", type: "boolean", value: random.chance(0.5) },
    { key: madeUpWord(random), type: "string", value: madeUpWord(random) },
    { key: madeUpWord(random), type: "integer", value: random.integer(0, 999) },
  ];
  return random.sample(candidates, random.integer(1, 4));
}

function join(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/** A compact JSON object from values in the request; sometimes the keys come from a response format. */
export function jsonObject(random: Random): { turns: Turn[]; format?: string } {
  if (random.chance(0.4)) {
    const name = aName(random);
    const age = random.integer(1, 99);
    const city = aCity(random);
    const user = random.pick([
      `Make a JSON object for ${name}, age ${age}, from ${city}.`,
      `Give me JSON for ${name}, age ${age}, from ${city}.`,
      `Write JSON: ${name}, ${age}, ${city}`,
      `${name} is ${age} years old and lives in ${city}. Answer in JSON.`,
      `Create a JSON object for ${name} who is ${age} and lives in ${city}.`,
    ]);
    return { turns: [jsonTurn(user, JSON.stringify({ name, age, city }))] };
  }
  const fields = someFields(random);
  const value = Object.fromEntries(fields.map((field) => [field.key, field.value]));
  const stated = join(fields.map((field) => `${field.key} ${field.value}`));
  if (random.chance(0.6)) {
    const user = random.pick([
      `Make a JSON object with ${stated}.`,
      `Give me JSON with ${stated}.`,
      `Write a JSON object with ${stated}`,
      `JSON with ${stated}, please.`,
    ]);
    return { turns: [jsonTurn(user, JSON.stringify(value))] };
  }
  const properties = Object.fromEntries(fields.map((field) => [field.key, { type: field.type }]));
  const schema = {
    type: "object",
    properties,
    required: fields.map((field) => field.key),
    ...(random.chance(0.6) ? { additionalProperties: false } : {}),
  };
  const title = random.chance(0.5) ? random.pick(["person", "answer", "result", "item"]) : madeUpWord(random);
  const user = random.pick([
    `Extract: ${stated}.`,
    `The ${join(fields.map((field) => `${field.key} is ${field.value}`))}.`,
    `${stated}`,
    `Fill in ${stated}.`,
  ]);
  return {
    turns: [jsonTurn(user, JSON.stringify(value))],
    format: `# Response Formats\n\n## ${title}\n\n${JSON.stringify(schema)}`,
  };
}

function jsonTurn(user: string, json: string): Turn {
  return {
    user,
    steps: [
      { kind: "analysis", text: "The user wants a JSON object." },
      { kind: "final", text: json },
    ],
  };
}

/** Text of a plain completion, without any conversation around it. */
export function plainText(random: Random): string {
  const [country, city] = random.pick(capitals);
  const a = random.integer(0, 20);
  const b = random.integer(0, 20);
  const from = random.integer(0, 20);
  return random.weighted([
    [4, tale(random, aNoun(random))],
    [2, `The capital of ${country} is ${city}.`],
    [2, `${a} + ${b} = ${a + b}`],
    [1, `${Array.from({ length: random.integer(4, 20) }, (_, index) => from + index).join(", ")}`],
    [1, `Hello, my name is ${aName(random)} and I live in ${aCity(random)}.`],
  ]);
}
