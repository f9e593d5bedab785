import { describe, expect, it } from "vitest";
import {
  createScriptedEngine,
  EngineError,
  type GenerateEvent,
  type GenerateRequest,
  type ScriptedEngineOptions,
  VirtualClock,
} from "../../../src/engines/index.ts";
import { answer, events, toRequest } from "../collect.ts";

const prompt = [1, 2, 3];
const sampling = { maxTokens: 100 };
const steps = (...list: NonNullable<ScriptedEngineOptions["scripts"]>[number]["steps"]) => ({
  scripts: [{ steps: list }],
});

async function failure(act: () => Promise<unknown>): Promise<EngineError> {
  try {
    await act();
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const ids = (list: readonly GenerateEvent[]) =>
  list.flatMap((event) => (event.type === "delta" ? [event.tokenIds] : []));

describe("ScriptedEngine", () => {
  it("emits exactly its ids, in the sizes asked for, with their log-probabilities", async () => {
    const logprobs = [5, 6, 7, 8].map((id) => ({ id, logprob: -id }));
    const engine = createScriptedEngine(
      steps({ tokens: [5, 6, 7, 8], chunk: [1, 2], logprobs }, { text: "x" }),
    );
    const list = await events(engine, { prompt, sampling, logprobs: { top: 0 } });
    expect(ids(list)).toEqual([[5], [6, 7], [8]]);
    expect(list[2]).toMatchObject({ logprobs: [{ id: 6 }, { id: 7 }] });
    expect(list.at(-2)).toEqual({ type: "text", index: 0, text: "x" });
    expect(list.at(-1)).toMatchObject({
      type: "finish",
      reason: "stop",
      usage: { promptTokens: 3, completionTokens: 4 },
    });
  });

  it("ends at stop ids and at the limit, like any engine", async () => {
    const engine = createScriptedEngine(steps({ tokens: [5, 6, 200002, 7], chunk: [4] }));
    const stopped = await answer(engine, { prompt, sampling });
    expect([stopped.ids, stopped.finish.matched]).toEqual([[5, 6, 200002], 200002]);
    const limited = await answer(engine, { prompt, sampling: { maxTokens: 2 } });
    expect([limited.ids, limited.finish.reason]).toEqual([[5, 6], "length"]);
    const given = await answer(engine, { prompt, sampling, stop: { tokenIds: [6] } });
    expect([given.ids, given.finish.matched]).toEqual([[5, 6], 6]);
    const ignored = await answer(engine, { prompt, sampling: { ...sampling, ignoreEos: true } });
    expect(ignored.ids).toEqual([5, 6, 200002, 7]);
  });

  it("chooses scripts by call, request id, prompt and name", async () => {
    const script = (id: number, rest: object) => ({ ...rest, steps: [{ tokens: [id] }] });
    const engine = createScriptedEngine({
      scripts: [
        script(1, { match: { call: 1 } }),
        script(2, { match: { requestIdPrefix: "special-" } }),
        script(3, { match: { promptIds: [9, 9] } }),
        script(4, { name: "named", match: { call: 999 } }),
      ],
    });
    const run = async (rest: Partial<GenerateRequest>, ask = prompt) =>
      (await answer(engine, { ...rest, prompt: ask })).ids[0];
    expect(await run({})).toBe(1);
    expect(await run({ requestId: "special-7" })).toBe(2);
    expect(await run({}, [9, 9, 4])).toBe(3);
    expect(await run({ opaque: { "x-scripted-response": "named" } })).toBe(4);
    const error = await failure(() => run({}));
    expect(error).toMatchObject({ code: "invalid_request", message: expect.stringContaining("No script") });
  });

  it("waits for time and for names", async () => {
    const clock = new VirtualClock();
    const engine = createScriptedEngine({
      ...steps({ tokens: [1] }, { waitMs: 60_000 }, { tokens: [2] }, { waitFor: "go" }, { tokens: [3] }),
      clock,
    });
    const seen: number[] = [];
    const run = (async () => {
      for await (const event of engine.generate(toRequest({ prompt, sampling }))) {
        if (event.type === "delta") seen.push(...event.tokenIds);
      }
    })();
    await clock.advance(59_999);
    expect(seen).toEqual([1]);
    await clock.advance(1);
    expect(seen).toEqual([1, 2]);
    engine.release("go");
    await run;
    expect(seen).toEqual([1, 2, 3]);
  });

  it("fails before the start, after some deltas, and as headers say", async () => {
    const early = createScriptedEngine(steps({ throwBeforeStart: new EngineError("overloaded", "full") }));
    expect((await failure(() => events(early, { prompt }))).message).toBe("full");
    expect(early.calls[0]?.state).toBe("failed");
    const late = createScriptedEngine(steps({ failAfter: 2 }, { tokens: [1, 2, 3] }));
    const list = await events(late, { prompt });
    expect(ids(list)).toEqual([[1], [2]]);
    expect(list.at(-1)).toMatchObject({ reason: "error", error: { code: "internal" } });
    const engine = createScriptedEngine();
    const status = (value: string) =>
      failure(() => events(engine, { prompt, opaque: { "x-return-error": value } }));
    expect(await status("429")).toMatchObject({
      status: 429,
      code: "overloaded",
      retryable: true,
      retryAfterMs: 1000,
    });
    expect(await status("503")).toMatchObject({ status: 503, code: "unavailable" });
    expect(await status("200")).toMatchObject({ status: 400, code: "invalid_request" });
    const forced = await answer(engine, { prompt, opaque: { "x-finish-reason": "length" } });
    expect(forced.finish.reason).toBe("length");
  });

  it("hangs until it is aborted, and records why answers ended", async () => {
    const engine = createScriptedEngine(steps({ tokens: [1] }, { hang: true }));
    const stop = new AbortController();
    const list: GenerateEvent[] = [];
    for await (const event of engine.generate(toRequest({ prompt }), stop.signal)) {
      list.push(event);
      if (event.type === "delta") stop.abort();
    }
    expect(list.at(-1)).toMatchObject({ type: "finish", reason: "abort" });
    const iterator = engine.generate(toRequest({ prompt }))[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    expect(engine.running).toBe(1);
    const pending = iterator.next();
    await iterator.return?.();
    await pending;
    expect(engine.calls.map(({ state }) => state)).toEqual(["aborted", "aborted"]);
    expect(engine.running).toBe(0);
    const finished = createScriptedEngine();
    for await (const event of finished.generate(toRequest({ prompt }))) if (event.type === "finish") break;
    expect(finished.calls[0]).toMatchObject({ state: "finished" });
    expect(finished.calls[0]?.pulls).toBe(7);
  });

  it("takes the time that its latency says", async () => {
    const clock = new VirtualClock();
    const latency = { prefillOverhead: 100, prefillPerToken: 10, betweenTokens: 20 };
    const engine = createScriptedEngine({ ...steps({ tokens: [1, 2, 3] }), clock, settings: { latency } });
    const times: number[] = [];
    const run = (async () => {
      for await (const event of engine.generate(toRequest({ prompt }))) {
        if (event.type === "delta") times.push(clock.now);
      }
    })();
    await clock.advance(1000);
    await run;
    expect(times).toEqual([130, 150, 170]);
  });

  it("keeps jitter within its bounds", async () => {
    const clock = new VirtualClock();
    let draws = 0;
    const random = () => (draws++ % 2 === 0 ? 0.999999 : 0);
    const engine = createScriptedEngine({
      ...steps({ tokens: [1] }),
      clock,
      random,
      settings: { latency: { prefillOverhead: 100, jitter: 0.3 } },
    });
    const run = events(engine, { prompt });
    await clock.advance(169);
    expect(clock.waiting).toBe(1);
    await clock.advance(1);
    expect(ids(await run)).toEqual([[1]]);
  });

  it("changes settings all or nothing", async () => {
    const engine = createScriptedEngine({ random: () => 0 });
    engine.configure({ failureRate: 50, failureTypes: ["model_not_found"] });
    expect(await failure(() => events(engine, { prompt }))).toMatchObject({ status: 404 });
    const before = engine.settings;
    const wrong: object[] = [
      { failureRate: 101 },
      { failureTypes: ["nonsense"] },
      { failureRate: 1, unknown: 2 },
      { latency: { jitter: 0.5 } },
      { latency: { betweenTokens: -1 } },
      { latency: { loadFactor: 0.5 } },
    ];
    for (const change of wrong) expect(() => engine.configure(change)).toThrow(EngineError);
    expect(engine.settings).toBe(before);
  });

  it("is not healthy while it starts, nor once closed", async () => {
    const clock = new VirtualClock();
    const engine = createScriptedEngine({ clock, startupMs: 500 });
    expect((await engine.health()).ok).toBe(false);
    await clock.advance(500);
    expect((await engine.health()).ok).toBe(true);
    await engine.close();
    expect((await engine.health()).ok).toBe(false);
    expect(await failure(() => events(engine, { prompt }))).toMatchObject({ code: "unavailable" });
  });
});
