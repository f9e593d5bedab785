// What a client sees and when: nothing is held longer than a marker needs, nothing is sent twice, limits hold.

import { describe, expect, it } from "vitest";
import { createOutputParser, type OutputEvent, type OutputParserOptions } from "../../src/parsers/index.ts";
import { chop, contractFault, feed, normalise } from "./support.ts";

/** The events after each push. */
function steps(pieces: readonly string[], options: OutputParserOptions): string[] {
  const parser = createOutputParser(options);
  const show = (events: readonly OutputEvent[]) =>
    events
      .map((event) => ("text" in event ? event.text : event.type === "tool-call" ? `(${event.name})` : ";"))
      .join("");
  return [...pieces.map((piece) => show(parser.push(piece))), show(parser.end())];
}

describe("streaming", () => {
  it("forwards JSON arguments as they arrive", () => {
    const pieces = ['<tool_call>{"name": "f",', ' "arguments": {', '"a": "b', 'c"', "}}", "</tool_call>"];
    expect(steps(pieces, { tool: "hermes" })).toEqual(["", "(f){", '"a": "b', 'c"', "}", ";", ""]);
  });

  it("streams strings of formats with raw values, and holds the newline that may be the last", () => {
    const tools = [{ name: "f", parameters: { type: "object", properties: { a: { type: "string" } } } }];
    const pieces = [
      "<function=f>\n<parameter=a>\n",
      "one",
      "\n",
      "two\n",
      "</param",
      "eter></function>",
      " ",
    ];
    expect(steps(pieces, { tool: "qwen3_coder", tools })).toEqual([
      '(f){"a":"',
      "one",
      "",
      "\\ntwo",
      "",
      '"}',
      "",
      ";",
    ]);
  });

  it("holds no more than the beginning of a marker", () => {
    expect(steps(["a <", "b <tool", "_cal", "x"], { tool: "hermes" })).toEqual([
      "a ",
      "<b ",
      "",
      "<tool_calx",
      "",
    ]);
  });

  it("gives back what it held when the output ends", () => {
    expect(steps(["x <tool_ca"], { tool: "hermes" })).toEqual(["x ", "<tool_ca"]);
    expect(steps(["\ud83d"], {})).toEqual(["", "\ud83d"]);
  });

  it("never splits a surrogate pair", () => {
    expect(steps(["a\ud83d", "\ude00b"], { tool: "hermes" })).toEqual(["a", "\ud83d\ude00b", ""]);
  });

  it("commits nothing before the end when told so", () => {
    const pieces = ['<tool_call>{"name": "f", "arguments": {"a"', ": 1}}</tool_call>"];
    expect(steps(pieces, { tool: "hermes", commit: "closed" })).toEqual(["", '(f){"a": 1};', ""]);
    const broken = ['<tool_call>{"name": "f", "arguments": {"a" 1}}</tool_call>'];
    expect(normalise(feed(broken, { tool: "hermes", commit: "closed" }))).toMatchObject([
      { type: "diagnostic", code: "bad-json" },
      { type: "text", text: broken[0] },
    ]);
  });

  it("drops white space next to calls only", () => {
    const call = '<tool_call>{"name": "f", "arguments": {}}</tool_call>';
    const text = (output: string) =>
      feed([output], { tool: "hermes" }).flatMap((event) => (event.type === "text" ? [event.text] : []));
    expect(text(`\n ${call}\n\n${call}\n`)).toEqual([]);
    expect(text(`a \n${call} \n b\n`)).toEqual(["a \n", " \n b\n"]);
    expect(text(" \n ")).toEqual([" \n "]);
  });

  it("takes a reasoning tag inside arguments as text", () => {
    const output =
      '<think>a</think><tool_call>{"name": "f", "arguments": {"x": "<think>"}}</tool_call><think>b</think>';
    for (const size of [1, 3, 1000]) {
      const events = normalise(feed(chop(output, size), { tool: "hermes", reasoning: "base" }));
      expect(events.map((event) => event.type)).toEqual([
        "reasoning",
        "tool-call",
        "tool-arguments",
        "tool-end",
        "reasoning",
      ]);
    }
  });

  it("shows reasoning as text when there is nothing else, if asked", () => {
    const events = feed(["<think>4"], { reasoning: "nano_v3", forceNonemptyContent: true });
    expect(events).toEqual([
      { type: "reasoning", text: "4" },
      { type: "text", text: "4", promoted: true },
    ]);
  });

  it("emits reasoning whole, or leaves it in the text", () => {
    const pieces = chop("<think>abc</think>d", 2);
    const whole = feed(pieces, { reasoning: "base", streamReasoning: false });
    expect(whole.filter((event) => event.type === "reasoning")).toEqual([{ type: "reasoning", text: "abc" }]);
    expect(normalise(feed(pieces, { reasoning: "base", separateReasoning: false }))).toEqual([
      { type: "text", text: "<think>abc</think>d" },
    ]);
  });

  it("cannot be fed after its end", () => {
    const parser = createOutputParser({});
    parser.end();
    expect(() => parser.push("x")).toThrow(/has ended/);
  });
});

describe("calls that may not be made", () => {
  const call = (name: string) => `<tool_call>{"name": "${name}", "arguments": {}}</tool_call>`;
  const tools = [{ name: "known" }];

  it("forwards unknown names unless told otherwise", () => {
    const types = (unknownTools: "forward" | "drop" | "text") =>
      feed([call("other")], { tool: "hermes", tools, rules: { unknownTools } }).map((event) => event.type);
    expect(types("forward")).toEqual(["tool-call", "tool-arguments", "tool-end"]);
    expect(types("drop")).toEqual(["diagnostic"]);
    expect(types("text")).toEqual(["diagnostic", "text"]);
  });

  it("makes a call to a tool that is not allowed text", () => {
    const events = feed([call("a") + call("b")], { tool: "hermes", allowedTools: new Set(["b"]) });
    expect(events.map((event) => event.type)).toEqual([
      "diagnostic",
      "text",
      "tool-call",
      "tool-arguments",
      "tool-end",
    ]);
  });

  it("drops calls beyond the number asked for", () => {
    const events = feed([call("a") + call("b")], { tool: "hermes", maxCalls: 1 });
    expect(events.filter((event) => event.type === "tool-call")).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: "diagnostic", code: "extra-call" });
  });

  it("takes the whole output as arguments of a tool forced by name", () => {
    const events = normalise(feed(chop('{"city": "Rome"}', 3), { tool: "json_array", namedTool: "weather" }));
    expect(events.slice(0, 2)).toEqual([
      { type: "tool-call", index: 0, id: "0:weather", name: "weather" },
      { type: "tool-arguments", index: 0, text: '{"city": "Rome"}' },
    ]);
  });
});

describe("limits", () => {
  it("ends a call that is too long and goes on behind it", () => {
    const output = `<tool_call>{"name": "f", "arguments": {"a": "${"x".repeat(100)}"}}</tool_call> after`;
    const options = { tool: "hermes", limits: { callLength: 80 } };
    const whole = normalise(feed([output], options));
    expect(whole.find((event) => event.type === "tool-end")).toMatchObject({
      status: "invalid",
      reason: "limit",
    });
    expect(normalise(feed(chop(output, 1), options))).toEqual(whole);
    expect(contractFault(whole)).toBeUndefined();
  });

  it.each(["json", "llama3_json", "pythonic", "xlam", "sarashina"])(
    "%s: a million brackets in linear time",
    (tool) => {
      const text = "[".repeat(1_000_000);
      const events = feed(chop(text, 65_536), { tool });
      expect(events.map((event) => (event.type === "text" ? event.text : "")).join("")).toBe(text);
    },
  );

  it("refuses names that are too long", () => {
    const output = `<tool_call>{"name": "${"f".repeat(300)}", "arguments": {}}</tool_call>`;
    expect(feed([output], { tool: "hermes" }).map((event) => event.type)).toEqual(["diagnostic", "text"]);
  });
});
