// Decisions of recover mode beyond the collected samples.

import { type ParserOptions, StreamableParser } from "@tokenwire/core/harmony";
import { describe, expect, it } from "vitest";
import { encoding, line, tokens } from "./support.ts";

function read(text: string, options: ParserOptions = { role: "assistant" }) {
  const parser = new StreamableParser(encoding, { ...options, mode: "recover" });
  parser.push(tokens(text));
  parser.end({ reason: "stop" });
  return { lines: parser.messages.map(line), codes: parser.diagnostics.map(({ code }) => code), parser };
}

describe("headers", () => {
  it.each([
    ["a role repeated in front", "assistant<|channel|>final<|message|>x<|end|>", 'assistant/final "x"', []],
    [
      "a channel without its marker behind the role",
      "<|start|>assistantfinal<|message|>x<|end|>",
      'assistant/final "x"',
      ["missing-channel-marker"],
    ],
    [
      "a recipient in the role's place",
      "<|start|>to=functions.f<|message|>x<|call|>",
      'assistant→functions.f "x"',
      ["missing-role"],
    ],
    [
      "two recipients",
      "<|channel|>commentary to=functions.a to=functions.b<|message|>x<|call|>",
      'assistant/commentary→functions.b "x"',
      ["conflicting-recipient"],
    ],
    [
      "an empty recipient",
      "<|channel|>commentary to=<|message|>x<|end|>",
      'assistant/commentary "x"',
      ["empty-recipient"],
    ],
    [
      "a bare recipient and a type",
      "<|channel|>commentary functions.f json<|message|>x<|call|>",
      'assistant/commentary→functions.f {json} "x"',
      [],
    ],
    [
      "a type without a recipient",
      "<|channel|>commentary json<|message|>x<|end|>",
      'assistant/commentary {json} "x"',
      [],
    ],
    ["a type on final", "<|channel|>final xml<|message|>x<|end|>", 'assistant/final {xml} "x"', []],
    [
      "a bare word before a recipient",
      "<|channel|>commentary json to=functions.f<|message|>x<|call|>",
      'assistant/commentary→functions.f {json} "x"',
      ["extra-header-words"],
    ],
    [
      "a constrain marker without a word",
      "<|channel|>final <|constrain|><|message|>x<|end|>",
      'assistant/final {<|constrain|>} "x"',
      ["marker-in-header"],
    ],
    [
      "a tool that answers",
      "<|start|>functions.f to=assistant<|channel|>commentary<|message|>x<|end|>",
      'tool:functions.f/commentary→assistant "x"',
      [],
    ],
  ])("%s", (_, text, message, codes) => {
    const result = read(text, text.startsWith("<|start|>") ? {} : { role: "assistant" });
    expect(result.lines).toEqual([message]);
    expect(result.codes).toEqual(codes);
  });

  it("keeps a word for the recipient when a tool of that name is known", () => {
    expect(
      read("<|channel|>commentary json<|message|>x<|call|>", { role: "assistant", knownTools: ["json"] })
        .lines,
    ).toEqual(['assistant/commentary→json "x"']);
  });
});

describe("headers without <|message|>", () => {
  it.each([
    ['<|channel|>final{"a":1}<|return|>', 'assistant/final "{\\"a\\":1}"'],
    [
      '<|channel|>commentary to=functions.f json {"a":1}<|call|>',
      'assistant/commentary→functions.f {json} "{\\"a\\":1}"',
    ],
    ["<|channel|>final  two spaces here now<|return|>", 'assistant/final " two spaces here now"'],
    ["<|channel|>analysis<|end|>", 'assistant/analysis ""'],
  ])("%s", (text, message) => {
    expect(read(text).lines).toEqual([message]);
  });

  it("streams text from the moment it can be no header", () => {
    const parser = new StreamableParser(encoding, { role: "assistant" });
    const seen = Array.from(tokens("I must refuse now"), (id) =>
      parser.push([id]).filter(({ type }) => type === "delta"),
    );
    expect(seen.map((events) => events.map((event) => ("text" in event ? event.text : "")).join(""))).toEqual(
      ["", "", "I must refuse", " now"],
    );
  });

  it("gives up a header of more than 1,024 characters", () => {
    const { lines, codes } = read(`<|channel|>${"x".repeat(1100)}`);
    expect(lines.length).toBe(1);
    expect(codes).toContain("missing-message-marker");
  });

  it("reads markers in what was no header as markers", () => {
    expect(read("one two three four<|channel|>final<|message|>x<|return|>").lines).toEqual([
      'assistant "one two three four"',
      'assistant/final "x"',
    ]);
  });
});

describe("between messages", () => {
  const first = "<|channel|>analysis<|message|>t<|end|>";

  it("can show stray text as content", () => {
    const text = `${first} 364 <|start|>assistant<|channel|>final<|message|>hi<|return|>`;
    expect(read(text).lines).toEqual(['assistant/analysis "t"', 'assistant/final "hi"']);
    expect(read(text, { role: "assistant", strayText: "content" }).lines).toEqual([
      'assistant/analysis "t"',
      'assistant " 364 "',
      'assistant/final "hi"',
    ]);
  });

  it("reads a header that lost its first marker", () => {
    const { lines, codes } = read(`${first}assistant<|channel|>final<|message|>hi<|return|>`);
    expect(lines).toEqual(['assistant/analysis "t"', 'assistant/final "hi"']);
    expect(codes).toEqual(["implicit-start"]);
  });

  it("drops a header that leads nowhere", () => {
    const { lines, codes } = read(
      `${first}<|start|>assistant<|channel|>final<|start|>assistant<|message|>x<|end|>`,
    );
    expect(lines).toEqual(['assistant/analysis "t"', 'assistant "x"']);
    expect(codes).toEqual(["abandoned-header"]);
  });
});

it("believes the engine about whether a message is complete", () => {
  const cut = (reason: "stop" | "length") => {
    const parser = new StreamableParser(encoding, { role: "assistant" });
    parser.push(tokens("<|channel|>final<|message|>hi"));
    parser.end({ reason });
    return [parser.messages[0]?.complete, parser.diagnostics.length];
  };
  expect(cut("stop")).toEqual([true, 0]);
  expect(cut("length")).toEqual([false, 1]);
});
