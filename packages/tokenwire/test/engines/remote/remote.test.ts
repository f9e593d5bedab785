import { afterEach, describe, expect, it } from "vitest";
import {
  createEngine,
  detectEngine,
  type Engine,
  EngineError,
  type GenerateEvent,
  type GenerateRequest,
} from "../../../src/engines/index.ts";
import { asObject } from "../../../src/engines/remote/json-view.ts";
import { createLazyEngine } from "../../../src/engines/remote/lazy-engine.ts";
import { collect, finishOf, idsOf } from "../collect.ts";
import { type Fake, type FakeOptions, startFake } from "./fakes.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((entry) => entry.close()));
});

type Kind = "vllm" | "completions" | "sglang" | "llama-server" | "openai" | "ollama";
const engineKind: Record<Kind, string> = {
  vllm: "vllm",
  completions: "vllm-completions",
  sglang: "sglang",
  "llama-server": "llama-server",
  openai: "openai",
  ollama: "ollama",
};

async function start(kind: Kind, options: FakeOptions): Promise<{ fake: Fake; engine: Engine }> {
  const fake = await startFake(kind, options);
  const engine = createEngine({ kind: engineKind[kind], url: fake.url, timeouts: { idle: 2000 } });
  open.push(engine, fake);
  return { fake, engine };
}

const ids = [11, 12, 13, 14, 200002];
const request = (rest: Partial<GenerateRequest> = {}): GenerateRequest => ({
  requestId: "r",
  prompt: { tokenIds: Uint32Array.of(1, 2, 3) },
  sampling: { maxTokens: 16 },
  stop: { tokenIds: [200002] },
  ...rest,
});

const tokenKinds = ["vllm", "completions", "sglang", "llama-server"] as const;

describe.each(tokenKinds)("%s", (kind) => {
  it("delivers every ID, the stop ID among them, however the wire is cut", async () => {
    for (const options of [
      {},
      { writeSize: 1 },
      { writeSize: 7, crlf: true, comments: true },
      { cumulative: false },
    ]) {
      const { engine } = await start(kind, { script: { ids }, ...options });
      const events = await collect(engine.generate(request()));
      expect(events[0]).toMatchObject({ type: "start" });
      expect(events.filter((event) => event.type === "finish")).toHaveLength(1);
      expect(idsOf(events)).toEqual(ids);
      expect(finishOf(events)).toMatchObject({
        reason: "stop",
        matched: 200002,
        usage: { promptTokens: 3, completionTokens: 5 },
      });
    }
  });

  it("finishes by length", async () => {
    const { engine } = await start(kind, { script: { ids } });
    const events = await collect(engine.generate(request({ sampling: { maxTokens: 2 } })));
    expect(idsOf(events)).toEqual([11, 12]);
    expect(finishOf(events)).toMatchObject({ reason: "length", usage: { completionTokens: 2 } });
  });

  it("gives logprobs with the IDs of the alternatives", async () => {
    const { engine } = await start(kind, { script: { ids } });
    const events = await collect(engine.generate(request({ logprobs: { top: 2 } })));
    const first = events.find((event) => event.type === "delta");
    expect(first).toMatchObject({
      logprobs: [
        {
          id: 11,
          logprob: -0.5,
          top: [
            { id: 11, logprob: -0.5 },
            { id: 12, logprob: -1 },
          ],
        },
      ],
    });
  });

  it("sends every sampling value and keeps what the engine would trim", async () => {
    const { engine, fake } = await start(kind, { script: { ids } });
    const sampling = { maxTokens: 3, temperature: 0, topK: 5, logitBias: new Map([[7, -100]]) };
    await collect(engine.generate(request({ sampling })));
    const sent = JSON.stringify(fake.requests.at(-1));
    expect(sent).toContain('"temperature":0');
    expect(sent).toContain('"top_k":5');
    expect(sent).toMatch(/"logit_bias":(\{"7":-100\}|\[\[7,-100\]\])/);
  });

  it("stops the server's work when the consumer leaves or aborts", async () => {
    for (const how of ["break", "abort"]) {
      const many = Array.from({ length: 400 }, (_, index) => index + 1);
      const { engine, fake } = await start(kind, { script: { ids: many }, pace: 2 });
      const controller = new AbortController();
      const seen: GenerateEvent[] = [];
      for await (const event of engine.generate(
        request({ sampling: { maxTokens: 400 }, stop: {} }),
        controller.signal,
      )) {
        seen.push(event);
        if (seen.length === 6 && how === "break") break;
        if (seen.length === 6) controller.abort();
      }
      if (how === "abort") expect(seen.at(-1)).toMatchObject({ type: "finish", reason: "abort" });
      await expect.poll(() => fake.left()).toBe(1);
      expect(fake.written()).toBeLessThan(100);
      if (kind === "sglang")
        await expect.poll(() => fake.aborts).toEqual([expect.stringMatching(/^r-[0-9a-f]{8}$/)]);
    }
  });

  it("never aborts after a normal end", async () => {
    const { engine, fake } = await start(kind, { script: { ids } });
    await collect(engine.generate(request()));
    expect([fake.aborts]).toEqual([[]]);
  });

  it("reports an error in the stream and a cut connection as a finish", async () => {
    for (const options of [{ errorAfter: 2 }, { cutAfter: 2, pace: 5 }]) {
      const { engine } = await start(kind, { script: { ids }, ...options });
      const events = await collect(engine.generate(request()));
      expect(idsOf(events)).toEqual([11, 12]);
      expect(finishOf(events)).toMatchObject({ reason: "error", error: expect.any(EngineError) });
    }
  });

  it("retries before the first token, and only what may pass", async () => {
    const busy = { status: 503, body: { error: { message: "busy" } } };
    const retried = await start(kind, {
      script: { ids },
      failures: [busy, { ...busy, status: 429, headers: { "retry-after": "0" } }],
    });
    expect(idsOf(await collect(retried.engine.generate(request())))).toEqual(ids);
    const refused = await start(kind, {
      script: { ids },
      failures: [{ status: 400, body: { error: { message: "bad org-abc123" } } }],
    });
    const failure = await collect(refused.engine.generate(request())).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: "invalid_request",
      status: 400,
      message: expect.not.stringContaining("org-abc123"),
    });
    expect(refused.fake.requests).toHaveLength(1);
  });

  it("gives three choices their own index and finish", async () => {
    const { engine } = await start(kind, { script: { ids } });
    const events = await collect(engine.generate(request({ n: 3 })));
    for (const index of [0, 1, 2]) {
      expect(idsOf(events, index)).toEqual(ids);
      expect(finishOf(events, index)).toMatchObject({ reason: "stop" });
    }
    expect(events.filter((event) => event.type === "start")).toHaveLength(1);
  });

  it("loses nothing to a slow consumer", async () => {
    const many = Array.from({ length: 300 }, (_, index) => index + 1);
    const { engine } = await start(kind, { script: { ids: many } });
    const events: GenerateEvent[] = [];
    for await (const event of engine.generate(request({ sampling: { maxTokens: 300 }, stop: {} }))) {
      events.push(event);
      if (events.length === 3) await new Promise((done) => setTimeout(done, 200));
    }
    expect(idsOf(events)).toEqual(many);
  });

  it("knows the model and is recognised at its address", async () => {
    const { engine, fake } = await start(kind, { script: { ids } });
    expect(await engine.info()).toMatchObject({
      model: "m",
      maxContext: kind === "llama-server" ? 2048 : 4096,
    });
    expect(await detectEngine({ url: fake.url })).toBe(kind === "completions" ? "vllm" : engineKind[kind]);
    const found = createEngine(`${fake.url}/v1`);
    open.push(found);
    expect(idsOf(await collect(found.generate(request())))).toEqual(ids);
  });
});

describe("what only one engine does", () => {
  it("vllm: takes completions where the token endpoint is switched off, and goes on with them", async () => {
    const { fake } = await start("completions", {
      script: { ids },
      failures: [{ status: 403, body: { error: { message: "Scale-out endpoints are disabled." } } }],
    });
    const engine = createEngine({ kind: "vllm", url: fake.url });
    open.push(engine);
    for (let round = 0; round < 3; round++) {
      const events = await collect(engine.generate(request()));
      expect(events[0]).toMatchObject({ type: "start" });
      expect(idsOf(events)).toEqual(ids);
    }
    // Only the first request was sent twice.
    expect(fake.requests).toHaveLength(4);
  });

  it("vllm: a refusal in the stream is one before the start, with the code it names", async () => {
    const refusals = [
      ["The decoder prompt (length 513) is longer than the maximum model length of 512.", "context_length"],
      ["Token id 99999 is out of vocabulary", "invalid_request"],
    ] as const;
    for (const [message, code] of refusals) {
      const { engine, fake } = await start("vllm", {
        script: { ids },
        failures: [{ status: 200, body: { error: { message, type: "BadRequestError", code: 400 } } }],
      });
      await expect(collect(engine.generate(request()))).rejects.toMatchObject({ code });
      expect(fake.requests).toHaveLength(1);
    }
  });

  it("vllm: answers without streaming, and finishes that get lost", async () => {
    const plain = await start("vllm", { script: { ids }, plainJson: true });
    const events = await collect(plain.engine.generate(request()));
    expect(idsOf(events)).toEqual(ids);
    expect(finishOf(events)).toMatchObject({ reason: "stop", usage: { cachedTokens: 3 } });
    const dropped = await start("vllm", { script: { ids }, dropFinish: true });
    expect(finishOf(await collect(dropped.engine.generate(request())))).toMatchObject({
      reason: "stop",
      matched: 200002,
    });
    const limited = await collect(dropped.engine.generate(request({ sampling: { maxTokens: 2 } })));
    expect(finishOf(limited)).toMatchObject({ reason: "length" });
    const lost = await start("vllm", { script: { ids: [1, 2] }, dropFinish: true });
    expect(finishOf(await collect(lost.engine.generate(request())))).toMatchObject({ reason: "error" });
  });

  it("vllm: worthless alternatives of older servers are left out", async () => {
    const { engine } = await start("vllm", { script: { ids }, oldLogprobs: true });
    const first = (await collect(engine.generate(request({ logprobs: { top: 2 } })))).find(
      (event) => event.type === "delta",
    );
    expect(first).toMatchObject({ logprobs: [{ id: 11, logprob: -0.5 }] });
    expect(first?.type === "delta" ? first.logprobs?.[0] : undefined).not.toHaveProperty("top");
  });

  it("vllm: each constraint in its field", async () => {
    const { engine, fake } = await start("vllm", { script: { ids } });
    const schema = { type: "object" };
    await collect(engine.generate(request({ constraint: { kind: "json_schema", schema } })));
    await collect(engine.generate(request({ constraint: { kind: "choice", choices: ["a", "b"] } })));
    await collect(engine.generate(request({ constraint: { kind: "regex", pattern: "[\\^a]" } })));
    const tag = { format: { type: "regex", pattern: "a" } };
    await collect(engine.generate(request({ constraint: { kind: "structural_tag", tag } })));
    const sent = fake.requests.map(
      (entry) => (entry["sampling_params"] as Record<string, unknown>)["structured_outputs"],
    );
    expect(sent).toEqual([
      { json: schema },
      { choice: ["a", "b"] },
      { grammar: "root ::= [a^]" },
      { structural_tag: '{"format":{"type":"grammar","grammar":"root ::= \\"a\\""}}' },
    ]);
  });

  it("vllm: a refused grammar is the constraint's fault, and what is wrong with it is said", async () => {
    const failures = [{ status: 400, body: { error: { message: "Invalid grammar specification." } } }];
    const { engine } = await start("vllm", { script: { ids }, failures });
    const constraint = { kind: "grammar", syntax: "ebnf", source: "root ::= (((" } as const;
    await expect(collect(engine.generate(request({ constraint })))).rejects.toMatchObject({
      code: "invalid_request",
      about: "constraint",
      message: expect.stringMatching(/^vllm: Invalid grammar specification\. \(line 1, /),
    });
  });

  it("vllm-completions: a server without token IDs is refused with advice", async () => {
    const { engine } = await start("completions", { script: { ids }, dropFinish: true });
    expect(finishOf(await collect(engine.generate(request())))).toMatchObject({
      reason: "error",
      error: { code: "unsupported", message: expect.stringContaining("engine kind openai") },
    });
  });

  it("sglang: a schema travels as text", async () => {
    const { engine, fake } = await start("sglang", { script: { ids } });
    await collect(engine.generate(request({ constraint: { kind: "json_object" } })));
    expect(fake.requests[0]?.["sampling_params"]).toMatchObject({
      json_schema: '{"type":"object"}',
      top_k: -1,
    });
    await collect(engine.generate(request({ constraint: { kind: "choice", choices: ["a", "b"] } })));
    expect(fake.requests[1]?.["sampling_params"]).toMatchObject({ ebnf: 'root ::= "a" | "b"' });
  });

  it("sglang: what the server says about itself limits requests", async () => {
    const loads = [
      {
        num_running_reqs: 2,
        num_waiting_reqs: 1,
        num_used_tokens: 10,
        max_total_num_tokens: 100,
        token_usage: 0.1,
      },
      {
        num_running_reqs: 1,
        num_waiting_reqs: 0,
        num_used_tokens: 30,
        max_total_num_tokens: 100,
        token_usage: 0.3,
      },
    ];
    const { engine, fake } = await start("sglang", { script: { ids }, loads });
    // The memory for tokens is smaller than the model's context.
    expect(await engine.info()).toMatchObject({
      model: "m",
      maxContext: 4096,
      vocabSize: 201_088,
      version: "0.5.23",
    });
    expect(await engine.load?.()).toMatchObject({
      running: 3,
      waiting: 1,
      usedTokens: 40,
      maxTokens: 200,
      kvUsage: 0.2,
    });
    const beyond = request({ prompt: { tokenIds: Uint32Array.of(1, 201_088) } });
    await expect(collect(engine.generate(beyond))).rejects.toMatchObject({
      code: "invalid_request",
      message: "sglang: token 1 of the prompt is 201088; the model has ids below 201088.",
    });
    expect(fake.requests).toEqual([]);
    await collect(engine.generate(request({ stop: { tokenIds: [200_002, 300_000] } })));
    expect(fake.requests[0]?.["sampling_params"]).toMatchObject({ stop_token_ids: [200_002] });
  });

  it("sglang: seeds are for servers that keep them", async () => {
    for (const seeds of [false, true]) {
      const { engine, fake } = await start("sglang", { script: { ids }, seeds });
      expect((await engine.info()).capabilities.seed).toBe(seeds);
      await collect(engine.generate(request({ sampling: { maxTokens: 2, seed: 7 } })));
      expect(asObject(fake.requests[0]?.["sampling_params"])["sampling_seed"]).toBe(seeds ? 7 : undefined);
      const minimum = collect(engine.generate(request({ sampling: { maxTokens: 2, minP: 0.1 } })));
      if (seeds) await expect(minimum).rejects.toMatchObject({ code: "unsupported" });
      else expect(idsOf(await minimum)).toEqual([11, 12]);
    }
  });

  it("sglang: a refusal that looks like an answer is no answer, however late it comes", async () => {
    const constraint = { kind: "grammar", syntax: "ebnf", source: "root ::= (((" } as const;
    const refusal = { status_code: 400, message: "Failed to compile ebnf grammar: no end" };
    const refused = {
      code: "invalid_request",
      about: "constraint",
      message: expect.stringContaining(refusal.message),
    };
    for (const queue of [0, 300]) {
      const { engine } = await start("sglang", { script: { ids }, refusal, queue });
      await expect(collect(engine.generate(request({ constraint })))).rejects.toMatchObject(refused);
    }
    // Nothing waits for the first event of an ordinary request: the refusal is the end of an empty answer.
    const { engine } = await start("sglang", { script: { ids }, refusal, queue: 300 });
    const late = await collect(engine.generate(request()));
    expect(idsOf(late)).toEqual([]);
    expect(finishOf(late)).toMatchObject({ reason: "error", error: refused });
    const message = "Input length (511 tokens) exceeds the maximum allowed length (506 tokens).";
    const long = await start("sglang", { script: { ids }, refusal: { status_code: 400, message } });
    await expect(collect(long.engine.generate(request()))).rejects.toMatchObject({ code: "context_length" });
  });

  it("sglang: no attempt has the id of another", async () => {
    const failures = [{ status: 503, body: {} }];
    const { engine, fake } = await start("sglang", { script: { ids }, failures });
    await collect(engine.generate(request()));
    const sent = fake.requests.map(({ rid }) => rid);
    expect(sent).toEqual([expect.stringMatching(/^r-/), expect.stringMatching(/^r-/)]);
    expect(sent[0]).not.toBe(sent[1]);
  });

  it("sglang: log-probabilities of the prompt come with the start", async () => {
    const { engine } = await start("sglang", { script: { ids }, queue: 200 });
    const [first] = await collect(engine.generate(request({ logprobs: { top: 0, prompt: true } })));
    expect(first).toEqual({
      type: "start",
      promptLogprobs: [null, { id: 2, logprob: -1 }, { id: 3, logprob: -2 }],
    });
  });

  it.each(["vllm", "llama-server"] as const)("%s: a prompt that is too long", async (kind) => {
    const { engine } = await start(kind, { script: { ids } });
    const prompt = { tokenIds: new Uint32Array(5000) };
    await expect(collect(engine.generate(request({ prompt })))).rejects.toMatchObject({
      code: "context_length",
    });
  });

  it.each(["openai", "ollama"] as const)("%s: text in, text out", async (kind) => {
    const { engine, fake } = await start(kind, { script: { ids: [], pieces: ["Hé", "llo"] }, writeSize: 1 });
    const events = await collect(engine.generate(request({ prompt: { text: "p" } })));
    expect(events.filter((event) => event.type === "text").map((event) => event.text)).toEqual(["Hé", "llo"]);
    expect(finishOf(events)).toMatchObject({
      reason: "stop",
      usage: { promptTokens: 4, completionTokens: 2 },
    });
    expect(await detectEngine({ url: fake.url })).toBe(kind);
    await expect(collect(engine.generate(request()))).rejects.toMatchObject({ code: "unsupported" });
  });

  it("says what is wrong with an address", async () => {
    expect(() => createEngine("vllm")).toThrow(/needs the address/);
    expect(() => createEngine("vlm:http://x")).toThrow(/Did you mean "vllm"/);
    const nobody = createEngine({ kind: "vllm", url: "http://127.0.0.1:9", retries: 0 });
    expect(await nobody.health()).toMatchObject({ ok: false });
    await expect(collect(nobody.generate(request()))).rejects.toMatchObject({ code: "unavailable" });
  });

  it("sends a request again that met the end of a kept connection, and no other", async () => {
    const fake = await startFake("vllm", { script: { ids }, closesKept: true });
    const engine = createEngine({ kind: "vllm", url: fake.url, retries: 0 });
    open.push(engine, fake);
    for (let round = 0; round < 4; round += 1) {
      expect(idsOf(await collect(engine.generate(request())))).toEqual(ids);
    }
    expect(fake.requests).toHaveLength(4);
  });

  it("asks again about a server that was not there at first", async () => {
    let asked = 0;
    const engine = createLazyEngine("later", async () => {
      if (++asked === 1) throw new EngineError("unavailable", "nobody there");
      return createEngine("echo");
    });
    expect(await engine.health()).toEqual({ ok: false, detail: "nobody there" });
    expect((await engine.info()).model).toBe("echo");
    expect(await engine.health()).toEqual({ ok: true });
    expect(asked).toBe(2);
  });

  it("gives up on a server that falls silent", async () => {
    const fake = await startFake("vllm", { script: { ids }, pace: 1000 });
    const engine = createEngine({ kind: "vllm", url: fake.url, timeouts: { idle: 100 } });
    open.push(engine, fake);
    expect(finishOf(await collect(engine.generate(request())))).toMatchObject({
      reason: "error",
      error: { code: "timeout" },
    });
  });
});
