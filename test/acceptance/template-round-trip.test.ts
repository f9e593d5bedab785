// Random tool calls, written as an assistant's turn by a model's own chat template, are recovered with names and
// arguments by the parser that the template chooses.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chooseParsers, parseToolCalls } from "@tokenwire/core/parsers";
import { renderChat, TemplateError } from "@tokenwire/core/template";
import { describe, expect, it } from "vitest";

const folder = new URL("../../../shared/acceptance/templates/templates/", import.meta.url);
const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".jinja")) : [];
const rounds = Number(process.env["TOKENWIRE_FUZZ"] ?? 15);

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

interface Call {
  readonly name: string;
  readonly arguments: Json;
}

/** Formats with tags cannot tell a line break at either end of a value from layout, so no value has one there. */
const strings = [
  ...["Paris", "", "São Paulo", "日本 語", "👍 ok", "é\u2028", " padded ", "two\nlines", "a,b", "it's"],
  ...['a "quoted" word', "back\\slash", "C:\\new", "x < y & z", "<b>bold</b>", "</x>", "```json\n{}\n```"],
  ...["12", "1.0", "true", "null", '{"a": 1}', "[1]"],
];
const properties = {
  text: { type: "string", description: "Words." },
  count: { type: "integer", description: "How many." },
  ratio: { type: "number", description: "How much." },
  exact: { type: "boolean", description: "Whether." },
  tags: { type: "array", items: { type: "string" }, description: "A list." },
  place: {
    type: "object",
    properties: { city: { type: "string" }, zip: { type: "integer" } },
    description: "Where.",
  },
};
const names = ["get_weather", "find_route"];
const tools = names.map((name) => ({
  name,
  description: "Answers a question.",
  parameters: { type: "object", properties, required: ["text"] },
}));

type Random = (limit: number) => number;

/** Integers below a limit, the same in every run. */
function randomSource(seed: number): Random {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

function randomArguments(random: Random): Json {
  const string = (): string => strings[random(strings.length)]!;
  const makers: Record<string, () => Json> = {
    text: string,
    count: () => random(2000) - 1000,
    ratio: () => random(1000) / 8 + 0.5,
    exact: () => random(2) === 0,
    tags: () => Array.from({ length: random(4) }, string),
    place: () => ({ city: string(), zip: random(99_999) }),
  };
  const chosen = Object.entries(makers).filter(([key]) => key === "text" || random(2) === 0);
  return Object.fromEntries(chosen.map(([key, make]) => [key, make()]));
}

/** How a conversation gives calls; templates are made for some of these forms. */
interface Form {
  readonly content: string | null;
  readonly asText: boolean;
}

// Arguments as an object first: a template made for that writes a string with escapes, the other way round fails.
const forms: readonly Form[] = [false, true].flatMap((asText) =>
  [null, ""].map((content) => ({ content, asText })),
);

/** What the model would write for these calls; undefined where the template refuses them or leaves some out. */
function written(
  template: string,
  calls: readonly Call[],
  parser: string,
  { content, asText }: Form,
): string | undefined {
  const user = { role: "user", content: "Which way?" };
  const answer = {
    role: "assistant",
    content,
    tool_calls: calls.map(({ name, arguments: args }, index) => ({
      id: parser === "kimi_k2" ? `functions.${name}:${index}` : `call1234${index}`,
      type: "function",
      function: { name, arguments: asText ? JSON.stringify(args) : args },
    })),
  };
  const shared = {
    tools: tools.map((tool) => ({ type: "function", function: tool })),
    // Older templates list tools under another name.
    functions: JSON.stringify(tools),
    datetime: "2025-07-10",
    specialTokens: { bos_token: "<bos>", eos_token: "<eos>" },
  };
  const prompt = (messages: object[], addGenerationPrompt: boolean): string =>
    renderChat(template, { messages, addGenerationPrompt, ...shared }).text;
  try {
    const whole = prompt([user, answer], false);
    // Some templates write another opening for the model than for a past answer.
    const opened = prompt([user], true);
    const output = withoutStart(whole, whole.startsWith(opened) ? opened : prompt([user], false));
    return calls.every(({ name }) => output.includes(name)) ? output : undefined;
  } catch (error) {
    // Templates refuse conversations they were not made for.
    if (error instanceof TemplateError) return undefined;
    throw error;
  }
}

/** The text after what it has in common with the start of another. */
function withoutStart(text: string, other: string): string {
  let same = 0;
  while (same < other.length && other[same] === text[same]) same++;
  return text.slice(same);
}

function recovered(output: string, parser: string): Call[] {
  const { calls } = parseToolCalls(output, parser, { tools });
  return calls.map(({ name, arguments: text }) => ({ name, arguments: JSON.parse(text) as Json }));
}

/** The calls of all rounds that the template wrote, and what was read back. */
function roundTrips(template: string, parser: string, form: Form): { wrote: Call[]; read: Call[] }[] {
  const random = randomSource(7);
  return Array.from({ length: rounds }, (_, round) => {
    const called = round % 2 === 0 ? [names[random(2)]!] : names;
    const wrote = called.map((name) => ({ name, arguments: randomArguments(random) }));
    const output = written(template, wrote, parser, form);
    return output === undefined ? [] : [{ wrote, read: recovered(output, parser) }];
  }).flat();
}

describe.skipIf(files.length === 0)("calls written by chat templates", () => {
  const writing = files.flatMap((file) => {
    const template = readFileSync(new URL(file, folder), "utf8");
    const parser = chooseParsers({ template }).tool;
    if (parser === "passthrough") return [];
    const trips =
      forms.map((form) => roundTrips(template, parser, form)).find(({ length }) => length > 0) ?? [];
    return trips.length > 0 ? [{ file, parser, trips }] : [];
  });

  it("are written by most templates that name a format", () => {
    expect(writing.length).toBeGreaterThanOrEqual(35);
  });

  it.each(writing)("$file through $parser", ({ trips }) => {
    expect(trips.map(({ read }) => read)).toEqual(trips.map(({ wrote }) => wrote));
  });
});
