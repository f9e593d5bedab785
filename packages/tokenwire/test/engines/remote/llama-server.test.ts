// The adapter against the real llama-server, where there is one: the contract, greedy answers and log-probabilities equal
// to the embedded engine's on the same weights, ids inside characters, and several servers behind the balancer.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createBalancedEngine,
  createEngine,
  type Engine,
  type GenerateRequest,
} from "../../../src/engines/index.ts";
import { collect, finishOf, idsOf } from "../collect.ts";
import { compactModel, compactPrompts } from "../llama-cpp-model.ts";
import { findLlamaServer, startLlamaServer } from "../llama-server-process.ts";
import { keepsContract, openPackagedToy } from "../packaged-toy.ts";
import type { ServerProcess } from "../server-process.ts";

const binary = findLlamaServer();

describe.skipIf(binary === undefined)("llama-server", () => {
  const toy = openPackagedToy();
  const { ends } = toy;
  const folder = mkdtempSync(join(tmpdir(), "tokenwire-llama-server-"));
  const path = join(folder, "toy.gguf");
  const prompts = compactPrompts(toy.tokens, 50);
  const servers: ServerProcess[] = [];
  let engine: Engine;

  const start = async (): Promise<Engine> => {
    const server = await startLlamaServer(binary as string, path);
    servers.push(server);
    return createEngine({
      kind: "llama-server",
      url: server.url,
      tokenizer: toy,
      maxContext: 512,
      retries: 0,
    });
  };
  const request = (rest: Partial<GenerateRequest> = {}): GenerateRequest => ({
    requestId: "r",
    prompt: { tokenIds: Uint32Array.from(prompts[0]!) },
    sampling: { maxTokens: 48, temperature: 0 },
    stop: { tokenIds: ends },
    ...rest,
  });
  const answer = async (engines: Engine, wanted: GenerateRequest) => {
    const events = await collect(engines.generate(wanted));
    return { ids: idsOf(events), finish: finishOf(events)! };
  };

  beforeAll(async () => {
    writeFileSync(path, compactModel(toy.model, "F32"));
    engine = await start();
  }, 60_000);
  afterAll(async () => {
    await engine.close();
    await Promise.all(servers.map((server) => server.kill()));
    rmSync(folder, { recursive: true });
  });

  it("keeps the contract, its answers equal to the embedded engine's", async () => {
    await keepsContract(engine, toy, { prompts, passes: ["C4", "C5"] });
  }, 300_000);

  it("gives every id of text in which characters take several tokens", async () => {
    let repaired = 0;
    for (const text of ["éé😀", "日本語 é", "👩‍👩‍👧 ok", "ẹ́ 한국어 🏳️‍🌈", "naïve façade", "𓀀𓀁 ﷽"]) {
      const constraint = {
        kind: "grammar",
        syntax: "gbnf",
        source: `root ::= ${JSON.stringify(text)}`,
      } as const;
      const ids: number[] = [];
      for await (const event of engine.generate(
        request({ constraint, sampling: { maxTokens: 100, temperature: 1, seed: 3 } }),
      )) {
        if (event.type === "finish")
          expect([text, event.reason, event.error]).toEqual([text, "stop", undefined]);
        if (event.type !== "delta") continue;
        if (event.fidelity === "repaired") repaired += event.tokenIds.length;
        ids.push(...event.tokenIds);
      }
      const body = ids.filter((id) => !ends.includes(id));
      expect(Buffer.from(toy.decodeBytes(body)).toString()).toBe(text);
    }
    expect(repaired).toBeGreaterThan(5);
  }, 60_000);

  it("says what it lost at the length limit", async () => {
    const constraint = { kind: "grammar", syntax: "gbnf", source: 'root ::= "é😀é"' } as const;
    const all = await answer(
      engine,
      request({ constraint, sampling: { maxTokens: 50, temperature: 1, seed: 1 } }),
    );
    const at = all.ids.length - 3;
    const cut = await answer(
      engine,
      request({ constraint, sampling: { maxTokens: at, temperature: 1, seed: 1 } }),
    );
    const lost = (cut.finish.opaque?.["lost_tokens"] as number | undefined) ?? 0;
    expect(cut.ids.length + lost).toBe(at);
    expect(cut.finish).toMatchObject({ reason: "length", usage: { completionTokens: at } });
  }, 60_000);

  /** Thirty conversations of five turns, all going on at once; how much of each known beginning was in a cache. */
  async function hitRate(policy: "prefix" | "random", engines: readonly Engine[]): Promise<number> {
    const balanced = createBalancedEngine({ engines, policy });
    const talks = Array.from({ length: 30 }, (_, at) => ({
      ids: [...prompts[at]!, ...prompts[at + 20]!.slice(0, 30)],
      known: 0,
    }));
    let cached = 0;
    let known = 0;
    for (let turn = 0; turn < 5; turn++) {
      for (const [at, talk] of talks.entries()) {
        const prompt = { tokenIds: Uint32Array.from(talk.ids) };
        const sampling = { maxTokens: 8, temperature: 0 };
        const wanted = request({ requestId: `${policy}-${at}-${turn}`, prompt, sampling });
        const { ids, finish } = await answer(balanced, wanted);
        cached += Math.min(talk.known, finish.usage?.cachedTokens ?? 0);
        known += talk.known;
        // The last id of an answer is never evaluated.
        talk.known = talk.ids.length + ids.length - 1;
        talk.ids = [...talk.ids, ...ids, ...prompts[(at * 7 + turn) % 50]!.slice(0, 12)];
      }
    }
    await balanced.close();
    return cached / known;
  }

  it("finds conversations again in the caches of three servers, behind the balancer", async () => {
    const three = async () => [await start(), await start(), await start()];
    const routed = await hitRate("prefix", await three());
    const random = await hitRate("random", await three());
    console.info(`prefix hit rate ${routed.toFixed(3)}, at random ${random.toFixed(3)}`);
    expect(routed).toBeGreaterThan(0.9);
    expect(random).toBeLessThan(0.8);
  }, 120_000);

  it("loses no request that had not begun when a server is killed, and fails the others clearly", async () => {
    const engines = [await start(), await start(), await start()];
    const victim = servers.at(-1)!;
    const balanced = createBalancedEngine({ engines, policy: "round-robin" });
    const outcomes = await Promise.all(
      Array.from({ length: 24 }, async (_, at) => {
        const run = request({
          requestId: `k${at}`,
          prompt: { tokenIds: Uint32Array.from(prompts[at]!) },
          sampling: { maxTokens: 300, temperature: 0, ignoreEos: true },
          stop: {},
        });
        let tokens = 0;
        for await (const event of balanced.generate(run)) {
          if (event.type === "delta" && ++tokens === 20 && at === 1) await victim.kill();
          if (event.type === "finish") return { tokens, reason: event.reason, error: event.error };
        }
        return { tokens, reason: undefined, error: undefined };
      }),
    );
    const failed = outcomes.filter(({ reason }) => reason !== "length");
    console.info(`${outcomes.length - failed.length} answers whole, ${failed.length} cut`);
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThanOrEqual(8);
    for (const { tokens, reason, error } of failed) {
      expect(tokens).toBeGreaterThan(0);
      expect([reason, error?.code]).toEqual(["error", "unavailable"]);
    }
    await balanced.close();
  }, 120_000);
});
