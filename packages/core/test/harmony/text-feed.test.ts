// Text and byte input: the same reading as ids, however it is cut.

import { type HarmonyEvent, parseHarmonyStream, StreamableParser } from "@tokenwire/core/harmony";
import { describe, expect, it } from "vitest";
import { encoding, iterations, joined, line, Random, randomRole, randomStream, tokens } from "./support.ts";

/** Text of a random stream. In text, reserved tokens are no markers, so they are left out. */
function randomText(random: Random): string {
  return encoding.decode(randomStream(random).filter((id) => id < 200_000 || (id > 200_001 && id < 200_013)));
}

describe("text input", () => {
  it("gives the messages that ids give", () => {
    const random = new Random(11);
    for (let round = iterations(250); round > 0; round--) {
      const text = randomText(random);
      const role = randomRole(random);
      const byIds = new StreamableParser(encoding, { role });
      byIds.push(tokens(text));
      byIds.end();
      const byText = new StreamableParser(encoding, { role });
      byText.pushText(text);
      byText.end();
      expect(byText.messages.map(line)).toEqual(byIds.messages.map(line));
    }
  });

  it("does not depend on where text or bytes are cut", () => {
    const random = new Random(12);
    for (let round = iterations(120); round > 0; round--) {
      const text = randomText(random);
      const role = randomRole(random);
      const whole = new StreamableParser(encoding, { role });
      const expected = joined([...whole.pushText(text), ...whole.end()]);
      const byText = new StreamableParser(encoding, { role });
      const events: HarmonyEvent[] = [];
      for (const unit of text.match(/[\s\S]{1,3}/g) ?? []) events.push(...byText.pushText(unit));
      expect(joined([...events, ...byText.end()])).toEqual(expected);
      const byBytes = new StreamableParser(encoding, { role });
      const bytes = new TextEncoder().encode(text);
      const byteEvents: HarmonyEvent[] = [];
      for (let at = 0; at < bytes.length; at += 2)
        byteEvents.push(...byBytes.pushBytes(bytes.subarray(at, at + 2)));
      expect(joined([...byteEvents, ...byBytes.end()])).toEqual(expected);
    }
  });

  it("yields events from an asynchronous source", async () => {
    const texts: string[] = [];
    const parser = new StreamableParser(encoding, { role: "assistant" });
    for await (const event of parseHarmonyStream(
      ["<|chan", "nel|>final<|mess", "age|>h", "i<|return|>"],
      parser,
    )) {
      if (event.type === "delta") texts.push(event.text);
    }
    expect(texts.join("")).toBe("hi");
  });

  it("is refused by compat mode, and cannot be snapshotted", () => {
    expect(() => new StreamableParser(encoding, { mode: "compat" }).pushText("x")).toThrow("ids only");
    const parser = new StreamableParser(encoding);
    parser.pushText("x");
    expect(() => parser.snapshot()).toThrow("reads text");
  });
});

describe("text whose markers were removed", () => {
  function read(text: string, markersStripped: "off" | "auto" | "on", size = text.length) {
    const parser = new StreamableParser(encoding, { role: "assistant", markersStripped });
    const events: HarmonyEvent[] = [];
    for (let at = 0; at < text.length; at += size) events.push(...parser.pushText(text.slice(at, at + size)));
    events.push(...parser.end({ reason: "stop" }));
    return { parser, events };
  }

  const stripped = "analysisLet me see. \n assistantcommentary one\n\nassistantFinal Hello there.";

  it("is split where the words stand, and marked", () => {
    const { parser } = read(stripped, "auto");
    expect(parser.messages.map(line)).toEqual([
      'assistant/analysis "Let me see."',
      'assistant/commentary "one"',
      'assistant/final "Hello there."',
    ]);
    expect(parser.messages.map(({ markerless }) => markerless)).toEqual([true, true, true]);
    expect(parser.diagnostics.map(({ code }) => code)).toEqual(["markerless", "markerless", "markerless"]);
  });

  it("does not depend on the cuts", () => {
    const whole = read(stripped, "auto").parser.messages.map(line);
    for (let size = 1; size < 30; size++)
      expect(read(stripped, "auto", size).parser.messages.map(line)).toEqual(whole);
  });

  it.each(["final answer: 4", "Analysis is hard", "An answer", "assist"])(
    "leaves ordinary text alone: %s",
    (text) => {
      const { parser } = read(text, text.startsWith("Analysis") ? "off" : "auto");
      expect(parser.messages.map((message) => message.text)).toEqual([text]);
    },
  );

  it("is not looked for once a marker was seen", () => {
    const { parser } = read("<|channel|>final<|message|>analysis assistantfinal<|return|>", "on");
    expect(parser.messages.map(line)).toEqual(['assistant/final "analysis assistantfinal"']);
  });
});
