// The limits of an engine call, on a clock that the test turns.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ApiError } from "../../src/protocol/index.ts";
import { Deadlines } from "../../src/server/deadlines.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setImmediate", "performance"] });
});
const started: Deadlines[] = [];
afterEach(() => {
  for (const deadlines of started.splice(0)) deadlines.stop();
  vi.useRealTimers();
});

function start(limits: { firstToken?: number; betweenTokens?: number; total?: number }): {
  deadlines: Deadlines;
  messages: string[];
} {
  const messages: string[] = [];
  const deadlines = new Deadlines(
    { queue: 0, firstToken: 0, betweenTokens: 0, total: 0, upload: 0, stalledReader: 0, ...limits } as never,
    { stop: (error: ApiError) => messages.push(error.message) },
  );
  started.push(deadlines);
  return { deadlines, messages };
}

describe("the deadlines of an engine call", () => {
  it("end a wait for the first token", () => {
    const { messages } = start({ firstToken: 500, betweenTokens: 100, total: 5_000 });
    vi.advanceTimersByTime(499);
    expect(messages).toEqual([]);
    vi.advanceTimersByTime(2);
    expect(messages).toEqual(["The engine did not produce its first token within 0.5 s."]);
    vi.advanceTimersByTime(20_000);
    expect(messages).toHaveLength(1);
  });

  it("end a pause between tokens, counted from the last one", () => {
    const { deadlines, messages } = start({ firstToken: 5_000, betweenTokens: 100 });
    for (let token = 0; token < 50; token++) {
      deadlines.progress();
      vi.advanceTimersByTime(70);
    }
    expect(messages).toEqual([]);
    deadlines.progress();
    vi.advanceTimersByTime(98);
    expect(messages).toEqual([]);
    vi.advanceTimersByTime(4);
    expect(messages).toEqual(["The engine did not produce its next token within 0.1 s."]);
  });

  it("do not count the time in which the reader is waited for", () => {
    const { deadlines, messages } = start({ betweenTokens: 100 });
    deadlines.progress();
    vi.advanceTimersByTime(60);
    deadlines.hold();
    vi.advanceTimersByTime(10_000);
    deadlines.resume();
    vi.advanceTimersByTime(98);
    expect(messages).toEqual([]);
    vi.advanceTimersByTime(4);
    expect(messages).toHaveLength(1);
  });

  it("end an answer that takes too long, whatever comes", () => {
    const { deadlines, messages } = start({ betweenTokens: 100, total: 1_000 });
    for (let at = 0; at < 1_100; at += 50) {
      deadlines.progress();
      vi.advanceTimersByTime(50);
    }
    expect(messages).toEqual(["The engine did not produce the answer within 1 s."]);
  });

  it("tell nothing after the end, and nothing without limits", () => {
    const ended = start({ firstToken: 100, total: 100 });
    ended.deadlines.stop();
    const unlimited = start({});
    unlimited.deadlines.progress();
    vi.advanceTimersByTime(1e6);
    expect([ended.messages, unlimited.messages]).toEqual([[], []]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
