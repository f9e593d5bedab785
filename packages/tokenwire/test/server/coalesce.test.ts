// Text that waits for more of its kind: fewer chunks, the same answer.

import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { ChoiceEvent } from "../../src/protocol/index.ts";
import type { ChoiceSink } from "../../src/server/choice-run.ts";
import { CoalescingSink } from "../../src/server/coalesce.ts";
import { ids, type Running, start } from "./support.ts";

const text = (value: string): ChoiceEvent => ({ type: "text", text: value });

/** A sink that keeps what it is given. */
function recorder(): { sink: ChoiceSink; pushed: unknown[][] } {
  const pushed: unknown[][] = [];
  return { pushed, sink: { push: (...given) => pushed.push(given) } };
}

const hour = 3_600_000;

describe("a coalescing sink", () => {
  it("hands on the first text at once and joins what follows", async () => {
    const { sink, pushed } = recorder();
    const coalescing = new CoalescingSink(sink, 1);
    coalescing.push(0, [text("a")], [1]);
    expect(pushed).toEqual([[0, [text("a")], [1], undefined]]);
    coalescing.push(0, [text("b")], [2]);
    coalescing.push(0, [text("c")], [3]);
    expect(pushed).toHaveLength(1);
    while (pushed.length < 2) await delay(1);
    expect(pushed[1]).toEqual([0, [text("bc")], [2, 3], undefined]);
  });

  it("keeps the order of events, their kinds, and choices apart", () => {
    const { sink, pushed } = recorder();
    const coalescing = new CoalescingSink(sink, hour);
    for (const choice of [0, 1]) coalescing.push(choice, [{ type: "reasoning", text: "x" }], [0]);
    pushed.length = 0;
    coalescing.push(1, [{ type: "reasoning", text: "one" }], [9]);
    coalescing.push(0, [{ type: "reasoning", text: "a" }], [1]);
    coalescing.push(0, [{ type: "reasoning", text: "b" }, text("c")], [2]);
    coalescing.push(0, [], [3]);
    expect(pushed).toEqual([]);
    coalescing.push(0, [{ type: "tool-call", index: 0, id: "i", name: "f" }], [4]);
    expect(pushed).toEqual([
      [
        0,
        [{ type: "reasoning", text: "ab" }, text("c"), { type: "tool-call", index: 0, id: "i", name: "f" }],
        [1, 2, 3, 4],
        undefined,
      ],
    ]);
    coalescing.flush();
    expect(pushed[1]).toEqual([1, [{ type: "reasoning", text: "one" }], [9], undefined]);
  });

  it("joins log-probabilities, and arguments of one call only", () => {
    const { sink, pushed } = recorder();
    const coalescing = new CoalescingSink(sink, hour);
    const entry = (value: string) =>
      ({ ...text(value), logprobs: [{ bytes: value }] }) as unknown as ChoiceEvent;
    coalescing.push(0, [entry("a")], [1], [{ id: 1, logprob: -1 }]);
    coalescing.push(0, [entry("b")], [2], [{ id: 2, logprob: -2 }]);
    coalescing.push(0, [entry("c")], [3], [{ id: 3, logprob: -3 }]);
    const argument = (index: number, value: string): ChoiceEvent => ({
      type: "tool-arguments",
      index,
      text: value,
    });
    coalescing.push(0, [argument(0, "{"), argument(0, "}"), argument(1, "{}")], [4]);
    coalescing.flush();
    expect(pushed[1]).toEqual([
      0,
      [
        { type: "text", text: "bc", logprobs: [{ bytes: "b" }, { bytes: "c" }] },
        argument(0, "{}"),
        argument(1, "{}"),
      ],
      [2, 3, 4],
      [
        { id: 2, logprob: -2 },
        { id: 3, logprob: -3 },
      ],
    ]);
  });
});

describe("streams that coalesce", () => {
  const running: Running[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map(({ server }) => server.close()));
  });

  const answer = `<|channel|>analysis<|message|>Let me see.<|end|><|start|>assistant<|channel|>final<|message|>${"One two three. ".repeat(20)}<|return|>`;

  /** Contents of the chunks of a stream, and how it ended. */
  async function stream(
    serverMs: number | undefined,
    options: object,
    fail?: { after: number; error: Error },
  ): Promise<{ contents: string[]; reasoning: string; finish: string | undefined; tail: string }> {
    const started = await start(
      { emit: () => ids(answer), ...(fail && { fail }) },
      serverMs === undefined ? {} : { coalesceMs: serverMs },
    );
    running.push(started);
    const response = await fetch(`${started.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "test-model",
        stream: true,
        messages: [{ role: "user", content: "Count." }],
        ...options,
      }),
    });
    const frames = (await response.text()).split("\n\n").filter((frame) => frame !== "");
    const chunks = frames
      .filter((frame) => frame !== "data: [DONE]")
      .map((frame) => JSON.parse(frame.slice(6)) as Record<string, never>);
    const choices = chunks.flatMap((chunk): Record<string, never>[] => chunk["choices"] ?? []);
    const deltas = choices.map((choice): Record<string, string> => choice["delta"]!);
    return {
      contents: deltas.map((delta) => delta["content"] ?? "").filter((content) => content !== ""),
      reasoning: deltas.map((delta) => delta["reasoning"] ?? "").join(""),
      finish: choices.at(-1)?.["finish_reason"],
      tail: frames.slice(-2).join(" "),
    };
  }

  it.each([
    ["as the server says", 60_000, {}],
    ["as the request says", undefined, { stream_options: { coalesce_ms: 5_000 } }],
  ])("say the same in fewer chunks: %s", async (_, serverMs, options) => {
    const plain = await stream(undefined, {});
    const coalesced = await stream(serverMs, options);
    expect(plain.contents.length).toBeGreaterThan(60);
    expect(coalesced.contents.length).toBeLessThan(4);
    expect(coalesced.contents.join("")).toBe(plain.contents.join(""));
    expect(coalesced.reasoning).toBe("Let me see.");
    expect(coalesced.finish).toBe("stop");
    expect((await stream(60_000, { stream_options: { coalesce_ms: 0 } })).contents).toEqual(plain.contents);
  });

  it("lose nothing when the engine fails", async () => {
    const failed = await stream(60_000, {}, { after: 30, error: new Error("boom") });
    const plain = await stream(0, {}, { after: 30, error: new Error("boom") });
    expect(failed.contents.join("")).toBe(plain.contents.join(""));
    expect(failed.tail).toContain('"error"');
    expect(failed.tail).toContain("[DONE]");
  });
});
