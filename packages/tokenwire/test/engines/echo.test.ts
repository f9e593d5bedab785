import { describe, expect, it } from "vitest";
import { createEchoEngine, VirtualClock } from "../../src/engines/index.ts";
import { answer, events, toRequest } from "./collect.ts";

const user = [200006, 1428, 200008];
const sampling = { maxTokens: 50 };

describe("createEchoEngine", () => {
  it("answers with the last user message on the final channel", async () => {
    const prompt = [...user, 1, 2, 200007, ...user, 3, 4, 200007, 200006, 173781];
    const { ids, finish } = await answer(createEchoEngine(), { prompt, sampling });
    expect(ids).toEqual([200005, 17196, 200008, 3, 4, 200002]);
    expect(finish).toMatchObject({ reason: "stop", matched: 200002, usage: { completionTokens: 6 } });
  });

  it("answers with the prompt where there is no user message", async () => {
    const { ids, finish } = await answer(createEchoEngine({ chunk: 4 }), {
      prompt: [5, 6, 7, 8, 9],
      sampling,
    });
    expect([ids, finish.reason, finish.matched]).toEqual([[5, 6, 7, 8, 9], "stop", undefined]);
  });

  it("keeps to the limit and to stop ids", async () => {
    const engine = createEchoEngine();
    const limited = await answer(engine, { prompt: [5, 6, 7], sampling: { maxTokens: 2 } });
    expect([limited.ids, limited.finish.reason]).toEqual([[5, 6], "length"]);
    const stopped = await answer(engine, { prompt: [5, 6, 7], sampling, stop: { tokenIds: [6] } });
    expect([stopped.ids, stopped.finish.matched]).toEqual([[5, 6], 6]);
  });

  it("keeps to its rate and stops when aborted", async () => {
    const clock = new VirtualClock();
    const engine = createEchoEngine({ tokensPerSecond: 10, chunk: 2, clock });
    const stop = new AbortController();
    const seen: number[] = [];
    let reason = "";
    const run = (async () => {
      for await (const event of engine.generate(
        toRequest({ prompt: [1, 2, 3, 4, 5, 6], sampling }),
        stop.signal,
      )) {
        if (event.type === "delta") seen.push(...event.tokenIds);
        if (event.type === "finish") reason = event.reason;
      }
    })();
    await clock.advance(199);
    expect(seen).toEqual([]);
    await clock.advance(201);
    expect(seen).toEqual([1, 2, 3, 4]);
    stop.abort();
    await run;
    expect([seen.length, reason]).toEqual([4, "abort"]);
  });

  it("refuses after it was closed", async () => {
    const engine = createEchoEngine();
    await engine.close();
    expect((await engine.health()).ok).toBe(false);
    await expect(events(engine, { prompt: [1] })).rejects.toThrow(/closed/);
  });
});
