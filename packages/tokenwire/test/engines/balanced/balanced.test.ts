import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createBalancedEngine,
  createEngine,
  type Engine,
  EngineError,
  type GenerateEvent,
  type GenerateRequest,
  prefixBlocks,
} from "../../../src/engines/index.ts";

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

const request = (tokenIds: readonly number[], rest: Partial<GenerateRequest> = {}): GenerateRequest => ({
  requestId: "r",
  prompt: { tokenIds: Uint32Array.from(tokenIds) },
  sampling: { maxTokens: 8 },
  ...rest,
});

/** Counts what it is asked and remembers prompts, as a prefix cache does. */
function fake(
  name: string,
  behaviour: (call: number) => "ok" | "refuse" | "fail-before" | "fail-after" = () => "ok",
) {
  const seen: number[][] = [];
  let calls = 0;
  const engine: Engine & { calls: () => number; dead: boolean } = {
    id: name,
    dead: false,
    calls: () => calls,
    info: async () => ({ ...(await createEngine("echo").info()), model: "m" }),
    health: async () => ({ ok: !engine.dead }),
    async *generate({ prompt }): AsyncGenerator<GenerateEvent, void> {
      calls += 1;
      const how = engine.dead ? "refuse" : behaviour(calls);
      if (how === "refuse") throw new EngineError("unavailable", `${name} is down`, { retryable: true });
      const ids = "tokenIds" in prompt ? [...prompt.tokenIds] : [];
      const shared = (other: readonly number[]) => {
        const end = ids.findIndex((id, index) => other[index] !== id);
        return end === -1 ? ids.length : end;
      };
      const cachedTokens = Math.max(0, ...seen.map(shared));
      seen.push(ids);
      yield { type: "start" };
      const error = new EngineError("unavailable", `${name} died`, { retryable: true });
      const usage = { promptTokens: ids.length, completionTokens: 2, cachedTokens };
      if (how === "fail-before") return yield { type: "finish", index: 0, reason: "error", error, usage };
      yield { type: "delta", index: 0, tokenIds: [1] };
      await new Promise((resolve) => setImmediate(resolve));
      if (how === "fail-after" || engine.dead)
        return yield { type: "finish", index: 0, reason: "error", error, usage };
      yield { type: "delta", index: 0, tokenIds: [2] };
      yield { type: "finish", index: 0, reason: "stop", usage };
    },
    close: async () => undefined,
  };
  return engine;
}

async function run(engine: Engine, asked: GenerateRequest): Promise<GenerateEvent[]> {
  const events: GenerateEvent[] = [];
  for await (const event of engine.generate(asked)) events.push(event);
  return events;
}

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
