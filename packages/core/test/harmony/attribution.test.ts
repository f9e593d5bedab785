import {
  DeveloperContent,
  lossMask,
  Message,
  renderWithAttribution,
  StreamableParser,
  SystemContent,
  ToolDescription,
} from "@tokenwire/core/harmony";
import { describe, expect, it } from "vitest";
import { encoding, tokens } from "./support.ts";

const conversation = [
  Message.fromRoleAndContent("system", SystemContent.new()),
  Message.fromRoleAndContent(
    "developer",
    DeveloperContent.new().withFunctionTools([new ToolDescription("f", "d")]),
  ),
  Message.fromRoleAndContents("user", ["héllo 👩‍💻", "日本"]),
  Message.fromRoleAndContent("assistant", "hm").withChannel("analysis"),
  Message.fromRoleAndContent("assistant", '{"a":1}')
    .withChannel("commentary")
    .withRecipient("functions.f")
    .withContentType("<|constrain|>json"),
  Message.fromAuthorAndContent({ role: "tool", name: "functions.f" }, "1")
    .withRecipient("assistant")
    .withChannel("commentary"),
  Message.fromRoleAndContent("assistant", "ok").withChannel("final"),
];

/** Tokens of one message, grouped: `part text` where the part changes. */
function parts(message: number): string[] {
  const { tokens: ids, origins } = renderWithAttribution(encoding, conversation, { analysis: "none" });
  const rows: [string, number[]][] = [];
  origins.forEach((origin, index) => {
    if (origin.message !== message) return;
    if (rows.at(-1)?.[0] !== origin.part) rows.push([origin.part, []]);
    rows.at(-1)![1].push(ids[index]!);
  });
  return rows.map(([part, group]) => `${part} ${encoding.decode(group)}`);
}

describe("renderWithAttribution", () => {
  it("renders as without attribution", () => {
    const plain = encoding.renderConversationForCompletion(conversation, "assistant", { analysis: "spec" });
    const { tokens: ids, origins } = renderWithAttribution(encoding, conversation, {
      analysis: "spec",
      nextRole: "assistant",
    });
    expect(ids).toEqual(plain);
    expect(origins.length).toBe(ids.length);
    expect(origins.slice(-2).map(({ message, part }) => [message, part])).toEqual([
      [-1, "start"],
      [-1, "role"],
    ]);
  });

  it("names the part of each token", () => {
    expect(parts(4)).toEqual([
      "start <|start|>",
      "role assistant",
      "recipient  to=functions.f",
      "marker <|channel|>",
      "channel commentary",
      "content_type  <|constrain|>json",
      "marker <|message|>",
      'content {"a":1}',
      "terminator <|call|>",
    ]);
  });

  it("gives ranges of characters that cover each content part", () => {
    const { origins } = renderWithAttribution(encoding, conversation, { analysis: "none" });
    for (const [contentIndex, text] of ["héllo 👩‍💻", "日本"].entries()) {
      const ranges = origins.filter((origin) => origin.message === 2 && origin.contentIndex === contentIndex);
      const covered = new Set<number>();
      for (const { charStart, charEnd } of ranges)
        for (let at = charStart; at < charEnd; at++) covered.add(at);
      expect([...covered]).toEqual(Array.from({ length: text.length }, (_, at) => at));
      expect(ranges.every(({ charStart, charEnd }) => charEnd > charStart)).toBe(true);
    }
  });

  it("names the parts of sampled messages too", () => {
    const parser = new StreamableParser(encoding, { role: "assistant" });
    parser.push(tokens("<|channel|>commentary to=functions.f <|constrain|>json<|message|>{}<|call|>"));
    const { tokens: ids, origins } = renderWithAttribution(encoding, parser.messages);
    const shown = origins.map(({ part }, index) => `${part} ${encoding.decode([ids[index]!])}`);
    expect(shown).toContain("recipient  to");
    expect(shown).toContain("content_type json");
    expect(shown).toContain("content {}");
    expect(shown.at(-1)).toBe("terminator <|call|>");
  });
});

describe("lossMask", () => {
  const rendering = renderWithAttribution(encoding, conversation, { analysis: "none" });
  const learned = (policy: Parameters<typeof lossMask>[2]) => {
    const mask = lossMask(rendering, conversation, policy);
    return encoding.decode(rendering.tokens.filter((_, index) => mask[index]! > 0));
  };

  it("learns whole assistant messages by default, as templates for training do", () => {
    expect(learned({})).toBe(
      "<|start|>assistant<|channel|>analysis<|message|>hm<|end|>" +
        '<|start|>assistant to=functions.f<|channel|>commentary <|constrain|>json<|message|>{"a":1}<|call|>' +
        "<|start|>assistant<|channel|>final<|message|>ok<|end|>",
    );
  });

  it("can leave out headers, channels, terminators and earlier messages", () => {
    expect(learned({ header: false, channels: ["final", "analysis"], terminators: [] })).toBe("hmok");
    expect(learned({ messages: "last-message", header: false })).toBe("ok<|end|>");
    expect(learned({ messages: "last-turn", header: false, terminators: ["call"] })).toBe(
      'hm{"a":1}<|call|>ok',
    );
  });

  it("takes another weight", () => {
    const mask = lossMask(rendering, conversation, { weight: 0.5 });
    expect(new Set(mask)).toEqual(new Set([0, 0.5]));
  });
});
