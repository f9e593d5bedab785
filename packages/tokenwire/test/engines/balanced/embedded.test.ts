// Three engines with real prefix caches behind the balancer: conversations that go on at the same time are found again.

import { describe, expect, it } from "vitest";
import { Random } from "../../../../../tools/toy/corpus/random.ts";
import {
  createBalancedEngine,
  createEmbeddedEngine,
  createEngine,
  EngineError,
} from "../../../src/engines/index.ts";
import { collect, finishOf, idsOf } from "../collect.ts";
import { randomModel } from "../embedded/random-model.ts";

/** How much of what each of 30 conversations of 5 turns had said before was in a cache. */
async function hitRate(policy: "prefix" | "random"): Promise<number> {
  const random = new Random(4);
  const words = (count: number) => Array.from({ length: count }, () => random.integer(0, 94));
  const model = randomModel({});
  const engines = ["a", "b", "c"].map((id) => createEmbeddedEngine({ model, id }));
  const engine = createBalancedEngine({ engines, policy, probeInterval: 0 });
  const talks = Array.from({ length: 30 }, () => ({ ids: words(20), known: 0 }));
  let cached = 0;
  let known = 0;
  for (let turn = 0; turn < 5; turn++) {
    for (const talk of talks) {
      const prompt = { tokenIds: Uint32Array.from(talk.ids) };
      const sampling = { maxTokens: 2, temperature: 0, ignoreEos: true };
      const events = await collect(engine.generate({ requestId: "r", prompt, sampling }));
      cached += Math.min(talk.known, finishOf(events)?.usage?.cachedTokens ?? 0);
      known += talk.known;
      talk.known = talk.ids.length;
      talk.ids = [...talk.ids, ...idsOf(events), ...words(4)];
    }
  }
  await engine.close();
  return cached / known;
}

describe("three embedded engines behind the balancer", () => {
  it("embed on any of them, and elsewhere when one fails", async () => {
    const model = randomModel({});
    const engines = ["a", "b", "c"].map((id) => createEmbeddedEngine({ model, id }));
    const failing = Object.assign(createEmbeddedEngine({ model, id: "d" }), {
      embed: () => Promise.reject(new EngineError("unavailable", "d is down", { retryable: true })),
    });
    const engine = createBalancedEngine({
      engines: [...engines, failing],
      policy: "round-robin",
      probeInterval: 0,
    });
    const request = { requestId: "e", inputs: [Uint32Array.from([1, 2, 3]), Uint32Array.from([4])] };
    const expected = await engines[0]!.embed(request);
    for (let index = 0; index < 8; index += 1) {
      expect((await engine.embed!(request)).vectors).toEqual(expected.vectors);
    }
    const { workers, retries } = engine.statistics();
    expect(workers.map(({ requests }) => requests)).toEqual([3, 3, 2, 2]);
    expect(workers[3]).toMatchObject({ failures: 2 });
    expect(retries).toBe(2);
    const mute = createBalancedEngine({ engines: [createEngine("echo")], probeInterval: 0 });
    await expect(mute.embed!(request)).rejects.toMatchObject({ code: "unsupported" });
    await engine.close();
  });

  it("find conversations again, which at random they do not", async () => {
    expect(await hitRate("prefix")).toBeGreaterThan(0.95);
    expect(await hitRate("random")).toBeLessThan(0.75);
  });
});
