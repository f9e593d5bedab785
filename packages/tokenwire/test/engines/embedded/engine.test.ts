import { describe, expect, it } from "vitest";
import type { ConstraintCompiler } from "../../../src/engines/embedded/constraint.ts";
import {
  createEmbeddedEngine,
  type EmbeddedEngineOptions,
  type GenerateEvent,
} from "../../../src/engines/index.ts";
import { answer, events, type RequestParts, toRequest } from "../collect.ts";
import { randomModel } from "./random-model.ts";

const model = randomModel();
const prompt = Array.from({ length: 20 }, (_, index) => (index * 7) % 90);
const eos = 95;

const create = (options: Partial<EmbeddedEngineOptions> = {}) => createEmbeddedEngine({ model, ...options });
const endless = { maxTokens: 100, temperature: 0, ignoreEos: true };

async function code(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
    return "nothing was thrown";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("EmbeddedEngine", () => {
  it("describes itself", async () => {
    const engine = create();
    const info = await engine.info();
    expect(info).toMatchObject({ model: "random", maxContext: 256, vocabSize: 96, eosTokenIds: [eos] });
    expect(info.defaultSampling).toBeUndefined();
    expect(await engine.health()).toEqual({ ok: true });
    await engine.close();
    expect((await engine.health()).ok).toBe(false);
    expect(await code(() => events(engine, { prompt }))).toBe("unavailable");
  });

  it("recommends the temperature that the file names", async () => {
    const file = randomModel({ metadata: { "general.sampling.temp": { type: "f32", value: 0.4 } } });
    const info = await createEmbeddedEngine({ model: file }).info();
    expect(info.defaultSampling).toEqual({ temperature: 0.4 });
  });

  it("gives the same answer from SIMD, from plain loops, from the cache and beside others", async () => {
    const engine = create();
    const parts: RequestParts = { prompt, sampling: endless };
    const first = await answer(engine, parts);
    expect(first.ids).toHaveLength(100);
    expect(first.finish).toMatchObject({
      reason: "length",
      usage: { promptTokens: 20, completionTokens: 100, cachedTokens: 0 },
    });
    const again = await answer(engine, parts);
    expect(again.start.cachedTokens).toBe(19);
    const others = await Promise.all([1, 2, 3].map(() => answer(engine, parts)));
    const plain = await answer(create({ backend: "plain" }), parts);
    for (const { ids } of [again, plain, ...others]) expect(ids).toEqual(first.ids);
  });

  it("reuses the longest common beginning, apart for each salt", async () => {
    const engine = create();
    await answer(engine, { prompt });
    const longer = [...prompt.slice(0, 15), 1, 2, 3];
    expect((await answer(engine, { prompt: longer })).start.cachedTokens).toBe(15);
    expect((await answer(engine, { prompt, cacheSalt: "other" })).start.cachedTokens).toBe(0);
    expect((await answer(create({ cachedSequences: 0 }), { prompt })).start.cachedTokens).toBe(0);
  });

  it("goes on from its own answer without evaluating it again", async () => {
    const engine = create();
    const { ids } = await answer(engine, { prompt, sampling: { ...endless, maxTokens: 10 } });
    const next = [...prompt, ...ids, 4];
    // The last generated id was never evaluated, and the new one must be.
    expect((await answer(engine, { prompt: next })).start.cachedTokens).toBe(29);
  });

  it("stops at EOS and at given ids, delivers the id and names it", async () => {
    const engine = create();
    const { ids } = await answer(engine, { prompt, sampling: endless });
    const chosen = ids[5]!;
    const at = ids.indexOf(chosen);
    const stopped = await answer(engine, { prompt, sampling: endless, stop: { tokenIds: [chosen] } });
    expect(stopped.ids).toEqual(ids.slice(0, at + 1));
    expect(stopped.finish).toMatchObject({ reason: "stop", matched: chosen });
    const ended = await answer(engine, {
      prompt,
      sampling: { maxTokens: 5, temperature: 0, logitBias: new Map([[eos, 1000]]) },
    });
    expect([ended.ids, ended.finish.reason, ended.finish.matched]).toEqual([[eos], "stop", eos]);
  });

  it("ends with the context", async () => {
    const { ids, finish } = await answer(create(), { prompt, sampling: { ...endless, maxTokens: 1000 } });
    expect([prompt.length + ids.length, finish.reason]).toEqual([256, "length"]);
  });

  it("gives log-probabilities of the raw distribution", async () => {
    const engine = create();
    const raw = await events(engine, { prompt, sampling: endless, logprobs: { top: 3 } });
    const tuned = await events(engine, {
      prompt,
      sampling: { ...endless, logitBias: new Map([[1, 1]]), presencePenalty: 0.01 },
      logprobs: { top: 0 },
    });
    const first = (list: GenerateEvent[]) =>
      list.flatMap((event) => (event.type === "delta" ? (event.logprobs ?? []) : []))[0]!;
    expect(first(raw).top).toHaveLength(3);
    expect(first(raw).top![0]).toEqual({ id: first(raw).id, logprob: first(raw).logprob });
    expect(first(tuned).top).toBeUndefined();
    expect(first(tuned).logprob).toBeCloseTo(first(raw).logprob, 6);
    expect(await code(() => events(engine, { prompt, logprobs: { top: 21 } }))).toBe("invalid_request");
  });

  it("draws differently per choice, the same per seed", async () => {
    const engine = create();
    const run = async () => {
      const list = await events(engine, {
        prompt,
        n: 3,
        sampling: { maxTokens: 12, temperature: 15, seed: 4 },
      });
      return [0, 1, 2].map((index) =>
        list.flatMap((event) => (event.type === "delta" && event.index === index ? event.tokenIds : [])),
      );
    };
    const choices = await run();
    expect(new Set(choices.map((ids) => ids.join())).size).toBe(3);
    expect(await run()).toEqual(choices);
    const second = await answer(engine, { prompt, sampling: { maxTokens: 12, temperature: 15, seed: 5 } });
    expect(second.ids).toEqual(choices[1]);
  });

  it("ends every choice with abort when the signal fires", async () => {
    const engine = create();
    const stop = new AbortController();
    const list: GenerateEvent[] = [];
    for await (const event of engine.generate(toRequest({ prompt, n: 2, sampling: endless }), stop.signal)) {
      list.push(event);
      if (list.filter(({ type }) => type === "delta").length === 6) stop.abort();
    }
    expect(list.filter(({ type }) => type === "delta")).toHaveLength(6);
    expect(list.slice(-2)).toMatchObject([
      { type: "finish", index: 0, reason: "abort", usage: { completionTokens: 3 } },
      { type: "finish", index: 1, reason: "abort", usage: { completionTokens: 3 } },
    ]);
    expect(await engine.load()).toEqual({ running: 0, waiting: 0 });
  });

  it("generates nothing for a signal that has fired", async () => {
    const list: GenerateEvent[] = [];
    for await (const event of create().generate(toRequest({ prompt }), AbortSignal.abort())) list.push(event);
    expect(list.map(({ type }) => type)).toEqual(["start", "finish"]);
  });

  it("queues beyond its limit, refuses beyond the queue, and frees what is left or aborted", async () => {
    const engine = create({ maxConcurrent: 1, queueLimit: 1 });
    const first = engine.generate(toRequest({ prompt, sampling: endless }))[Symbol.asyncIterator]();
    await first.next();
    const stop = new AbortController();
    const waiting = engine.generate(toRequest({ prompt }), stop.signal)[Symbol.asyncIterator]();
    const begun = waiting.next();
    expect(await engine.load()).toEqual({ running: 1, waiting: 1 });
    expect(await code(() => events(engine, { prompt }))).toBe("overloaded");
    stop.abort();
    expect((await begun).value).toMatchObject({ type: "start" });
    expect((await waiting.next()).value).toMatchObject({ type: "finish", reason: "abort" });
    await waiting.return?.();
    expect(await engine.load()).toEqual({ running: 1, waiting: 0 });
    const next = answer(engine, { prompt });
    await first.return?.();
    expect((await next).finish.reason).toBeDefined();
    expect(await engine.load()).toEqual({ running: 0, waiting: 0 });
  });

  it("refuses what it cannot do before the start", async () => {
    const engine = create();
    const refused = (parts: Partial<RequestParts>) => code(() => events(engine, { prompt, ...parts }));
    expect(await refused({ prompt: [] })).toBe("invalid_request");
    expect(await refused({ prompt: [96] })).toBe("invalid_request");
    expect(await refused({ prompt: new Array(256).fill(1) })).toBe("context_length");
    expect(await refused({ sampling: { maxTokens: 0 } })).toBe("invalid_request");
    expect(await refused({ sampling: { maxTokens: 1, temperature: -1 } })).toBe("invalid_request");
    expect(await refused({ n: 0 })).toBe("invalid_request");
    expect(await refused({ lora: "x" })).toBe("unsupported");
    expect(await refused({ multimodal: {} })).toBe("unsupported");
    expect(await refused({ logprobs: { top: 0, prompt: true } })).toBe("unsupported");
    expect(await refused({ constraint: { kind: "json_object" } })).toBe("unsupported");
    const text = { ...toRequest({ prompt }), prompt: { text: "hello" } };
    expect(await code(async () => engine.generate(text)[Symbol.asyncIterator]().next())).toBe("unsupported");
  });

  it("follows a matcher and reports a dead end", async () => {
    const path = [3, 1, 4];
    const constraints: ConstraintCompiler = {
      kinds: ["choice"],
      compile: async () => {
        let at = 0;
        return {
          allows: (id) => id === path[at],
          accept: () => {
            at++;
          },
          describe: () => `after ${at}`,
        };
      },
    };
    const { ids, finish } = await answer(create({ constraints }), {
      prompt,
      constraint: { kind: "choice", choices: ["x"] },
      sampling: { maxTokens: 9, temperature: 1, ignoreEos: true },
    });
    expect(ids).toEqual(path);
    expect(finish.reason).toBe("error");
    expect(finish.error).toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("after 3"),
    });
  });

  it("embeds inputs as vectors of length one", async () => {
    const engine = create();
    const inputs = [Uint32Array.from(prompt), Uint32Array.from(prompt), Uint32Array.from([1, 2, 3])];
    const { vectors, usage } = await engine.embed({ requestId: "e", inputs });
    expect(vectors.map((vector) => Math.hypot(...vector))).toEqual(
      [1, 1, 1].map((one) => expect.closeTo(one, 5)),
    );
    expect(vectors[0]).toEqual(vectors[1]);
    expect(vectors[0]).not.toEqual(vectors[2]);
    expect(usage.promptTokens).toBe(43);
  });

  it("lets timers run while it generates", async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await answer(create(), { prompt, sampling: { ...endless, maxTokens: 200 } });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(2);
  });
});
