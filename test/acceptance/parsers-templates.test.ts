// A model's own chat template writes a call; the parser that its template chooses reads it back.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chooseParsers, parseToolCalls } from "@tokenwire/core/parsers";
import { renderChat, TemplateError } from "@tokenwire/core/template";
import { describe, expect, it } from "vitest";

const folder = new URL("../../../shared/acceptance/templates/templates/", import.meta.url);
const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".jinja")) : [];

const tool = {
  name: "get_weather",
  description: "Weather of a city.",
  parameters: {
    type: "object",
    properties: {
      city: { type: "string", description: "The city." },
      days: { type: "integer", description: "How many." },
      tags: { type: "array", items: { type: "string" }, description: "Words." },
    },
    required: ["city"],
  },
};
const args = { city: 'São "Paulo"', days: 3, tags: ["a", "b c"] };
const user = { role: "user", content: "What is the weather?" };

/** What the template writes for an assistant message with one call; undefined where it writes none. */
function written(template: string, form: "object" | "string", id: string): string | undefined {
  const call = { name: tool.name, arguments: form === "object" ? args : JSON.stringify(args) };
  const answer = { role: "assistant", content: "", tool_calls: [{ id, type: "function", function: call }] };
  const shared = {
    tools: [{ type: "function", function: tool }],
    specialTokens: { bos_token: "<bos>", eos_token: "<eos>" },
  };
  try {
    const whole = renderChat(template, { messages: [user, answer], ...shared }).text;
    const prompt = (addGenerationPrompt: boolean) =>
      renderChat(template, { messages: [user], addGenerationPrompt, ...shared }).text;
    // Some templates write another opening for the model than for a past answer.
    const opened = prompt(true);
    const before = whole.startsWith(opened) ? opened : prompt(false);
    let same = 0;
    while (same < before.length && before[same] === whole[same]) same++;
    const output = whole.slice(same);
    return output.includes(tool.name) ? output : undefined;
  } catch (error) {
    // Templates refuse conversations they were not made for.
    if (error instanceof TemplateError) return undefined;
    throw error;
  }
}

function readsBack(parser: string, output: string): boolean {
  const { calls } = parseToolCalls(output, parser, { tools: [tool] });
  const [call] = calls;
  return (
    calls.length === 1 &&
    call?.name === tool.name &&
    JSON.stringify(JSON.parse(call.arguments)) === JSON.stringify(args)
  );
}

describe.skipIf(files.length === 0)("calls written by chat templates", () => {
  const results = files.flatMap((file) => {
    const template = readFileSync(new URL(file, folder), "utf8");
    const parser = chooseParsers({ template }).tool;
    if (parser === "passthrough") return [];
    const id = parser === "kimi_k2" ? "functions.get_weather:0" : "call12345";
    const outputs = (["object", "string"] as const)
      .map((form) => written(template, form, id))
      .filter((output) => output !== undefined);
    if (outputs.length === 0) return [];
    return [{ file, parser, ok: outputs.some((output) => readsBack(parser, output)) }];
  });

  it("are read back by the parser that the template chooses", () => {
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
    expect(results.length).toBeGreaterThan(25);
  });
});
