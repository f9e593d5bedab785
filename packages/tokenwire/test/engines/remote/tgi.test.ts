// Text Generation Inference: text in, ids out, and values that it refuses left out.

import { afterEach, describe, expect, it } from "vitest";
import {
  createEngine,
  detectEngine,
  type Engine,
  type GenerateEvent,
  type GenerateRequest,
} from "../../../src/engines/index.ts";
import { type Fake, type FakeOptions, startFake } from "./fakes.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((entry) => entry.close()));
});

const ids = [11, 12, 13, 2];

async function start(options: Partial<FakeOptions> = {}): Promise<{ fake: Fake; engine: Engine }> {
  const fake = await startFake("tgi", { script: { ids }, ...options });
  const engine = createEngine(`tgi:${fake.url}`);
  open.push(engine, fake);
  return { fake, engine };
}

async function answer(engine: Engine, rest: Partial<GenerateRequest> = {}) {
  const events: GenerateEvent[] = [];
  const request = { requestId: "r", prompt: { text: "Hi" }, sampling: { maxTokens: 16 }, ...rest };
  for await (const event of engine.generate(request)) events.push(event);
  return {
    events,
    ids: events.flatMap((event) => (event.type === "delta" ? event.tokenIds : [])),
    finish: events.find((event) => event.type === "finish"),
  };
}

describe("tgi", () => {
  it("takes text and gives every id, the model's end among them and named, however the wire is cut", async () => {
    for (const options of [{}, { writeSize: 1 }, { writeSize: 7, crlf: true, comments: true }]) {
      const { engine, fake } = await start(options);
      const { ids: found, finish } = await answer(engine);
      expect(found).toEqual(ids);
      expect(finish).toMatchObject({ reason: "stop", matched: 2, usage: { completionTokens: 4 } });
      expect(fake.requests[0]).toMatchObject({
        inputs: "Hi",
        parameters: { max_new_tokens: 16, details: true },
      });
    }
  });

  it("ends at ids of ours, which it does not know, and at the length", async () => {
    const { engine } = await start();
    const stopped = await answer(engine, { stop: { tokenIds: [12] } });
    expect([stopped.ids, stopped.finish]).toMatchObject([[11, 12], { reason: "stop", matched: 12 }]);
    const cut = await answer(engine, { sampling: { maxTokens: 2 } });
    expect([cut.ids, cut.finish]).toMatchObject([[11, 12], { reason: "length" }]);
  });

  it("leaves out what is off, which it would refuse", async () => {
    const { engine, fake } = await start();
    await answer(engine, { sampling: { maxTokens: 4, temperature: 0, topP: 1, topK: 0 } });
    await answer(engine, {
      sampling: { maxTokens: 4, temperature: 0.5, topP: 0.9, topK: 3, seed: 7 },
      stop: { strings: ["a", "b", "c", "d", "e"] },
    });
    const [greedy, sampled] = fake.requests.map((entry) => entry["parameters"] as object);
    expect(greedy).toMatchObject({ do_sample: false, repetition_penalty: 1 });
    for (const field of ["temperature", "top_p", "top_k"]) expect(greedy).not.toHaveProperty(field);
    expect(sampled).toMatchObject({ do_sample: true, temperature: 0.5, top_p: 0.9, top_k: 3, seed: 7 });
    expect(sampled).toHaveProperty("stop", ["a", "b", "c", "d"]);
  });

  it("gives log-probabilities and takes constraints", async () => {
    const { engine, fake } = await start();
    const { events } = await answer(engine, {
      logprobs: { top: 2 },
      constraint: { kind: "regex", pattern: "a+" },
    });
    const top = [
      { id: 11, logprob: -0.5 },
      { id: 12, logprob: -1 },
    ];
    expect(events.find(({ type }) => type === "delta")).toMatchObject({
      logprobs: [{ id: 11, logprob: -0.5, top }],
    });
    expect(fake.requests[0]).toHaveProperty("parameters.grammar", { type: "regex", value: "a+" });
    await answer(engine, { constraint: { kind: "json_object" } });
    expect(fake.requests[1]).toHaveProperty("parameters.grammar", {
      type: "json",
      value: { type: "object" },
    });
  });

  it("refuses ids as prompt, and what it cannot do", async () => {
    const { engine, fake } = await start();
    for (const rest of [
      { prompt: { tokenIds: Uint32Array.of(1) } },
      { sampling: { maxTokens: 4, minTokens: 2 } },
      { sampling: { maxTokens: 4, allowedTokenIds: [1] } },
      { logprobs: { top: 6 } },
    ]) {
      await expect(answer(engine, rest)).rejects.toMatchObject({ code: "unsupported" });
    }
    expect(fake.requests).toEqual([]);
  });

  it("reports refusals, errors in the stream and cut connections", async () => {
    const { engine } = await start({
      failures: [{ status: 422, body: { error: "too long", error_type: "validation" } }],
    });
    await expect(answer(engine)).rejects.toMatchObject({ code: "invalid_request", message: "tgi: too long" });
    for (const options of [{ errorAfter: 2 }, { cutAfter: 2, pace: 5 }]) {
      const broken = await start(options);
      const { ids: found, finish } = await answer(broken.engine);
      expect([found, finish]).toMatchObject([[11, 12], { reason: "error" }]);
    }
  });

  it("is recognised at its address and describes itself", async () => {
    const { engine, fake } = await start();
    expect(await detectEngine({ url: fake.url })).toBe("tgi");
    expect(await engine.info()).toMatchObject({
      engine: "tgi",
      model: "m",
      maxContext: 4096,
      version: "3.0",
    });
    expect(await engine.health()).toEqual({ ok: true });
  });
});
