import {
  classifyMessage,
  countReasoningTokens,
  Message,
  type MessageFields,
  StreamableParser,
} from "@tokenwire/core/harmony";
import { describe, expect, it } from "vitest";
import { encoding, tokens } from "./support.ts";

const classify = (fields: Partial<MessageFields>, policy = {}) =>
  classifyMessage(new Message({ role: "assistant", content: "", ...fields }), policy);

function parsed(text: string) {
  const parser = new StreamableParser(encoding, { role: "assistant" });
  parser.push(tokens(text));
  parser.end();
  return parser.messages;
}

describe("classifyMessage", () => {
  it.each([
    [{ role: "tool", name: "functions.f" }, "tool_result"],
    [{ role: "user" }, "prompt"],
    [{ role: "system", channel: "final" }, "prompt"],
    [{ channel: "commentary", recipient: "functions.f" }, "tool_call f"],
    [{ channel: "analysis", recipient: "functions.f" }, "tool_call f"],
    [{ channel: "commentary", recipient: "get_weather" }, "tool_call get_weather"],
    [{ channel: "analysis", recipient: "python" }, "builtin_call"],
    [{ channel: "analysis", recipient: "browser.search" }, "builtin_call"],
    [{ channel: "analysis" }, "reasoning"],
    [{ channel: "analysis", recipient: "assistant" }, "reasoning"],
    [{ channel: "commentary" }, "preamble"],
    [{ channel: "commentary", recipient: "json" }, "preamble"],
    [{ channel: "final", recipient: "all" }, "content"],
    [{ channel: "finalx" }, "content"],
    [{ channel: "??" }, "content"],
    [{}, "content"],
  ] as const)("%o", (fields, expected) => {
    const { kind, tool } = classify(fields)!;
    expect(tool === undefined ? kind : `${kind} ${tool}`).toBe(expected);
  });

  it("follows its policies", () => {
    expect(
      classify({ recipient: "functions.f", channel: "analysis" }, { analysisRecipient: "reasoning" })?.kind,
    ).toBe("reasoning");
    expect(classify({ channel: "commentary" }, { preamble: "reasoning" })?.kind).toBe("reasoning");
    expect(classify({ recipient: "python" }, { builtin: "reasoning" })?.kind).toBe("reasoning");
    expect(classify({ channel: "??" }, { unknownChannel: "drop" })).toBeUndefined();
    expect(classify({ recipient: "json" }, { knownTools: ["json"] })).toEqual({
      kind: "tool_call",
      tool: "json",
    });
  });

  it("takes text behind half a header for no call, unless it ended as one", () => {
    const half = "<|channel|>commentary to=functions.f let me see what comes";
    expect(classifyMessage(parsed(`${half}<|end|>`)[0]!)?.kind).toBe("preamble");
    expect(classifyMessage(parsed(`${half}<|call|>`)[0]!)?.kind).toBe("tool_call");
  });

  it("marks, drops or shows a call that was cut", () => {
    const [cut] = parsed('<|channel|>commentary to=functions.f json<|message|>{"a":');
    expect(classifyMessage(cut!)).toEqual({ kind: "tool_call", tool: "f", incomplete: true });
    expect(classifyMessage(cut!, { truncatedToolCall: "drop" })).toBeUndefined();
    expect(classifyMessage(cut!, { truncatedToolCall: "content" })).toEqual({ kind: "content" });
  });
});

describe("countReasoningTokens", () => {
  it("counts by three methods", () => {
    const messages = parsed(
      "<|channel|>analysis<|message|>one two<|end|><|start|>assistant<|channel|>commentary<|message|>three<|end|>" +
        "<|start|>assistant<|channel|>commentary to=functions.f json<|message|>{}<|call|>",
    );
    expect(countReasoningTokens(messages)).toBe(2);
    expect(countReasoningTokens(messages, "vllm")).toBe(3 + 2);
    expect(countReasoningTokens(messages, "smg")).toBe(3 + 2 + 2);
  });
});
