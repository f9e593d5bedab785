// Where each policy sends requests: over workers that hold what they were given, with chance that can be repeated.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../../../../tools/toy/corpus/random.ts";
import type { Choice, Policy } from "../../../src/engines/balanced/policies/policy.ts";
import { findPolicy } from "../../../src/engines/balanced/policies/registry.ts";
import { createWorkers, type Worker } from "../../../src/engines/balanced/worker.ts";
import { policyNames } from "../../../src/engines/index.ts";
import { fakes, request } from "./fake-worker.ts";

interface Fleet {
  readonly workers: readonly Worker[];
  readonly policy: Policy;
}

const letters = (count: number): string[] => Array.from({ length: count }, (_, index) => `w${index}`);

function fleetOf(policy: string, names: readonly string[], seed = 1): Fleet {
  const random = new Random(seed);
  const workers = createWorkers(fakes(...names), () => 0);
  const options = { workers, random: () => random.next(), affinityTokens: 256, throughput: 2_000 };
  return { workers, policy: findPolicy(policy).create(options) };
}

const keyed = (sessionId: string) => request([1], { routing: { sessionId } });
const by = ({ worker, reason }: Choice) => `${reason} ${worker.name}`;

/** How many of `count` requests, which all stay, each worker has in the end. */
function spread({ workers, policy }: Fleet, count: number): number[] {
  for (let index = 0; index < count; index += 1) {
    const asked = request([index]);
    policy.choose(asked, workers).worker.begin(asked);
  }
  return workers.map((worker) => worker.outstanding);
}

describe("round-robin", () => {
  it("gives each worker its turn", () => {
    const { workers, policy } = fleetOf("round-robin", ["a", "b", "c"]);
    const order = Array.from({ length: 7 }, () => policy.choose(request([1]), workers).worker.name);
    expect(order.join("")).toBe("abcabca");
    expect(spread(fleetOf("round-robin", letters(7)), 700)).toEqual(Array(7).fill(100));
  });

  it("spreads the turns of a worker that is gone over all others", () => {
    const { workers, policy } = fleetOf("round-robin", ["a", "b", "c"]);
    const order = Array.from({ length: 6 }, () => policy.choose(request([1]), workers.slice(1)).worker.name);
    expect(order.join("")).toBe("bcbcbc");
  });
});

describe("random", () => {
  it("chooses every worker about as often, the same ones for the same seed", () => {
    const counts = spread(fleetOf("random", letters(5)), 5_000);
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(120);
    expect(spread(fleetOf("random", letters(5)), 5_000)).toEqual(counts);
    expect(spread(fleetOf("random", letters(5), 2), 5_000)).not.toEqual(counts);
  });
});

describe("least-outstanding", () => {
  it("chooses the worker with the fewest requests, by chance among equals", () => {
    const { workers, policy } = fleetOf("least-outstanding", ["a", "b", "c"]);
    workers[0]!.begin(request([1]));
    workers[2]!.begin(request([1]));
    expect(by(policy.choose(request([1]), workers))).toBe("load b");
    const others = new Set(
      Array.from({ length: 50 }, () => policy.choose(request([1]), [workers[0]!, workers[2]!]).worker.name),
    );
    expect([...others].sort()).toEqual(["a", "c"]);
  });
});

describe("power-of-two", () => {
  it("takes the less busy of two different workers", () => {
    const { workers, policy } = fleetOf("power-of-two", ["a", "b", "c"]);
    for (let index = 0; index < 3; index += 1) workers[0]!.begin(request([1]));
    workers[1]!.begin(request([1]));
    const counts = new Map<string, number>();
    for (let index = 0; index < 3_000; index += 1) {
      const { name } = policy.choose(request([1]), workers).worker;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    // Of the pairs ab, ac, bc the busiest is never the better one, the idle one twice.
    expect(counts.get("a")).toBeUndefined();
    expect(counts.get("b")! / 3_000).toBeCloseTo(1 / 3, 1);
    expect(counts.get("c")! / 3_000).toBeCloseTo(2 / 3, 1);
    expect(policy.choose(request([1]), [workers[0]!]).worker.name).toBe("a");
  });

  it("piles up less on one worker than chance does", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 8, max: 24 }), (seed, size) => {
        const most = (policy: string) => Math.max(...spread(fleetOf(policy, letters(size), seed), 60 * size));
        expect(most("power-of-two")).toBeLessThan(most("random"));
        expect(most("power-of-two") - 60).toBeLessThanOrEqual(4);
      }),
      { seed: 5, numRuns: 40 },
    );
  });
});

describe("least-load", () => {
  const say = (worker: Worker, load: { running?: number; waiting?: number; kvUsage?: number }) => {
    worker.report = { load: { running: 0, waiting: 0, ...load }, asked: worker.begun };
  };

  it("weighs what workers say: their queue in seconds, and a cache that is nearly full", () => {
    const { workers, policy } = fleetOf("least-load", ["a", "b", "c"]);
    const [a, b, c] = workers as [Worker, Worker, Worker];
    const chosen = () => policy.choose(request([1]), workers).worker.name;
    // One waiting request is 1,024 / 2,000 s; so is a cache that is filled to 77 %: 0.15 · k / (1 − k).
    say(a, { waiting: 1, kvUsage: 0 });
    say(b, { waiting: 0, kvUsage: 0.77 });
    say(c, { waiting: 2, kvUsage: 0 });
    expect(chosen()).toBe("b");
    say(b, { waiting: 0, kvUsage: 0.78 });
    expect(chosen()).toBe("a");
    // A full cache is bad, not infinitely so.
    say(a, { waiting: 0, kvUsage: 1 });
    say(b, { waiting: 40, kvUsage: 1 });
    say(c, { waiting: 30, kvUsage: 1 });
    expect(chosen()).toBe("a");
  });

  it("adds what was sent since the worker was asked, and nothing twice", () => {
    const { workers, policy } = fleetOf("least-load", ["a", "b"]);
    const [a, b] = workers as [Worker, Worker];
    const ends = Array.from({ length: 3 }, () => a.begin(request(Array(1_000).fill(1))));
    // The worker says itself that one of the three waits.
    say(a, { running: 2, waiting: 1, kvUsage: 0.1 });
    say(b, { waiting: 2, kvUsage: 0.1 });
    expect(policy.choose(request([1]), workers).worker.name).toBe("a");
    const end = a.begin(request(Array(2_000).fill(1)));
    expect(policy.choose(request([1]), workers).worker.name).toBe("b");
    end();
    expect(policy.choose(request([1]), workers).worker.name).toBe("a");
    for (const done of ends) done();
  });

  it("goes by its own requests where a worker says nothing, and by those that run where it hides its cache", () => {
    const { workers, policy } = fleetOf("least-load", ["a", "b"]);
    const [a, b] = workers as [Worker, Worker];
    a.begin(request(Array(500).fill(1)));
    b.begin({ prompt: { text: "hello" } });
    expect(policy.choose(request([1]), workers).worker.name).toBe("a");
    say(a, { running: 2 });
    expect(policy.choose(request([1]), workers).worker.name).toBe("b");
  });

  it("fills equal workers evenly between two questions", () => {
    const { workers, policy } = fleetOf("least-load", letters(5));
    for (const worker of workers) say(worker, { waiting: 3, kvUsage: 0.5 });
    expect(spread({ workers, policy }, 200)).toEqual(Array(5).fill(40));
  });
});

describe("consistent-hashing", () => {
  const owners = (names: readonly string[], keys: readonly string[], without?: string) => {
    const { workers, policy } = fleetOf("consistent-hashing", names);
    const candidates = workers.filter((worker) => worker.name !== without);
    return keys.map((key) => policy.choose(keyed(key), candidates).worker.name);
  };
  const keys = Array.from({ length: 3_000 }, (_, index) => `user-${index}`);

  it("moves only the keys of a worker that goes, whether it is sick or removed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.nat(), (size, pick) => {
        const names = letters(size);
        const gone = names[pick % size]!;
        const left = names.filter((name) => name !== gone);
        const before = owners(names, keys.slice(0, 300));
        const sick = owners(names, keys.slice(0, 300), gone);
        const removed = owners(left, keys.slice(0, 300));
        expect(sick).toEqual(removed);
        for (const [index, owner] of before.entries()) if (owner !== gone) expect(removed[index]).toBe(owner);
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  it("gives a new worker its share and moves no other key", () => {
    const before = owners(letters(4), keys);
    const after = owners(letters(5), keys);
    const moved = after.filter((owner, index) => owner !== before[index]);
    expect(new Set(moved)).toEqual(new Set(["w4"]));
    expect(Math.abs(moved.length / keys.length - 1 / 5)).toBeLessThan(0.06);
  });

  it("spreads keys evenly, the same way in every process and whatever the order", () => {
    const names = letters(4);
    const placed = owners(names, keys);
    for (const name of names) {
      expect(Math.abs(placed.filter((owner) => owner === name).length / 3_000 - 1 / 4)).toBeLessThan(0.06);
    }
    expect(owners([...names].reverse(), keys)).toEqual(placed);
  });

  it("takes the session before the user, and the least busy worker for neither", () => {
    const { workers, policy } = fleetOf("consistent-hashing", letters(5));
    const owner = (routing: object) => by(policy.choose(request([1], { routing }), workers));
    expect(owner({ sessionId: "s", userId: "u" })).toBe(owner({ sessionId: "s" }));
    expect(owner({ userId: "s" })).toBe(owner({ sessionId: "s" }));
    expect(new Set(keys.slice(0, 50).map((userId) => owner({ userId }))).size).toBe(5);
    for (const worker of workers.slice(1)) worker.begin(request([1]));
    expect(owner({})).toBe("load w0");
  });

  it("does not let one key bury a worker: the neighbours on the ring help out", () => {
    const { workers, policy } = fleetOf("consistent-hashing", letters(4));
    const reasons = Array.from({ length: 400 }, () => {
      const { worker, reason } = policy.choose(keyed("hot"), workers);
      worker.begin(request([1]));
      return reason;
    });
    expect(reasons.slice(0, 8)).toEqual(Array(8).fill("ring"));
    expect(reasons).toContain("load");
    expect(Math.max(...workers.map((worker) => worker.outstanding))).toBeLessThanOrEqual(1.25 * 101);
  });
});

describe("prefix-hash", () => {
  it("goes by the first 256 tokens, the same way for the same beginning", () => {
    const { workers, policy } = fleetOf("prefix-hash", letters(6));
    const shared = Array.from({ length: 256 }, (_, index) => index);
    const chosen = (ids: readonly number[]) => by(policy.choose(request(ids), workers));
    const first = chosen([...shared, 1]);
    expect(first).toMatch(/^ring /);
    for (let index = 0; index < 20; index += 1) expect(chosen([...shared, index, 7])).toBe(first);
    const others = Array.from({ length: 60 }, (_, index) => chosen([index, ...shared]));
    expect(new Set(others).size).toBe(6);
  });

  it("keeps to 1.25 times the mean when everything begins alike", () => {
    const { workers, policy } = fleetOf("prefix-hash", letters(4));
    for (let index = 0; index < 400; index += 1) {
      policy.choose(request([1, 2, 3]), workers).worker.begin(request([1, 2, 3]));
    }
    const most = Math.max(...workers.map((worker) => worker.outstanding));
    expect(most).toBeGreaterThan(110);
    expect(most).toBeLessThanOrEqual(1.25 * 101);
  });
});

describe("prefix", () => {
  it("follows a conversation to where its session or its client had sent it", () => {
    const { workers, policy } = fleetOf("prefix", letters(6));
    const turn = Array.from({ length: 64 }, (_, index) => index);
    const first = policy.choose(request(turn), workers).worker;
    const other = workers.find((worker) => worker !== first)!;
    policy.learn!(request(turn), other);
    expect(by(policy.choose(request([...turn, ...turn]), workers))).toBe(`prefix ${other.name}`);
  });
});

describe("the names of policies", () => {
  it("are also those of SMG", () => {
    const known = (given: string) => findPolicy(given).name;
    expect(known("cache_aware")).toBe("prefix");
    expect(
      ["prefix_hash", "consistent_hashing", "least_load", "power_of_two", "round_robin", "random"].map(known),
    ).toEqual(["prefix-hash", "consistent-hashing", "least-load", "power-of-two", "round-robin", "random"]);
    expect(policyNames.map(known)).toEqual(policyNames);
    expect(known("Power-Of-Two")).toBe("power-of-two");
  });

  it("are listed when one is unknown, with the closest", () => {
    expect(() => findPolicy("round_robbin")).toThrow(
      /^Unknown routing policy "round_robbin"\. Known policies: prefix, .*, random\. Did you mean "round-robin"\?$/,
    );
    expect(() => findPolicy("constructor")).toThrow(/^Unknown routing policy "constructor"/);
    expect(() => findPolicy("bucket")).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});
