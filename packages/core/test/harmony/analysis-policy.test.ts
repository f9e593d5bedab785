import type { AnalysisPolicy, MessageJson } from "@tokenwire/core/harmony";
import { describe, expect, it } from "vitest";
import { encoding } from "./support.ts";

const user = (content: string): MessageJson => ({ role: "user", content });
const thought = (content: string): MessageJson => ({ role: "assistant", channel: "analysis", content });
const final = (content: string): MessageJson => ({ role: "assistant", channel: "final", content });
const search: MessageJson = { ...thought("search"), recipient: "browser.search" };
const found: MessageJson = { role: "tool", name: "browser.search", channel: "analysis", content: "found" };
const call: MessageJson = { ...thought("call"), recipient: "functions.f" };
const result: MessageJson = { role: "tool", name: "functions.f", channel: "commentary", content: "result" };

/** Contents of the messages that a policy keeps. */
function kept(messages: readonly MessageJson[], analysis: AnalysisPolicy | undefined): string {
  const text = encoding.decode(encoding.renderConversation(messages, analysis && { analysis }));
  return [...text.matchAll(/<\|message\|>(.*?)<\|/g)].map((match) => match[1]).join(" ");
}

describe("analysis policies", () => {
  const twoTurns = [
    user("q1"),
    thought("t1"),
    final("a1"),
    user("q2"),
    thought("t2"),
    final("a2"),
    user("q3"),
  ];

  it.each([
    ["upstream", "q1 a1 q2 t2 a2 q3"],
    ["spec", "q1 a1 q2 a2 q3"],
    ["current-turn", "q1 a1 q2 a2 q3"],
    ["none", "q1 t1 a1 q2 t2 a2 q3"],
  ] as const)("%s", (policy, expected) => {
    expect(kept(twoTurns, policy)).toBe(expected);
  });

  it("drops as upstream does when nothing is said", () => {
    expect(kept(twoTurns, undefined)).toBe(kept(twoTurns, "upstream"));
    const off = encoding.renderConversation(twoTurns, { auto_drop_analysis: false });
    expect(off).toEqual(encoding.renderConversation(twoTurns, { analysis: "none" }));
    expect(encoding.renderConversation(twoTurns, {})).toEqual(encoding.renderConversation(twoTurns));
  });

  it("keeps the last turn's reasoning for training under current-turn", () => {
    const oneTurn = [user("q"), thought("t"), final("a")];
    expect(kept(oneTurn, "upstream")).toBe("q a");
    expect(kept(oneTurn, "current-turn")).toBe("q t a");
  });

  it("keeps or drops a call and its result together", () => {
    const messages = [user("q"), thought("t"), search, found, call, result, final("a"), user("next")];
    expect(kept(messages, "spec")).toBe("q call result a next");
    expect(kept(messages, "current-turn")).toBe("q call result a next");
    expect(kept(messages, "upstream")).toBe("q result a next");
  });

  it("drops nothing while a tool loop runs", () => {
    const running = [user("q"), thought("t"), call, result];
    for (const policy of ["upstream", "spec", "current-turn"] as const)
      expect(kept(running, policy)).toBe("q t call result");
  });
});

describe("render profiles", () => {
  const callMessage: MessageJson = { ...call, channel: "commentary", content_type: "<|constrain|>json" };

  it("writes the channel first when asked to", () => {
    const ids = encoding.render(callMessage, { profile: "channel-first" });
    expect(Array.from(ids.subarray(2, 13))).toEqual([
      200005, 12606, 815, 316, 28, 44580, 1196, 220, 200003, 4108, 200008,
    ]);
    const tool = encoding.render({ ...result, recipient: "assistant" }, { headerOrder: "channel-first" });
    expect(encoding.decode(tool)).toContain(
      "<|start|>functions.f to=assistant<|channel|>commentary<|message|>",
    );
  });

  it("chooses the content type of calls", () => {
    const text = (callContentType: "json" | "constrain-json") =>
      encoding.decode(encoding.render({ ...call, content_type: "x" }, { callContentType }));
    expect(text("json")).toContain("<|channel|>analysis json<|message|>");
    expect(text("constrain-json")).toContain("<|channel|>analysis <|constrain|>json<|message|>");
  });
});
