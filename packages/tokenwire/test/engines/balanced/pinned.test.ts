// Requests that say where they go: to a named worker, with their session, by the key of their user.

import { describe, expect, it } from "vitest";
import { createBalancedEngine } from "../../../src/engines/index.ts";
import { fake, fakes, hold, request, run } from "./fake-worker.ts";

const pinned = (worker: string, sessionId?: string) =>
  request([1], { routing: { worker, ...(sessionId !== undefined && { sessionId }) } });
const calls = (workers: readonly ReturnType<typeof fake>[]) => workers.map((worker) => worker.calls());

describe("a request that names a worker", () => {
  it("goes there under every policy, and is counted so", async () => {
    for (const policy of ["prefix", "consistent-hashing", "least-load", "round-robin", "random"] as const) {
      const workers = fakes("a", "b", "c");
      const engine = createBalancedEngine({ engines: workers, probeInterval: 0, loadInterval: 0, policy });
      for (let index = 0; index < 5; index += 1) await run(engine, pinned("b"));
      expect(calls(workers)).toEqual([0, 5, 0]);
      expect(engine.statistics().chosen.pinned).toBe(5);
    }
  });

  it("takes its session along", async () => {
    const workers = fakes("a", "b", "c");
    const engine = createBalancedEngine({ engines: workers, probeInterval: 0, policy: "round-robin" });
    await run(engine, pinned("c", "s"));
    await run(engine, request([1], { routing: { sessionId: "s" } }));
    expect(calls(workers)).toEqual([0, 0, 2]);
  });

  it("takes its conversation along", async () => {
    const workers = fakes("a", "b", "c");
    const engine = createBalancedEngine({ engines: workers, probeInterval: 0 });
    for (let talk = 0; talk < 10; talk += 1) {
      const turn = Array.from({ length: 40 }, (_, index) => 100 * talk + index);
      await run(engine, request(turn, { routing: { worker: "c" } }));
      await run(engine, request([...turn, ...turn]));
    }
    expect(calls(workers)).toEqual([0, 0, 20]);
  });

  it("fails where no worker has this name, also where others may stand in", async () => {
    for (const pinFallback of [false, true]) {
      const workers = fakes("a", "b");
      const engine = createBalancedEngine({ engines: workers, probeInterval: 0, pinFallback });
      await expect(run(engine, pinned("z"))).rejects.toMatchObject({
        code: "invalid_request",
        status: 404,
        message: 'There is no worker "z".',
      });
      expect(calls(workers)).toEqual([0, 0]);
    }
  });

  it("fails while the worker is draining, full or failing, and goes nowhere else", async () => {
    const workers = [fake("a", () => "fail-before"), fake("b")];
    const engine = createBalancedEngine({ engines: workers, probeInterval: 0, maxOutstanding: 1 });
    engine.drain("b");
    await expect(run(engine, pinned("b"))).rejects.toMatchObject({ code: "unavailable", about: "worker" });
    engine.drain("b", false);
    const end = await hold(engine, pinned("b"));
    await expect(run(engine, pinned("b"))).rejects.toMatchObject({ code: "overloaded", retryAfterMs: 1_000 });
    await end();
    await expect(run(engine, pinned("a"))).rejects.toThrow("a died");
    expect(calls(workers)).toEqual([1, 1]);
    expect(engine.statistics().retries).toBe(0);
  });

  it("goes elsewhere where that was asked for", async () => {
    const workers = [fake("a", () => "fail-before"), fake("b")];
    const engine = createBalancedEngine({ engines: workers, probeInterval: 0, pinFallback: true });
    expect((await run(engine, pinned("a"))).at(-1)).toMatchObject({ reason: "stop" });
    engine.drain("a");
    expect((await run(engine, pinned("a"))).at(-1)).toMatchObject({ reason: "stop" });
    expect(calls(workers)).toEqual([1, 2]);
  });

  it("fails while the worker's breaker is open, and is let through to try it", async () => {
    let time = 0;
    let down = true;
    const workers = [fake("a", () => (down ? "refuse" : "ok")), fake("b")];
    const engine = createBalancedEngine({ engines: workers, probeInterval: 0, now: () => time });
    for (let index = 0; index < 10; index += 1) await run(engine, pinned("a")).catch(() => undefined);
    await expect(run(engine, pinned("a"))).rejects.toMatchObject({ code: "unavailable" });
    expect(workers[0]!.calls()).toBe(10);
    time += 60_000;
    down = false;
    expect((await run(engine, pinned("a"))).at(-1)).toMatchObject({ reason: "stop" });
  });
});

describe("workers", () => {
  it("are named by their ids, with their place where two have the same", async () => {
    const names = (...ids: string[]) =>
      createBalancedEngine({ engines: fakes(...ids), probeInterval: 0 })
        .statistics()
        .workers.map(({ name }) => name);
    expect(names("a", "b")).toEqual(["a", "b"]);
    expect(names("vllm", "b", "vllm")).toEqual(["vllm-0", "b", "vllm-2"]);
  });
});

describe("sessions", () => {
  const inSession = (sessionId: string) => request([1], { routing: { sessionId } });

  it("stay together, and leave a worker that has much more to do than the others", async () => {
    const workers = fakes("a", "b", "c");
    const engine = createBalancedEngine({ engines: workers, probeInterval: 0, policy: "least-outstanding" });
    for (let index = 0; index < 10; index += 1) await run(engine, inSession("s"));
    expect(calls(workers).sort()).toEqual([0, 0, 10]);
    const ends = [];
    for (let index = 0; index < 30; index += 1) ends.push(await hold(engine, inSession("s")));
    const outstanding = engine.statistics().workers.map((worker) => worker.outstanding);
    expect(Math.max(...outstanding)).toBeLessThanOrEqual(1.25 * 11);
    for (const end of ends) await end();
  });

  it("come back to the owner of their key after it was away, where they are placed by a ring", async () => {
    const workers = fakes("a", "b", "c");
    const engine = createBalancedEngine({
      engines: workers,
      probeInterval: 0,
      policy: "consistent-hashing",
    });
    await run(engine, inSession("s"));
    const owner = calls(workers).indexOf(1);
    engine.drain(workers[owner]!.id);
    await run(engine, inSession("s"));
    engine.drain(workers[owner]!.id, false);
    await run(engine, inSession("s"));
    expect(workers[owner]!.calls()).toBe(2);
  });
});
