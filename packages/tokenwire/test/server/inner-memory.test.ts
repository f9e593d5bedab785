// What the server remembers for clients that drop fields they do not know: bounded, and never another conversation's.

import { describe, expect, it } from "vitest";
import type { InnerMessage } from "../../src/protocol/index.ts";
import { InnerMemory } from "../../src/server/chat/inner-memory.ts";

const idOf = (n: number): string => `call_${n.toString(16).padStart(32, "0")}`;
const innerOf = (text: string): InnerMessage[] => [
  {
    role: "assistant",
    content: "I look. ",
    tool_calls: [{ id: "server-1", type: "function", function: { name: "look", arguments: "{}" } }],
  },
  { role: "tool", tool_call_id: "server-1", content: text },
];
const asked = (id: string) => [
  {
    role: "assistant" as const,
    content: "I look. Now you.",
    toolCalls: [{ id, name: "mine", arguments: "{}" }],
  },
];

describe("the memory of calls", () => {
  it("puts them before the answer that they led to, once", () => {
    const memory = new InnerMemory();
    memory.keep("t", idOf(1), innerOf("found"));
    const restored = memory.restore("t", asked(idOf(1)));
    expect(restored.map(({ role, content }) => [role, content])).toEqual([
      ["assistant", "I look. "],
      ["tool", "found"],
      ["assistant", "Now you."],
    ]);
    expect(memory.restore("t", restored)).toEqual(restored);
    expect(memory.restore("other", asked(idOf(1)))).toEqual(asked(idOf(1)));
  });

  it("does not go by ids that come again in other conversations", () => {
    const memory = new InnerMemory();
    memory.keep("t", "functions.mine:0", innerOf("found"));
    expect(memory.restore("t", asked("functions.mine:0"))).toHaveLength(1);
  });

  it("forgets the oldest when there are too many, or when they are too large", () => {
    const memory = new InnerMemory();
    for (let n = 0; n <= 1_000; n++) memory.keep("t", idOf(n), innerOf("x"));
    expect([0, 1, 1_000].map((n) => memory.restore("t", asked(idOf(n))).length)).toEqual([1, 3, 3]);
    for (let n = 0; n < 3; n++) memory.keep("t", idOf(2_000 + n), innerOf("x".repeat(7 * 1024 * 1024)));
    expect([1_000, 2_000, 2_001, 2_002].map((n) => memory.restore("t", asked(idOf(n))).length)).toEqual([
      1, 1, 3, 3,
    ]);
  });
});
