// Lossless history: what was sampled is what the model sees again.

import { Message, StreamableParser } from "@tokenwire/core/harmony";
import { describe, expect, it } from "vitest";
import { encoding, iterations, line, Random, randomStream, tokens } from "./support.ts";

const callId = 200_012;
const endId = 200_007;
const returnId = 200_002;
const prompt = [Message.fromRoleAndContent("user", "Weather?")];
const promptIds = encoding.renderConversationForCompletion(prompt, "assistant");

function read(ids: ArrayLike<number>) {
  const parser = new StreamableParser(encoding, { role: "assistant" });
  parser.push(ids);
  parser.end();
  return parser.messages;
}

const asHistory = (ids: ArrayLike<number>) => Array.from(ids, (id) => (id === returnId ? endId : id));

describe("lossless history", () => {
  it.each([
    "<|channel|>commentary to=functions.f <|constrain|>json<|message|>{}<|call|>",
    " to=functions.f<|channel|>commentary <|constrain|>json<|message|>{}<|call|>",
    "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>hi<|return|>",
    "<|channel|>final<|message|>Answer<|end|><|return|>",
  ])("renders what was sampled: %s", (text) => {
    const sampled = tokens(text);
    const history = encoding.renderConversation([...prompt, ...read(sampled)], { analysis: "none" });
    expect(Array.from(history)).toEqual([...promptIds, ...asHistory(sampled)]);
  });

  it("renders any stream that was sampled, and what the engine swallowed at its end", () => {
    const random = new Random(7);
    for (let round = iterations(600); round > 0; round--) {
      const sampled = randomStream(random);
      const messages = read(sampled);
      if (messages.length === 0) continue;
      const history = encoding.renderConversation([...prompt, ...messages], { analysis: "none" });
      const wanted = [...promptIds, ...asHistory(sampled)];
      expect(Array.from(history.subarray(0, wanted.length))).toEqual(wanted);
      expect([endId, callId, undefined]).toContain(history[wanted.length]);
      expect(history.length - wanted.length).toBeLessThanOrEqual(1);
    }
  });

  it("keeps ids that BPE would not have chosen", () => {
    const sampled = [...tokens("<|channel|>final<|message|>"), 71, 68, 75, 75, 78, returnId];
    const messages = read(sampled);
    expect(messages.map(line)).toEqual(['assistant/final "hello"']);
    expect(Array.from(encoding.renderConversation(messages, {})).slice(2)).toEqual(asHistory(sampled));
    const rewritten = encoding.renderConversation(messages, { history: "canonical" });
    expect(encoding.decode(rewritten)).toBe("<|start|>assistant<|channel|>final<|message|>hello<|end|>");
    expect(rewritten.length).toBeLessThan(sampled.length + 2);
  });

  it("leaves stray tokens out when asked for clean history", () => {
    const messages = read(tokens("<|channel|>final<|message|>A<|end|><|return|>"));
    const clean = encoding.renderConversation(messages, { history: "clean" });
    expect(encoding.decode(clean)).toBe("<|start|>assistant<|channel|>final<|message|>A<|end|>");
  });

  it("writes the terminator that a call should have had", () => {
    const messages = read(tokens("<|channel|>commentary to=functions.f json<|message|>{}<|end|><|call|>"));
    const clean = encoding.renderConversation(messages, { history: "clean" });
    expect(encoding.decode(clean).endsWith("{}<|call|>")).toBe(true);
  });

  it("begins a message anew when the one before it is left out", () => {
    const [, final] = read(tokens("<|channel|>analysis<|message|>hm<|channel|>final<|message|>hi<|return|>"));
    const history = encoding.renderConversation([...prompt, final!]);
    expect(encoding.decode(history)).toBe(
      "<|start|>user<|message|>Weather?<|end|><|start|>assistant<|channel|>final<|message|>hi<|end|>",
    );
  });

  it("forgets the ids of a message that is changed", () => {
    const [message] = read([...tokens("<|channel|>final<|message|>"), 71, 68, 75, 75, 78, returnId]);
    const changed = message!.withChannel("commentary");
    expect(Array.from(encoding.renderConversation([changed]))).toEqual(
      Array.from(encoding.render({ role: "assistant", channel: "commentary", content: "hello" })),
    );
  });

  it("renders a second generation of the same parser behind its own prompt", () => {
    const parser = new StreamableParser(encoding, { role: "assistant" });
    parser.push(tokens("<|channel|>commentary to=functions.f json<|message|>{}<|call|>"));
    parser.end();
    parser.beginGeneration("assistant");
    parser.push(tokens("<|channel|>final<|message|>hi<|return|>"));
    parser.end();
    const result = new Message({ role: "tool", name: "functions.f", content: "1", recipient: "assistant" });
    const [call, answer] = parser.messages;
    const history = encoding.renderConversation([call!, result, answer!], { analysis: "none" });
    expect(encoding.decode(history)).toBe(
      "<|start|>assistant<|channel|>commentary to=functions.f json<|message|>{}<|call|>" +
        "<|start|>functions.f to=assistant<|message|>1<|end|>" +
        "<|start|>assistant<|channel|>final<|message|>hi<|end|>",
    );
  });

  it("continues a message whose beginning is in the prompt", () => {
    const prefill = { channel: "final", text: "The answer" };
    const parser = new StreamableParser(encoding, { role: "assistant", prefill });
    const events = [...parser.push(tokens(" is 4.<|return|>")), ...parser.end()];
    expect(events.map(({ type }) => type)).toEqual(["message_start", "delta", "message_end"]);
    expect(parser.messages.map(line)).toEqual(['assistant/final "The answer is 4."']);
    expect(encoding.decode(encoding.renderConversation(parser.messages))).toBe(
      "<|start|>assistant<|channel|>final<|message|>The answer is 4.<|end|>",
    );
  });
});
