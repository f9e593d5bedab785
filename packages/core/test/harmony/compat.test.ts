// Facts of compat mode that are worth naming one by one.

import { type Message, StreamableParser } from "@tokenwire/core/harmony";
import { describe, expect, it } from "vitest";
import { encoding, line, tokens } from "./support.ts";

const lines = (text: string, strict: boolean) =>
  encoding.parseMessagesFromCompletionTokens(tokens(text), { role: "assistant", strict }).messages.map(line);

describe("lenient headers", () => {
  const final = "<|start|>assistant<|channel|>final<|message|>no<|return|>";

  it.each([
    ["I must refuse<|end|>", 'assistant "I must refuse"'],
    ["<|channel|>analysis I must refuse<|end|>", 'assistant/analysis "I must refuse"'],
    ["... Let's use the  tool.<|end|>", 'assistant "... Let\'s use the tool."'],
    ["<|channel|>commentary Hello<|end|>", 'assistant/commentary "Hello"'],
  ])("turn %s into a message", (text, expected) => {
    expect(lines(text + final, false)).toEqual([expected, 'assistant/final "no"']);
    expect(() => lines(text, true)).toThrow("Unexpected EOS while waiting for message header to complete");
  });

  it("are an error in strict reading once the next message shows that words are left", () => {
    expect(() => lines(`I must refuse<|end|>${final}`, true)).toThrow(
      'unexpected tokens remaining in message header: Some("I")',
    );
  });

  it("lose a header whose role is not known", () => {
    const { messages } = encoding.parseMessagesFromCompletionTokens(tokens("<|start|>x<|end|>"), {
      strict: false,
    });
    expect(messages).toEqual([]);
  });
});

describe("content types", () => {
  it("survive rendering and parsing with the marker as a special token", () => {
    const message = {
      role: "assistant",
      recipient: "functions.f",
      channel: "commentary",
      content_type: "<|constrain|>json",
      content: "{}",
    } as const;
    const ids = encoding.render(message);
    expect(Array.from(ids)).toContain(200_003);
    const { messages } = encoding.parseMessagesFromCompletionTokens(ids);
    expect(messages.map((read: Message) => read.toJSON())).toEqual([message]);
  });

  it.each([
    "<|channel|>commentary to=functions.f<|constrain|>json<|message|>{}<|call|>",
    " to=functions.f<|channel|>commentary<|constrain|>json<|message|>{}<|call|>",
  ])("may be glued to what stands before: %s", (text) => {
    expect(lines(text, true)).toEqual(['assistant/commentary→functions.f {<|constrain|>json} "{}"']);
  });
});

describe("UTF-8 in content", () => {
  function read(ids: readonly number[]) {
    const parser = new StreamableParser(encoding, { role: "assistant" });
    for (const id of tokens("<|channel|>final<|message|>")) parser.process(id);
    const deltas = ids.map((id) => parser.process(id).lastContentDelta);
    return { deltas, text: parser.processEos().messages[0]?.text };
  }
  const plain = tokens("plain")[0]!;

  it.each([
    [[9552, 9552, plain], [" ", "\ufffd", " \ufffd"], " \ufffd \ufffdplain"],
    [[31_446, 244], [undefined, "💖"], "💖"],
    [[31_446], [undefined], "\ufffd"],
    [[plain, 201_089, plain], ["plain", undefined, undefined], "plain\ufffd"],
  ])("of %j", (ids, deltas, text) => {
    const result = read(ids);
    expect(result.text).toBe(text);
    expect(result.deltas).toEqual(deltas);
  });

  it("adds up over many scripts", () => {
    const text = "café naïve 日本語 ﷽ e\u0301 👩‍👩‍👧‍👦 🇳🇴 नमस्ते ไทย \u{1f9d1}\u{1f3fd}‍🚀 עברית العربية\u200f";
    const ids = tokens(`<|channel|>final<|message|>${text}<|return|>`);
    const parser = new StreamableParser(encoding, { role: "assistant" });
    let seen = "";
    for (const id of ids) seen += parser.process(id).lastContentDelta ?? "";
    expect(seen).toBe(text);
    expect(parser.messages[0]?.text).toBe(text);
  });
});
