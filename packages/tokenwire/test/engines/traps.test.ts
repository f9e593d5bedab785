// The traps that engines are known to set, one test for each. What a trap needs in depth is tested beside its adapter;
// here is the list, and that each of them is still avoided.

import { readFileSync } from "node:fs";
import { loadHarmonyEncoding } from "@tokenwire/core/harmony";
import { getEncoding } from "@tokenwire/encodings";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { loadLlamaModel } from "../../src/engines/embedded/model.ts";
import { readZip } from "../../src/engines/grpc/zip.ts";
import {
  createBalancedEngine,
  createEngine,
  createScriptedEngine,
  type Engine,
  EngineError,
  type EngineOptions,
  type GenerateEvent,
  type GenerateRequest,
  packagedModel,
  prefixBlocks,
} from "../../src/engines/index.ts";
import { readFacts } from "../../src/engines/llamacpp/metadata.ts";
import { type Server, serve } from "../../src/index.ts";
import { randomModel } from "./embedded/random-model.ts";
import { behaviours, type GrpcName, startGrpcFake } from "./grpc/grpc-fake.ts";
import { zipOf } from "./grpc/zip-of.ts";
import { type FakeOptions, startFake } from "./remote/fakes.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((entry) => entry.close()));
});

const ids = [11, 12, 13, 14, 99];
const kinds = {
  vllm: "vllm",
  completions: "vllm-completions",
  sglang: "sglang",
  "llama-server": "llama-server",
};
type Kind = keyof typeof kinds;

async function start(kind: Kind, options: Partial<FakeOptions> = {}, more: Partial<EngineOptions> = {}) {
  const fake = await startFake(kind, { script: { ids }, ...options });
  const engine = createEngine({ kind: kinds[kind], url: fake.url, ...more });
  open.push(engine, fake);
  return { fake, engine };
}

async function answer(engine: Engine, rest: Partial<GenerateRequest> = {}) {
  const events: GenerateEvent[] = [];
  const request = {
    requestId: "r",
    prompt: { tokenIds: Uint32Array.of(1, 2, 3) },
    sampling: { maxTokens: 16 },
    stop: { tokenIds: [99] },
    ...rest,
  };
  for await (const event of engine.generate(request)) events.push(event);
  const finish = events.find((event) => event.type === "finish");
  return {
    events,
    ids: events.flatMap((event) => (event.type === "delta" ? event.tokenIds : [])),
    finish: finish as Extract<GenerateEvent, { type: "finish" }>,
  };
}

describe("known traps of engines", () => {
  it("1: llama-server swallows ids inside a character, holds text back at stop strings, takes 0 as 1", async () => {
    const bytes = [[0x61], [0xc3], [0xa9], []];
    const decodeBytes = (some: ArrayLike<number>) =>
      Uint8Array.from(Array.from(some).flatMap((id) => bytes[id] ?? []));
    const script = { ids: [0, 1, 2, 3], bytes };
    const more = { tokenizer: { decodeBytes } };
    const { engine, fake } = await start("llama-server", { script }, more);
    const { ids: found } = await answer(engine, { stop: { tokenIds: [3], strings: ["x"] } });
    expect(found).toEqual([0, 1, 2, 3]);
    expect(fake.requests[0]).not.toHaveProperty("stop");
    await expect(answer(engine, { sampling: { maxTokens: 0 } })).rejects.toThrow(/at least 1/);
  });

  it("2: llama-server's stream has pings, no end marker and no ids in its last event", async () => {
    const { engine, fake } = await start("llama-server", { comments: true, noDone: true });
    expect((await answer(engine)).ids).toEqual(ids);
    expect(fake.requests[0]?.["path"]).toBe("/completion");
  });

  it("3: SGLang repeats all ids, ends an abort with one of them, fails inside the stream, checks health slowly", async () => {
    for (const cumulative of [true, false]) {
      expect((await answer((await start("sglang", { cumulative })).engine)).ids).toEqual(ids);
      const cut = await answer((await start("sglang", { cumulative, abortAfter: 3 })).engine);
      expect([cut.ids, cut.finish.reason]).toEqual([[11, 12, 13], "abort"]);
    }
    const broken = await answer((await start("sglang", { errorAfter: 2 })).engine);
    expect([broken.ids, broken.finish.reason]).toEqual([[11, 12], "error"]);
  });

  it("4: string stops reach no engine of ids", async () => {
    for (const kind of Object.keys(kinds) as Kind[]) {
      const { engine, fake } = await start(kind);
      await answer(engine, { stop: { tokenIds: [99], strings: ["one two three"] } });
      expect(JSON.stringify(fake.requests)).not.toContain("one two three");
    }
  });

  it("5: an id that ended the answer and was trimmed is put back", async () => {
    const { ids: found, finish } = await answer((await start("sglang", { trims: true })).engine);
    expect([found, finish.matched, finish.usage?.completionTokens]).toEqual([ids, 99, 5]);
  });

  it("6: what ends an answer is the model's and ours to say, and never <|end|>", () => {
    const tokens = ["<|end|>", "<|return|>", "<|call|>"];
    expect(
      readFacts({ tokenizer: { ggml: { tokens, eos_token_id: 1, eot_token_id: 0 } } }).eosTokenIds,
    ).toEqual([1]);
    const encoding = getEncoding("o200k_harmony");
    const stops = [...loadHarmonyEncoding(encoding).stopTokensForAssistantActions()];
    expect(stops).not.toContain(encoding.specialTokens.get("<|end|>"));
  });

  it("7: no default of an engine is relied on; top-k is off as 0 or as −1", async () => {
    for (const kind of Object.keys(kinds) as Kind[]) {
      // The server refuses a request that leaves one of them out.
      const { engine, fake } = await start(kind);
      expect((await answer(engine)).ids).toEqual(ids);
      expect(JSON.stringify(fake.requests)).toContain(`"top_k":${kind === "sglang" ? -1 : 0}`);
    }
  });

  it("8: over gRPC counters are deltas or totals, the last message repeats some, all or no ids, zeros are taken literally", async () => {
    const found = await Promise.all(
      (Object.keys(behaviours) as GrpcName[]).map(async (name) => {
        const fake = await startGrpcFake(name, { ids, chunk: 2 });
        const engine = createEngine({ kind: `grpc-${name}`, url: fake.url });
        open.push(engine, fake);
        return (await answer(engine)).ids;
      }),
    );
    expect(found).toEqual(Array.from({ length: 5 }, () => ids));
  });

  it("9: vLLM loses a finish without ids, gives worthless alternatives, may answer without a stream", async () => {
    const lost = await answer((await start("vllm", { dropFinish: true })).engine);
    expect(lost.finish).toMatchObject({ reason: "stop", matched: 99 });
    const old = await answer((await start("vllm", { oldLogprobs: true })).engine, { logprobs: { top: 2 } });
    expect(JSON.stringify(old.events)).not.toContain('"top"');
    expect((await answer((await start("vllm", { plainJson: true })).engine)).ids).toEqual(ids);
    // The model's own end, in a frame of its own and without a name.
    const own = await answer((await start("vllm", { script: { ids: [7, 8], ownEnd: true } })).engine, {
      stop: {},
    });
    expect(own.finish).toMatchObject({ reason: "stop", matched: 8 });
  });

  it("10 and 11: llama.cpp in process gets fewer threads than the machine has, and only raw logits are taken", () => {
    const source = readFileSync(new URL("../../src/engines/llamacpp/engine.ts", import.meta.url), "utf8");
    expect(source).toMatch(/availableParallelism\(\) - 1/);
    const choice = readFileSync(new URL("../../src/engines/llamacpp/choice.ts", import.meta.url), "utf8");
    expect(choice).not.toMatch(/probabilities:|tokenBias|repeatPenalty/);
  });

  it("12: keywords that xgrammar ignores and patterns that kill it are refused", async () => {
    const engine = createEngine({ kind: "embedded", tokenizer: getEncoding("o200k_harmony") });
    open.push(engine);
    if ((await engine.info()).capabilities.constraints.length === 0) return;
    for (const schema of [
      { type: "integer", multipleOf: 2 },
      { type: "string", pattern: "(?=a)b" },
    ]) {
      const constraint = { kind: "json_schema", schema, strict: true } as const;
      await expect(
        answer(engine, { constraint, prompt: { tokenIds: Uint32Array.of(200006) } }),
      ).rejects.toMatchObject({
        code: "unsupported",
      });
    }
  });

  it("13: a model file may tie its output to its embedding", () => {
    const tied = loadLlamaModel(randomModel({}));
    expect(tied.output).toBe(tied.embedding);
    expect(loadLlamaModel(readFileSync(packagedModel)).shape.vocabulary).toBe(1280);
  });

  it("14: text is handed on as text: it is not cut into ids again while it comes", async () => {
    const fake = await startFake("openai", { script: { ids: [], pieces: ["hel", "lo"] } });
    const engine = createEngine({ kind: "openai", url: fake.url });
    open.push(engine, fake);
    const { events } = await answer(engine, { prompt: { text: "p" }, stop: {} });
    expect(events.flatMap((event) => (event.type === "text" ? [event.text] : []))).toEqual(["hel", "lo"]);
    expect(events.some(({ type }) => type === "delta")).toBe(false);
  });

  it("15: a field that an engine does not have is never sent", async () => {
    const everything = {
      maxTokens: 4,
      minTokens: 1,
      temperature: 0.5,
      topP: 0.9,
      topK: 3,
      minP: 0.1,
      frequencyPenalty: 0.1,
      presencePenalty: 0.1,
      repetitionPenalty: 1.1,
      seed: 1,
      ignoreEos: true,
      logitBias: new Map([[5, 1]]),
    };
    for (const kind of ["vllm", "completions", "sglang"] as const) {
      const { engine } = await start(kind);
      expect((await answer(engine, { sampling: everything, logprobs: { top: 1 } })).ids).toHaveLength(4);
    }
  });

  describe("at the render tier", () => {
    let server: Server;
    beforeAll(async () => {
      server = await serve(createEngine("render-only"), { port: 0 });
    });
    afterAll(() => server.close());
    const post = async (path: string, body: object) => {
      const headers = { "content-type": "application/json" };
      const response = await fetch(server.url + path, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as never };
    };
    const model = "render-only";

    it("16: a chat renders to an object and completions to an array; an image is refused and harms nothing", async () => {
      const messages = [{ role: "user", content: "Hi" }];
      const chat = await post("/v1/chat/completions/render", { model, messages });
      expect(chat.body).toMatchObject({ token_ids: expect.any(Array), features: null });
      const completions = await post("/v1/completions/render", { model, prompt: "Hi" });
      expect(completions.body).toMatchObject([{ token_ids: expect.any(Array) }]);
      expect(completions.body).toHaveLength(1);
      const url =
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
      const image = [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }];
      expect((await post("/v1/chat/completions/render", { model, messages: image })).status).toBe(400);
      expect((await post("/v1/chat/completions/render", { model, messages })).status).toBe(200);
    });

    it("17: what is derendered is bounded before it is believed", async () => {
      const choice = { index: 0, finish_reason: "stop" };
      for (const token_ids of [[], [999_999], new Array(200_000).fill(1)]) {
        const generate_response = { choices: [{ ...choice, token_ids }] };
        expect((await post("/v1/chat/completions/derender", { model, generate_response })).status).toBe(400);
      }
    });
  });

  it("18: vLLM's prefix hashes depend on the seed that its hosts share", () => {
    const block = Array.from({ length: 16 }, (_, at) => (at * 7919) % 200_000);
    expect(prefixBlocks(block, { mode: "vllm" })).toEqual([7077121884124387506n]);
    expect(prefixBlocks(block, { mode: "vllm", seed: 1 })).not.toEqual(prefixBlocks(block, { mode: "vllm" }));
  });

  it("19: a long prefill is waited for: silence counts from the first byte on", async () => {
    const { engine } = await start("vllm", { prefill: 300 }, { timeouts: { idle: 100 } });
    expect((await answer(engine)).ids).toEqual(ids);
    const impatient = await start("vllm", { prefill: 300 }, { timeouts: { headers: 50 }, retries: 0 });
    await expect(answer(impatient.engine)).rejects.toMatchObject({ code: "timeout" });
  });

  it("20: another attempt is made before the first token only; one abort, and none after an end", async () => {
    const failing = () =>
      createScriptedEngine({
        scripts: [
          {
            steps: [
              { failAfter: 2, error: new EngineError("internal", "broken", { retryable: true }) },
              { tokens: ids },
            ],
          },
        ],
      });
    const engines = [failing(), failing()];
    const balanced = createBalancedEngine({ engines, probeInterval: 0 });
    expect((await answer(balanced)).finish.reason).toBe("error");
    expect(engines.reduce((sum, { calls }) => sum + calls.length, 0)).toBe(1);
    const { engine, fake } = await start("sglang", { pace: 2, script: { ids: new Array(300).fill(7) } });
    for await (const event of engine.generate({
      requestId: "left",
      prompt: { tokenIds: Uint32Array.of(1, 2, 3) },
      sampling: { maxTokens: 300 },
    })) {
      if (event.type === "delta") break;
    }
    await answer((await start("sglang")).engine);
    await expect.poll(() => fake.aborts).toEqual([expect.stringMatching(/^left-/)]);
  });

  it("21: the packaged model has room for a prompt with real tools", async () => {
    expect((await createEngine("embedded").info()).maxContext).toBeGreaterThanOrEqual(1024);
  });

  it("22: an archive from an engine stays inside itself and within its limits", () => {
    const limits = { entries: 2, unpacked: 100 };
    expect(() => readZip(zipOf({ "../a": "x" }).bytes, limits)).toThrow(/outside/);
    expect(() => readZip(zipOf({ a: Buffer.alloc(101) }).bytes, limits)).toThrow(/too large/);
    expect(() => readZip(zipOf({ a: "", b: "", c: "" }).bytes, limits)).toThrow(/3 entries/);
    expect(() => readZip(Buffer.from("nothing of the kind, but long enough"), limits)).toThrow(/no zip/);
  });
});
