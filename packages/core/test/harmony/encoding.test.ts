import { isTokenwireError } from "@tokenwire/core";
import {
  Conversation,
  getToolNamespaceConfig,
  HarmonyError,
  loadHarmonyEncoding,
  Message,
  StreamableParser,
  SystemContent,
} from "@tokenwire/core/harmony";
import * as upstream from "@tokenwire/core/harmony/upstream-names";
import { getEncoding } from "@tokenwire/encodings";
import { describe, expect, it } from "vitest";
import { encoding, line, tokens } from "./support.ts";

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof HarmonyError && isTokenwireError(error)) return error.code;
    throw error;
  }
  return "no error";
};

describe("HarmonyEncoding", () => {
  it("says what it is", () => {
    expect(encoding.name).toBe("HarmonyGptOss");
    expect(encoding.tokenizerName).toBe("o200k_harmony");
    expect(encoding.maxMessageTokens).toBe(524_288);
    expect(encoding.specialTokens.size).toBe(1091);
    expect(encoding.isSpecialToken(201_088)).toBe(true);
    expect(encoding.specialTokens.has("<|endofprompt|>")).toBe(false);
    expect(new Set(encoding.stopTokens())).toEqual(new Set([200_002, 200_012, 200_007]));
    expect(new Set(encoding.stopTokensForAssistantActions())).toEqual(new Set([200_002, 200_012]));
  });

  it("encodes special tokens only where they are allowed", () => {
    expect(Array.from(encoding.encode("<|start|>", { disallowedSpecial: [] }))).toEqual([
      27, 91, 5236, 91, 29,
    ]);
    expect(Array.from(encoding.encode("<|start|>", { allowedSpecial: "all" }))).toEqual([200_006]);
    expect(codeOf(() => encoding.encode("a<|start|>"))).toBe("disallowed-special");
    expect(() => encoding.encode("<|start|>")).toThrow(
      "Encountered text corresponding to disallowed special token '<|start|>'.",
    );
    expect(encoding.encode("\ud800")).toEqual(encoding.encode("\ufffd"));
  });

  it("decodes strictly or with replacements", () => {
    expect(encoding.decodeUtf8([200_014, 201_088])).toBe("<|reserved_200014|><|reserved_201088|>");
    expect(codeOf(() => encoding.decodeUtf8([132_990, 9552]))).toBe("invalid-utf8");
    expect(encoding.decode([132_990, 9552])).toContain("Chicken");
    expect(() => encoding.decode([99_999_999])).toThrow(
      "Could not decode tokens: Invalid token error: Invalid token for decoding: 99999999",
    );
    expect(encoding.decodeBytes([9552])).toEqual(Uint8Array.of(0x20, 0xf0, 0x9f));
  });

  it("is loaded from a tokenizer, or by name as in openai-harmony", () => {
    const tokenizer = getEncoding("o200k_harmony");
    expect(loadHarmonyEncoding(tokenizer)).toBe(encoding);
    expect(upstream.load_harmony_encoding("HarmonyGptOss", { tokenizer })).toBe(encoding);
    expect(codeOf(() => loadHarmonyEncoding("x" as "HarmonyGptOss", { tokenizer }))).toBe("unknown-encoding");
    expect(codeOf(() => loadHarmonyEncoding(getEncoding("cl100k_base")))).toBe("vocabulary-hash");
    expect(codeOf(() => getToolNamespaceConfig("x"))).toBe("unknown-namespace");
    expect(upstream.get_tool_namespace_config("python").tools).toEqual([]);
  });

  it("renders one message as the conversation and the beginning of a prompt", () => {
    const message = Message.fromRoleAndContent("user", "hi");
    const alone = Array.from(encoding.render(message));
    expect(Array.from(encoding.renderConversation([message]))).toEqual(alone);
    const prompt = encoding.renderConversationForCompletion(Conversation.fromMessages([message]), "tool");
    expect(Array.from(prompt)).toEqual([...alone, 200_006, 17_952]);
    expect(codeOf(() => encoding.renderConversationForCompletion([], "x" as "user"))).toBe("unknown-role");
  });

  it("appends to a caller's list", () => {
    const target = [1];
    encoding.renderInto({ role: "user", content: "hi" }, target);
    encoding.renderConversationInto([{ role: "user", content: "hi" }], target);
    const alone = Array.from(encoding.render({ role: "user", content: "hi" }));
    expect(target).toEqual([1, ...alone, ...alone]);
  });

  it("ends a training example in <|return|> only when an answer is last", () => {
    const answer: Message = Message.fromRoleAndContent("assistant", "a").withChannel("final");
    expect(encoding.renderConversationForTraining([answer]).at(-1)).toBe(200_002);
    expect(encoding.renderConversationForTraining([answer.withChannel("x")]).at(-1)).toBe(200_007);
    expect(encoding.renderConversationForTraining([]).length).toBe(0);
  });
});

describe("wire form", () => {
  it("round-trips, with fields in order and absent ones left out", () => {
    const json = {
      role: "tool",
      name: "f",
      recipient: "assistant",
      content: "x",
      channel: "c",
      content_type: "t",
    };
    expect(JSON.stringify(Message.fromJSON(json))).toBe(JSON.stringify(json));
    const nulls = {
      role: "user",
      name: null,
      content: [{ type: "text", text: "x" }],
      channel: null,
      extra: 1,
    };
    expect(JSON.stringify(Message.fromJSON(nulls))).toBe('{"role":"user","content":"x"}');
    const system = { role: "system", content: [SystemContent.new().withBrowserTool().toJSON()] };
    expect(Message.fromJSON(JSON.stringify(system)).toJSON()).toEqual(JSON.parse(JSON.stringify(system)));
  });

  it.each([
    [
      { messages: [{ role: "user", content: 5 }] },
      "$.messages[0].content",
      "invalid type: integer `5`, expected string or list",
    ],
    [
      { messages: [{ role: "user", content: [{ type: "text" }] }] },
      "$.messages[0].content[0]",
      "missing field `text`",
    ],
    [{ messages: 5 }, "$.messages", "invalid type: integer `5`, expected a sequence"],
    [{}, "$", "missing field `messages`"],
  ])("names the fault in %j", (json, path, text) => {
    try {
      Conversation.fromJSON(json);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "invalid-conversation", path });
      expect((error as Error).message).toContain(`invalid conversation JSON: ${text}`);
    }
  });

  it("refuses text that is no JSON, and offers lower-case effort in code only", () => {
    expect(codeOf(() => Message.fromJSON("{"))).toBe("invalid-message");
    expect(SystemContent.new().withReasoningEffort("low").reasoningEffort).toBe("Low");
    expect(codeOf(() => SystemContent.new().withReasoningEffort("x" as "low"))).toBe("invalid-message");
  });
});

describe("StreamableParser", () => {
  it("reads like openai-harmony when fed by process", () => {
    const parser = new StreamableParser(encoding, { role: "assistant" });
    for (const id of tokens("<|channel|>final<|message|>")) parser.process(id);
    for (const id of [9552, 9552]) parser.process(id);
    parser.process(24_912);
    expect(parser.mode).toBe("compat");
    expect(parser.lastContentDelta).toBe(" \ufffd");
    expect(parser.stateData).toEqual({
      state: "Content",
      header: { author: { role: "assistant" }, recipient: null, channel: "final", content_type: null },
      content_tokens: [220, 3251, 220, 3251],
    });
    expect(parser.processEos().messages.map(line)).toEqual(['assistant/final " \ufffd \ufffdhello"']);
  });

  it("branches without touching the original", () => {
    const parser = new StreamableParser(encoding, { role: "assistant" });
    parser.push(tokens("<|channel|>final<|message|>a"));
    const fork = parser.fork();
    parser.push(tokens("b<|return|>"));
    fork.push(tokens("c<|return|>"));
    expect([...parser.messages, ...fork.messages].map(({ text }) => text)).toEqual(["ab", "ac"]);
  });

  it("keeps a compact snapshot small", () => {
    const parser = new StreamableParser(encoding, { role: "assistant" });
    const text = "hello world ".repeat(200);
    parser.push(tokens(`<|channel|>final<|message|>${text}`));
    const snapshot = JSON.stringify(parser.snapshot({ compact: true }));
    expect(snapshot.length - text.length).toBeLessThan(1024);
    const restored = StreamableParser.restore(encoding, JSON.parse(snapshot));
    restored.push(tokens("end<|return|>"));
    expect(restored.messages[0]?.text).toBe(`${text}end`);
    expect(restored.messages[0]?.hasSampledTokens).toBe(false);
  });

  it.each([-1, 1.5, 2 ** 32, Number.NaN])("refuses %d as a token id", (id) => {
    const parser = new StreamableParser(encoding);
    expect(codeOf(() => parser.push([1, id]))).toBe("invalid-token");
    expect(codeOf(() => parser.process(id))).toBe("invalid-token");
  });
});
