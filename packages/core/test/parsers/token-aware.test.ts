// By token IDs a marker is a token: the same characters in ordinary text never start or end anything.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  createOutputParser,
  getToolFormat,
  listToolParsers,
  type OutputEvent,
  requiresSpecialTokens,
  type ToolDefinition,
} from "../../src/parsers/index.ts";
import { type FakeTokenizer, fakeTokenizer } from "./fake-tokenizer.ts";
import { feed, normalise, plainId, seeded } from "./support.ts";

const folder = new URL("../../fixtures/parsers/tool/", import.meta.url);
const isTag = (marker: string) => /^[<[\]].*[>\]]$/s.test(marker);

/** A tokenizer in which every tag of a format is a special token. */
function tokenizerFor(name: string): FakeTokenizer {
  const format = getToolFormat(name);
  return fakeTokenizer([...format.markers.filter(isTag), ...(format.discard ?? []).filter(isTag)]);
}

function feedIds(ids: readonly number[], cut: () => number, options: object): OutputEvent[] {
  const parser = createOutputParser({ idFactory: plainId, ...options });
  const events: OutputEvent[] = [];
  for (let at = 0; at < ids.length; ) {
    const size = cut();
    events.push(...parser.pushIds(ids.slice(at, at + size)));
    at += size;
  }
  events.push(...parser.end());
  return events;
}

describe("by token IDs", () => {
  for (const name of listToolParsers()) {
    const fixture = JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8")) as {
      tools: readonly ToolDefinition[];
      samples: readonly { about: string; output: string }[];
    };

    it(`${name}: the same events as text`, () => {
      const tokenizer = tokenizerFor(name);
      const random = seeded(3);
      for (const { about, output } of fixture.samples) {
        if (about === "half a marker at the end" || about === "a closing tag inside a string") continue;
        const options = { tool: name, tools: fixture.tools, tokenizer };
        const expected = normalise(feed([output], { tool: name, tools: fixture.tools }));
        for (const cut of [() => 1, () => 1000, () => 1 + Math.floor(random() * 6)]) {
          expect(normalise(feedIds(tokenizer.special(output), cut, options)), about).toEqual(expected);
        }
      }
    });

    it(`${name}: look-alike text is text`, () => {
      const tokenizer = tokenizerFor(name);
      if (!requiresSpecialTokens({ tool: name }, tokenizer)) return;
      const output = `Use ${getToolFormat(name).markers.filter(isTag).join(" ")} for calls.`;
      const events = normalise(feedIds(tokenizer.plain(output), () => 3, { tool: name, tokenizer }));
      expect(events.filter((event) => event.type === "tool-call")).toEqual([]);
      expect(
        events.map((event) => ("text" in event && event.type === "text" ? event.text : "")).join(""),
      ).toBe(output);
    });
  }

  it("a closing tag inside a raw value is part of the value", () => {
    const tokenizer = fakeTokenizer([
      "<tool_call>",
      "</tool_call>",
      "<arg_key>",
      "</arg_key>",
      "<arg_value>",
      "</arg_value>",
    ]);
    const ids = [
      ...tokenizer.special("<tool_call>f\n<arg_key>a</arg_key>\n<arg_value>"),
      ...tokenizer.plain("write </arg_value> to end"),
      ...tokenizer.special("</arg_value>\n</tool_call>"),
    ];
    const events = feedIds(ids, () => 1, { tool: "glm45", tokenizer });
    const json = events.map((event) => (event.type === "tool-arguments" ? event.text : "")).join("");
    expect(JSON.parse(json)).toEqual({ a: "write </arg_value> to end" });
  });

  it("only part of a marker is special", () => {
    const tokenizer = fakeTokenizer(["<｜DSML｜"]);
    const output =
      '<｜DSML｜function_calls><｜DSML｜invoke name="f"></｜DSML｜invoke></｜DSML｜function_calls>';
    const events = feedIds(tokenizer.special(output), () => 2, { tool: "deepseek_v32", tokenizer });
    expect(events.filter((event) => event.type === "tool-call")).toHaveLength(1);
    const typed = feedIds(tokenizer.plain(output), () => 2, { tool: "deepseek_v32", tokenizer });
    expect(typed.filter((event) => event.type === "tool-call")).toEqual([]);
  });

  it("passes special tokens of calls through the reasoning stage", () => {
    const tokenizer = fakeTokenizer(["<think>", "</think>", "<tool_call>", "</tool_call>"]);
    const ids = [
      ...tokenizer.special("<think>a"),
      ...tokenizer.plain("<tool_call>"),
      ...tokenizer.special('</think>b<tool_call>{"name": "f", "arguments": {"x": "'),
      ...tokenizer.plain("<think>"),
      ...tokenizer.special('"}}</tool_call>'),
    ];
    const events = normalise(feedIds(ids, () => 2, { tool: "hermes", reasoning: "qwen3", tokenizer }));
    expect(events.slice(0, 4)).toEqual([
      { type: "reasoning", text: "a<tool_call>" },
      { type: "text", text: "b" },
      { type: "tool-call", index: 0, id: "0:f", name: "f" },
      { type: "tool-arguments", index: 0, text: '{"x": "<think>"}' },
    ]);
  });

  it("needs a tokenizer", () => {
    expect(() => createOutputParser({ tool: "hermes" }).pushIds([1])).toThrow(/needs a tokenizer/);
  });
});
