// Tokens that only go on with a text take a short way past the formats. It must not be seen: the same events, token by
// token, and the same as from the whole text, which takes the long way.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  createOutputParser,
  getToolFormat,
  listToolParsers,
  type OutputEvent,
  type OutputParserOptions,
  type ToolDefinition,
} from "../../src/parsers/index.ts";
import { type FakeTokenizer, fakeTokenizer } from "./fake-tokenizer.ts";
import { feed, normalise, plainId } from "./support.ts";

const folder = new URL("../../fixtures/parsers/tool/", import.meta.url);

/** Feeds token by token; what goes on is told as an event again. Returns the events of each token. */
function feedTokens(
  ids: readonly number[],
  options: OutputParserOptions,
  goesOn: () => void,
): { readonly pushes: OutputEvent[][]; readonly end: OutputEvent[] } {
  const parser = createOutputParser({ idFactory: plainId, ...options });
  let latest: OutputEvent | undefined;
  const pushes = ids.map((id) => {
    const text = parser.goOn?.(id);
    if (text !== undefined) goesOn();
    const events = text === undefined ? parser.pushIds([id]) : [{ ...latest, text } as OutputEvent];
    latest = events.at(-1) ?? latest;
    return events;
  });
  return { pushes, end: parser.end() };
}

function feedLongWay(ids: readonly number[], options: OutputParserOptions): OutputEvent[][] {
  const parser = createOutputParser({ idFactory: plainId, ...options });
  return ids.map((id) => parser.pushIds([id]));
}

const tokenizerOf = (name: string): FakeTokenizer =>
  fakeTokenizer([
    "<think>",
    "</think>",
    ...getToolFormat(name).markers.filter((marker) => marker.length > 1),
  ]);

describe("tokens that only go on with a text", () => {
  for (const name of listToolParsers()) {
    const fixture = JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8")) as {
      tools: readonly ToolDefinition[];
      samples: readonly { about: string; output: string }[];
    };

    it(`${name}: give the events that the long way gives`, () => {
      for (const { about, output } of fixture.samples) {
        const text = `<think>Let me see: "a" < b, {1} 🌿.</think>\n${output}`;
        const options = { tool: name, reasoning: "base", tools: fixture.tools };
        const tokenizer = tokenizerOf(name);
        const ids = tokenizer.plain(text);
        const fed = feedTokens(ids, { ...options, tokenizer: fakeTokenizer([]) }, () => undefined);
        expect(fed.pushes, about).toEqual(feedLongWay(ids, { ...options, tokenizer: fakeTokenizer([]) }));
        expect(normalise([...fed.pushes.flat(), ...fed.end]), about).toEqual(
          normalise(feed([text], options)),
        );
        const special = tokenizer.special(text);
        const marked = feedTokens(special, { ...options, tokenizer }, () => undefined);
        expect(marked.pushes, about).toEqual(feedLongWay(special, { ...options, tokenizer }));
      }
    });
  }

  it("are most of an answer: reasoning, text, and strings in arguments", () => {
    const reasoning = "The weather is asked for.";
    const content = "One moment, please.";
    const city = "Saint-Denis on the other side of the sea";
    const text = `<think>${reasoning}</think>${content}<tool_call>{"name": "f", "arguments": {"city": "${city}"}}</tool_call>`;
    const tokenizer = tokenizerOf("hermes");
    let shortcuts = 0;
    feedTokens(tokenizer.special(text), { tool: "hermes", reasoning: "qwen3", tokenizer }, () => shortcuts++);
    // Not the first token of a text: it makes an event. A key goes on with the arguments, too.
    expect(shortcuts).toBe(reasoning.length - 1 + content.length - 1 + "city".length + city.length);
  });

  it("are read by the long way where nobody can tell", () => {
    const tokenizer = fakeTokenizer([]);
    const [letter, bracket] = tokenizer.plain("a<") as [number, number];
    const parser = createOutputParser({ reasoning: "base", tool: "hermes", tokenizer });
    expect(parser.goOn?.(letter)).toBeUndefined();
    parser.pushIds([letter]);
    expect(parser.goOn?.(letter)).toBe("a");
    expect(parser.goOn?.(bracket)).toBeUndefined();
    parser.pushIds([bracket]);
    // It may be the beginning of a marker.
    expect(parser.goOn?.(letter)).toBeUndefined();
    expect(parser.pushIds([letter])).toEqual([{ type: "text", text: "<a" }]);
    parser.push("\ud83c");
    expect(parser.goOn?.(letter)).toBeUndefined();
    expect(parser.push("\udf3f")).toEqual([{ type: "text", text: "🌿" }]);
    const unstarted = createOutputParser({ tool: "hermes" });
    unstarted.push("a");
    expect(unstarted.goOn?.(letter)).toBeUndefined();
  });

  it.each([
    String.raw`{"a\"}": "one \"two\" \\", "b": ["\u00e9", {}]}`,
    '{"a": "one\ntwo"}',
    '{"a": "one", "b": tru',
  ])("end where a string of arguments does: %s", (json) => {
    const tokenizer = fakeTokenizer([]);
    const text = `<tool_call>{"name": "f", "arguments": ${json}}</tool_call>`;
    const fed = feedTokens(tokenizer.plain(text), { tool: "hermes", tokenizer }, () => undefined);
    expect(normalise([...fed.pushes.flat(), ...fed.end])).toEqual(
      normalise(feed([text], { tool: "hermes" })),
    );
  });

  it("count toward the length of a call, and end with it", () => {
    const tokenizer = fakeTokenizer([]);
    const text = `<tool_call>{"name": "f", "arguments": {"a": "${"x".repeat(100)}"}}</tool_call> after`;
    const options = { tool: "hermes", limits: { callLength: 80 } };
    let shortcuts = 0;
    const fed = feedTokens(tokenizer.plain(text), { ...options, tokenizer }, () => shortcuts++);
    expect(shortcuts).toBeGreaterThan(20);
    expect(normalise([...fed.pushes.flat(), ...fed.end])).toEqual(normalise(feed([text], options)));
  });
});
