import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import {
  createBalancedEngine,
  createEngine,
  type Engine,
  EngineError,
  type GenerateEvent,
  prefixBlocks,
} from "../../../src/engines/index.ts";
import { fake, fakes, request, run } from "./fake-worker.ts";

const hex = (hashes: readonly bigint[]) => hashes.map((hash) => hash.toString(16).padStart(16, "0"));
const vector = Uint32Array.from({ length: 48 }, (_, index) => (index * 7919) % 200_000);

describe("prefixBlocks", () => {
  it("gives the published values", () => {
    expect(hex(prefixBlocks(vector))).toEqual(["f75695c9e20cca99", "38c1786c764e479a", "7cc6bb15f1f34612"]);
    expect(prefixBlocks(vector, { mode: "vllm" })).toEqual([
      7077121884124387506n,
      13299351844051631646n,
      6129645830743942417n,
    ]);
    expect(hex(prefixBlocks(vector, { mode: "sglang" }))).toEqual([
      "d41d197a756c57a4",
      "2b76a166cef4db16",
      "20bbf9af006d2f82",
    ]);
  });
  it("depends on everything before, and on nothing after", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(200_000), { minLength: 32, maxLength: 80 }), fc.nat(31), (ids, at) => {
        const whole = prefixBlocks(ids);
        expect(prefixBlocks(ids.slice(0, 35))).toEqual(whole.slice(0, 2));
        const changed = ids.map((id, index) => (index === at ? id + 1 : id));
        expect(prefixBlocks(changed)[1]).not.toBe(whole[1]);
      }),
      { seed: 3, numRuns: 200 },
    );
    expect(
      new Set(
        [
          prefixBlocks(vector),
          prefixBlocks(vector, { salt: "a" }),
          prefixBlocks(vector, { lora: "b" }),
          prefixBlocks(vector, { seed: 1 }),
        ].map(String),
      ).size,
    ).toBe(4);
  });
});

/** Thirty conversations of five turns, each turn longer by what was said. */
async function workload(engine: Engine, onTurn: (turn: number) => void = () => undefined, first = 200) {
  const random = fc.sample(fc.array(fc.nat(200_000), { minLength: 300, maxLength: 300 }), {
    numRuns: 30,
    seed: 9,
  });
  const outcomes: (GenerateEvent[] | Error)[] = [];
  for (let turn = 1; turn <= 5; turn += 1) {
    onTurn(turn);
    const round = random.map((ids) =>
      run(engine, request(ids.slice(0, first + 20 * turn))).catch((error: Error) => error),
    );
    outcomes.push(...(await Promise.all(round)));
  }
  return outcomes;
}

describe("the balanced engine", () => {
  it("keeps conversations where their prefix is cached", async () => {
    const rate = async (policy: "prefix" | "random") => {
      const engine = createBalancedEngine({
        engines: ["a", "b", "c"].map((name) => fake(name)),
        policy,
        probeInterval: 0,
        affinityTokens: 128,
      });
      await workload(engine);
      const { cachedTokens, promptTokens } = engine.statistics();
      return cachedTokens / promptTokens;
    };
    // The first turn of each conversation, about a sixth of all tokens, can be in no cache.
    const achievable = (220 + 240 + 260 + 280) / (220 + 240 + 260 + 280 + 300);
    expect((await rate("prefix")) / achievable).toBeGreaterThan(0.9);
    expect(await rate("random")).toBeLessThan(0.75 * achievable);
  });

  it("finds again what taking turns loses", async () => {
    const rate = async (policy: "cache_aware" | "round_robin") => {
      const engines = fakes("a", "b", "c", "d", "e", "f", "g");
      const engine = createBalancedEngine({ engines, policy, probeInterval: 0 });
      await workload(engine);
      const { cachedTokens, promptTokens } = engine.statistics();
      return cachedTokens / promptTokens;
    };
    const achievable = (220 + 240 + 260 + 280) / (220 + 240 + 260 + 280 + 300);
    expect((await rate("cache_aware")) / achievable).toBeGreaterThan(0.8);
    expect((await rate("round_robin")) / achievable).toBeLessThan(0.4);
  });

  it("keeps conversations that are shorter than what decides where new ones go", async () => {
    const engine = createBalancedEngine({
      engines: ["a", "b", "c"].map((name) => fake(name)),
      probeInterval: 0,
    });
    await workload(engine, () => undefined, 20);
    const { cachedTokens, promptTokens, chosen } = engine.statistics();
    const achievable = (40 + 60 + 80 + 100) / (40 + 60 + 80 + 100 + 120);
    expect(cachedTokens / promptTokens / achievable).toBeGreaterThan(0.9);
    expect(chosen.prefix).toBeGreaterThan(100);
  });

  it("moves every request of a dead engine, however many there are, and stops when all are dead", async () => {
    const dying = ["a", "b"].map((name) => fake(name));
    dying[0]!.dead = true;
    const engine = createBalancedEngine({ engines: dying, probeInterval: 0, policy: "round-robin" });
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, at) => run(engine, request([at])).catch((error: Error) => error)),
    );
    expect(outcomes.filter((outcome) => outcome instanceof Error)).toEqual([]);
    expect(engine.statistics().retries).toBe(100);
    const none = createBalancedEngine({
      engines: ["x", "y", "z"].map((name) => fake(name, () => "fail-before")),
      probeInterval: 0,
    });
    for (let at = 0; at < 100; at += 1) await run(none, request([at])).catch(() => undefined);
    expect(none.statistics().retries).toBeLessThan(40);
  });

  it("loses no request that had shown nothing when an engine dies, and ends the others clearly", async () => {
    const workers = ["a", "b", "c"].map((name) => fake(name));
    const engine = createBalancedEngine({ engines: workers, probeInterval: 0 });
    let broken = 0;
    const outcomes = await workload(engine, (turn) => {
      if (turn === 3)
        setImmediate(() => {
          workers[0]!.dead = true;
        });
    });
    for (const outcome of outcomes) {
      if (outcome instanceof Error) throw outcome;
      const finish = outcome.at(-1);
      const shown = outcome.filter((event) => event.type === "delta").length;
      if (finish?.type === "finish" && finish.reason === "error") {
        broken += 1;
        expect(shown).toBeGreaterThan(0);
        expect(finish.error).toMatchObject({ message: "a died" });
      } else expect(shown).toBe(2);
    }
    // Some were in flight; enough of them open the breaker, and then nothing needs to be retried.
    expect(broken + engine.statistics().retries).toBeGreaterThan(0);
  });

  it("retries elsewhere before the first token only", async () => {
    const first = fake("a", () => "fail-before");
    const second = fake("b");
    const engine = createBalancedEngine({ engines: [first, second], probeInterval: 0 });
    for (let index = 0; index < 6; index += 1) {
      const events = await run(engine, request([index]));
      expect(events.filter((event) => event.type === "start")).toHaveLength(1);
      expect(events.at(-1)).toMatchObject({ reason: "stop" });
    }
    const broken = createBalancedEngine({
      engines: [fake("x", () => "fail-after"), fake("y", () => "fail-after")],
      probeInterval: 0,
    });
    const events = await run(broken, request([1]));
    expect(events.at(-1)).toMatchObject({ reason: "error" });
    expect(broken.statistics().retries).toBe(0);
  });

  it("opens the breaker, tries again later and closes it", async () => {
    let time = 0;
    let down = true;
    const flaky = fake("a", () => (down ? "refuse" : "ok"));
    const engine = createBalancedEngine({ engines: [flaky], probeInterval: 0, now: () => time });
    for (let index = 0; index < 12; index += 1) await run(engine, request([index])).catch(() => undefined);
    expect(flaky.calls()).toBe(10);
    await expect(run(engine, request([1]))).rejects.toMatchObject({ code: "unavailable" });
    expect(engine.statistics().workers[0]?.breaker).toBe("open");
    time += 60_000;
    down = false;
    for (let index = 0; index < 3; index += 1) await run(engine, request([index]));
    expect(engine.statistics().workers[0]?.breaker).toBe("closed");
  });

  it("drains, limits and follows sessions", async () => {
    const workers = ["a", "b"].map((name) => fake(name));
    const engine = createBalancedEngine({
      engines: workers,
      probeInterval: 0,
      policy: "least-outstanding",
      maxOutstanding: 1,
    });
    engine.drain("a");
    await run(engine, request([1]));
    expect(workers.map((worker) => worker.calls())).toEqual([0, 1]);
    const held = engine.generate(request([1]))[Symbol.asyncIterator]();
    await held.next();
    await expect(run(engine, request([2]))).rejects.toMatchObject({ code: "overloaded" });
    await held.return?.(undefined);
    engine.drain("a", false);
    const session = { routing: { sessionId: "s" } };
    await run(engine, request([3], session));
    const before = workers.map((worker) => worker.calls());
    for (let index = 0; index < 5; index += 1) await run(engine, request([index], session));
    const moved = workers.map((worker, index) => worker.calls() - before[index]!);
    expect(moved.sort()).toEqual([0, 5]);
    expect(() => engine.drain("zzz")).toThrow(/Engines: a, b\./);
  });

  it("waits longer each time before it tries elsewhere, or as long as it is asked to", async () => {
    vi.useFakeTimers();
    try {
      const pauses = async (retryAfterMs?: number) => {
        const error = new EngineError("overloaded", "busy", {
          retryable: true,
          ...(retryAfterMs !== undefined && { retryAfterMs }),
        });
        const begun: number[] = [];
        const busy = fakes("a", "b", "c", "d").map((worker) => ({
          ...worker,
          // biome-ignore lint/correctness/useYield: it fails before anything
          async *generate(): AsyncGenerator<GenerateEvent, void> {
            begun.push(Date.now());
            throw error;
          },
        }));
        const engine = createBalancedEngine({
          engines: busy,
          probeInterval: 0,
          attempts: 4,
          random: () => 0.5,
        });
        const outcome = run(engine, request([1])).catch((raised: unknown) => raised);
        await vi.runAllTimersAsync();
        expect(await outcome).toBe(error);
        return begun.slice(1).map((time, index) => time - begun[index]!);
      };
      expect(await pauses()).toEqual([75, 112, 168]);
      expect(await pauses(300)).toEqual([300, 300, 300]);
      expect(await pauses(60_000)).toEqual([1_000, 1_000, 1_000]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("does not hold a request's own fault against the engine", async () => {
    const worker = fake("a");
    const refusing = {
      ...worker,
      // biome-ignore lint/correctness/useYield: it fails before anything
      async *generate(): AsyncGenerator<GenerateEvent, void> {
        throw new EngineError("invalid_request", "the prompt is empty");
      },
    };
    const engine = createBalancedEngine({ engines: [refusing], probeInterval: 0 });
    for (let index = 0; index < 30; index += 1) {
      await expect(run(engine, request([1]))).rejects.toThrow("the prompt is empty");
    }
    expect(engine.statistics().workers[0]).toMatchObject({ requests: 30, failures: 0, breaker: "closed" });
  });

  it("refuses engines of different models", async () => {
    const other = {
      ...fake("b"),
      info: async () => ({ ...(await createEngine("echo").info()), model: "other" }),
    };
    await expect(
      createBalancedEngine({ engines: [fake("a"), other], probeInterval: 0 }).info(),
    ).rejects.toThrow(/different models/);
  });
});
