// What workers say of their load, asked now and then.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createBalancedEngine, EngineError } from "../../../src/engines/index.ts";
import { type FakeWorker, fakes, hold, request, run } from "./fake-worker.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
afterEach(() => void vi.useRealTimers());

const idle = { running: 0, waiting: 0, kvUsage: 0 };
const busy = { running: 8, waiting: 5, kvUsage: 0.9 };

function leastLoaded(workers: readonly FakeWorker[]) {
  return createBalancedEngine({ engines: workers, policy: "least-load", probeInterval: 0 });
}

async function chosen(engine: ReturnType<typeof leastLoaded>, workers: readonly FakeWorker[]) {
  const before = workers.map((worker) => worker.calls());
  await run(engine, request([1]));
  return workers.find((worker, index) => worker.calls() > before[index]!)!.id;
}

describe("the load of workers", () => {
  it("is asked for at once and every ten seconds", async () => {
    const workers = fakes("a", "b");
    const [a, b] = workers as [FakeWorker, FakeWorker];
    [a.says, b.says] = [busy, idle];
    const engine = leastLoaded(workers);
    await vi.advanceTimersByTimeAsync(0);
    expect(await chosen(engine, workers)).toBe("b");
    [a.says, b.says] = [idle, busy];
    await vi.advanceTimersByTimeAsync(9_999);
    expect(await chosen(engine, workers)).toBe("b");
    await vi.advanceTimersByTimeAsync(1);
    expect(await chosen(engine, workers)).toBe("a");
    await engine.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("already holds what was sent before the worker was asked", async () => {
    const workers = fakes("a", "b");
    const [a, b] = workers as [FakeWorker, FakeWorker];
    [a.says, b.says] = [idle, busy];
    const engine = leastLoaded(workers);
    await vi.advanceTimersByTimeAsync(0);
    const end = await hold(engine, request(Array(5_000).fill(1)));
    b.says = { ...idle, waiting: 1 };
    expect(a.calls()).toBe(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await chosen(engine, workers)).toBe("a");
    await end();
    await engine.close();
  });

  it("is forgotten when a worker stops telling it", async () => {
    const workers = fakes("a", "b");
    const [a, b] = workers as [FakeWorker, FakeWorker];
    [a.says, b.says] = [busy, { ...idle, waiting: 1 }];
    const engine = leastLoaded(workers);
    await vi.advanceTimersByTimeAsync(0);
    expect(await chosen(engine, workers)).toBe("b");
    a.says = undefined;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await chosen(engine, workers)).toBe("a");
    await engine.close();
  });

  it("is not asked for again where an engine cannot tell, nor while it has not answered, nor without need", async () => {
    const [mute, slow, other] = fakes("a", "b", "c") as [FakeWorker, FakeWorker, FakeWorker];
    const asked = { mute: 0, slow: 0, other: 0 };
    mute.load = async () => {
      asked.mute += 1;
      throw new EngineError("unsupported", "it does not tell");
    };
    slow.load = () => {
      asked.slow += 1;
      return new Promise(() => undefined);
    };
    other.load = async () => {
      asked.other += 1;
      return idle;
    };
    const engine = leastLoaded([mute, slow]);
    const unasked = createBalancedEngine({ engines: [other], policy: "power-of-two", probeInterval: 0 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toEqual({ mute: 1, slow: 1, other: 0 });
    await engine.close();
    await unasked.close();
  });
});
