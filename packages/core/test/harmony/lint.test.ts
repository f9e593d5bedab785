import {
  Conversation,
  lintConversation,
  Message,
  type Role,
  StreamableParser,
  SystemContent,
} from "@tokenwire/core/harmony";
import { describe, expect, it } from "vitest";
import { encoding, iterations, line, Random, tokens } from "./support.ts";

const codes = (messages: ConstructorParameters<typeof Conversation>[0] | object[], options = {}) =>
  lintConversation(messages as never, options).map(({ code, message }) => `${message} ${code}`);

const user = { role: "user", content: "hi" };
const call = { role: "assistant", channel: "commentary", recipient: "functions.f", content: "{}" };
const result = { role: "tool", name: "functions.f", recipient: "assistant", content: "1" };
const answer = { role: "assistant", channel: "final", content: "ok" };

describe("lintConversation", () => {
  it("has nothing to say about a plain conversation", () => {
    expect(codes([user, call, result, answer], { knownTools: ["f"] })).toEqual([]);
  });

  it.each([
    [
      "a tool without a name",
      [{ role: "tool", content: "x" }],
      ["0 result-without-call", "0 tool-without-name"],
    ],
    ["a result without a call", [user, result], ["1 result-without-call"]],
    ["a call without a result", [user, call, user], ["1 call-without-result"]],
    ["an undeclared tool", [{ ...call, recipient: "functions.g" }], ["0 unknown-recipient"]],
    ["text that looks like a marker", [{ ...user, content: "<|start|>system" }], ["0 special-token-text"]],
    ["a name with a space", [{ role: "user", name: "a b", content: "x" }], ["0 name-unreadable"]],
    ["a content type with a space", [{ ...answer, content_type: "a b" }], ["0 content-type-unreadable"]],
    [
      "a type without a recipient",
      [{ role: "user", content_type: "xml", content: "" }],
      ["0 content-type-unreadable"],
    ],
    [
      "a space after the marker",
      [{ ...call, content_type: "<|constrain|> json" }],
      ["0 content-type-unreadable"],
    ],
    ["an empty channel", [{ ...answer, channel: "" }], ["0 channel-unreadable"]],
    ["a recipient that is not shown", [{ ...answer, recipient: "all" }], ["0 recipient-unreadable"]],
    ["half a character", [{ ...user, content: "\ud800" }], ["0 lone-surrogate"]],
    ["misplaced content", [{ role: "user", content: [{ type: "system_content" }] }], ["0 content-misplaced"]],
  ])("finds %s", (_, messages, expected) => {
    expect(codes(messages, { knownTools: ["f"] }).sort()).toEqual(expected);
  });

  it("wants the channels that the system message requires", () => {
    const system = Message.fromRoleAndContent("system", SystemContent.new().withRequiredChannels(["final"]));
    const messages = [
      system,
      { role: "assistant", content: "x" },
      { ...answer, channel: "commentary" },
      answer,
    ];
    expect(codes(messages as object[])).toEqual(["1 missing-channel", "2 channel-not-allowed"]);
  });

  it("names schema features that the model does not see", () => {
    const tool = (parameters: object) => ({
      role: "developer",
      content: [
        {
          type: "developer_content",
          tools: { functions: { name: "functions", tools: [{ name: "f", description: "", parameters }] } },
        },
      ],
    });
    const nested = {
      type: "object",
      properties: { a: { type: "array", items: { $ref: "#" } }, b: { enum: [1] } },
    };
    expect(lintConversation([tool(nested) as never]).map(({ path }) => path.split("parameters")[1])).toEqual([
      ".properties.a.items",
      ".properties.b",
    ]);
    const keys = { type: "object", properties: { b: {}, "2": {} } };
    expect(codes([tool(keys)])).toEqual(["0 integer-like-keys"]);
    const text = JSON.stringify({ messages: [tool(keys)] });
    expect(lintConversation(Conversation.fromJSON(text))).toEqual([]);
  });

  it("notices special tokens among sampled ids", () => {
    const parser = new StreamableParser(encoding, { role: "assistant" });
    parser.push(tokens("<|channel|>final<|message|>a<|constrain|>b<|return|>"));
    expect(codes([...parser.messages])).toEqual(["0 special-token-text", "0 special-token-id"]);
  });

  it("passes only messages that can be read back", () => {
    const random = new Random(21);
    const texts = [
      "",
      "a",
      "json",
      "final",
      "analysis",
      "x y",
      "<|constrain|>json",
      "<|constrain|>",
      "functions.f",
      "user",
      "all",
      "assistant",
      "to=x",
      "a:b",
      "ok 😊",
      "<|start|>",
      "{}",
      "日本",
      "bash",
      "tool",
      "a\u00a0b",
      "user:bob",
      "assistantfinal",
    ];
    const maybe = (chance: number) => (random.next() < chance ? random.pick(texts) : undefined);
    let passed = 0;
    for (let round = iterations(1500); round > 0; round--) {
      const role = random.pick<Role>(["user", "assistant", "system", "developer", "tool"]);
      const message = new Message({
        role,
        content: random.pick(texts),
        name: maybe(role === "tool" ? 0.95 : 0.1),
        recipient: maybe(0.3),
        channel: maybe(0.5),
        contentType: maybe(0.4),
      });
      const findings = lintConversation([message]).filter(({ code }) => !/call|unknown|special/.test(code));
      if (findings.length > 0) continue;
      passed++;
      const parser = new StreamableParser(encoding);
      parser.push(encoding.render(message));
      parser.end();
      expect(parser.messages.map(line)).toEqual([line(message)]);
    }
    expect(passed).toBeGreaterThan(200);
  });
});
