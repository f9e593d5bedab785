// Engines behind gRPC: one suite over all five dialects, each against a strict server of its own.

import { status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { readZip } from "../../../src/engines/grpc/zip.ts";
import {
  createEngine,
  type Engine,
  type GenerateEvent,
  type GenerateRequest,
} from "../../../src/engines/index.ts";
import { collect, finishOf, idsOf } from "../collect.ts";
import { type GrpcFake, type GrpcFakeOptions, type GrpcName, startGrpcFake } from "./grpc-fake.ts";
import { zipOf } from "./zip-of.ts";

const names = ["vllm", "sglang", "tokenspeed", "trtllm", "mlx"] as const;
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((entry) => entry.close()));
});

async function start(
  name: GrpcName,
  options: Partial<GrpcFakeOptions> = {},
  more: object = {},
): Promise<{ fake: GrpcFake; engine: Engine }> {
  const fake = await startGrpcFake(name, { ids, ...options });
  const engine = createEngine({ kind: `grpc-${name}`, url: fake.url, timeouts: { idle: 2000 }, ...more });
  open.push(engine, fake);
  return { fake, engine };
}

const ids = [11, 12, 13, 14, 99];
const request = (rest: Partial<GenerateRequest> = {}): GenerateRequest => ({
  requestId: "r",
  prompt: { tokenIds: Uint32Array.of(1, 2, 3) },
  sampling: { maxTokens: 16 },
  stop: { tokenIds: [99] },
  ...rest,
});

const sent = (fake: GrpcFake) => fake.requests.filter(({ method }) => method === "Generate");

describe.each(names)("grpc-%s", (name) => {
  it("delivers every id once, however the server counts and whatever its last message repeats", async () => {
    for (const options of [{}, { chunk: 2 }, { chunk: 99 }, { whole: true }, { trims: true }]) {
      const { engine, fake } = await start(name, options);
      const events = await collect(engine.generate(request()));
      expect([options, idsOf(events)]).toEqual([options, ids]);
      expect(finishOf(events)).toMatchObject({
        reason: "stop",
        matched: 99,
        usage: { promptTokens: 3, completionTokens: 5, cachedTokens: 2 },
      });
      expect([options, fake.aborts, fake.cancelled()]).toEqual([options, [], 0]);
    }
  });

  it("names the model's own end, which the server does not", async () => {
    const { engine } = await start(name, { unnamedEnd: 14, eos: [14] });
    await engine.info();
    const events = await collect(engine.generate(request()));
    expect(finishOf(events)).toMatchObject({ reason: "stop", matched: 14 });
  });

  it("finishes by length", async () => {
    const { engine } = await start(name);
    const events = await collect(engine.generate(request({ sampling: { maxTokens: 2 } })));
    expect(idsOf(events)).toEqual([11, 12]);
    expect(finishOf(events)).toMatchObject({ reason: "length", usage: { completionTokens: 2 } });
    expect(finishOf(events)).not.toHaveProperty("matched");
  });

  it("gives log-probabilities with alternatives, or none but the chosen", async () => {
    const { engine } = await start(name, { chunk: 2 });
    const top = [
      { id: 11, logprob: -0.5 },
      { id: 12, logprob: -1 },
    ];
    const first = (await collect(engine.generate(request({ logprobs: { top: 2 } })))).find(
      ({ type }) => type === "delta",
    );
    expect(first).toMatchObject({ logprobs: [{ id: 11, logprob: -0.5, top }, { id: 12 }] });
    const bare = (await collect(engine.generate(request({ logprobs: { top: 0 } })))).find(
      ({ type }) => type === "delta",
    );
    expect(bare).toMatchObject({
      logprobs: [
        { id: 11, logprob: -0.5 },
        { id: 12, logprob: -0.5 },
      ],
    });
  });

  it("sends every value, a greedy zero among them, and biases by id", async () => {
    const { engine, fake } = await start(name);
    const sampling = {
      maxTokens: 3,
      temperature: 0,
      topK: 5,
      logitBias: new Map([[7, -100]]),
      ignoreEos: true,
    };
    await collect(engine.generate(request({ sampling })));
    const text = JSON.stringify(sent(fake)[0]?.body);
    expect(text).toContain('"temperature":0');
    expect(text).toContain('"top_k":5');
    expect(text).toContain('"ignore_eos":true');
    if (name === "trtllm") {
      const bias = sent(fake)[0]?.body["embedding_bias"] as number[];
      expect([bias.length, bias[6], bias[7]]).toEqual([1000, 0, -100]);
    } else expect(text).toContain('"logit_bias":{"7":-100}');
  });

  it("spells 'no top-k' as the engine does", async () => {
    const { engine, fake } = await start(name);
    await collect(engine.generate(request()));
    const text = JSON.stringify(sent(fake)[0]?.body);
    expect(text).toContain(`"top_k":${name === "sglang" || name === "tokenspeed" ? -1 : 0}`);
  });

  it("cancels the call and names it in an abort when the consumer leaves or aborts", async () => {
    for (const how of ["break", "abort"]) {
      const many = Array.from({ length: 400 }, (_, index) => index + 1);
      const { engine, fake } = await start(name, { ids: many, pace: 2 });
      const controller = new AbortController();
      const seen: GenerateEvent[] = [];
      const events = engine.generate(request({ sampling: { maxTokens: 400 }, stop: {} }), controller.signal);
      for await (const event of events) {
        seen.push(event);
        if (seen.length === 6 && how === "break") break;
        if (seen.length === 6) controller.abort();
      }
      if (how === "abort") expect(seen.at(-1)).toMatchObject({ type: "finish", reason: "abort" });
      await expect.poll(() => [fake.cancelled(), fake.aborts]).toEqual([1, ["r"]]);
    }
  });

  it("retries before the first token what may pass, and reports the rest", async () => {
    const busy = { code: status.UNAVAILABLE, details: "busy" };
    const retried = await start(name, {
      failures: [busy, { code: status.RESOURCE_EXHAUSTED, details: "full" }],
    });
    expect(idsOf(await collect(retried.engine.generate(request())))).toEqual(ids);
    expect(sent(retried.fake)).toHaveLength(3);
    for (const [code, expected] of [
      [status.INVALID_ARGUMENT, { code: "invalid_request", status: 400 }],
      [status.UNAUTHENTICATED, { code: "invalid_request", status: 401 }],
      [status.UNIMPLEMENTED, { code: "unsupported" }],
    ] as const) {
      const { engine, fake } = await start(name, { failures: [{ code, details: "bad org-abc123" }] });
      const error = await collect(engine.generate(request())).catch((cause: unknown) => cause);
      expect(error).toMatchObject({ ...expected, message: `grpc-${name}: bad …` });
      expect(sent(fake)).toHaveLength(1);
    }
    const broken = await start(name, {
      failures: Array.from({ length: 5 }, () => ({ code: status.INTERNAL, details: "a bug" })),
    });
    await expect(collect(broken.engine.generate(request()))).rejects.toMatchObject({ code: "internal" });
    expect(sent(broken.fake)).toHaveLength(2);
  });

  it("reports a status in mid-stream as a finish, and a silent server", async () => {
    const { engine } = await start(name, { failAfter: { ids: 2, code: status.INTERNAL } });
    const events = await collect(engine.generate(request()));
    expect(idsOf(events)).toEqual([11, 12]);
    expect(finishOf(events)).toMatchObject({ reason: "error", error: { code: "internal" } });
    const slow = await start(name, { pace: 300 }, { timeouts: { idle: 50 } });
    const quiet = await collect(slow.engine.generate(request()));
    expect(finishOf(quiet)).toMatchObject({ reason: "error", error: { code: "timeout" } });
    await expect.poll(() => [slow.fake.cancelled(), slow.fake.aborts]).toEqual([1, ["r"]]);
  });

  it("gives three choices their own request, index and finish", async () => {
    const { engine, fake } = await start(name);
    const events = await collect(engine.generate(request({ n: 3 })));
    for (const index of [0, 1, 2])
      expect([idsOf(events, index), finishOf(events, index)?.type]).toEqual([ids, "finish"]);
    const asked = sent(fake).map(({ body }) => body["request_id"]);
    expect(asked.sort()).toEqual(["r-0", "r-1", "r-2"]);
  });

  it("loses nothing to a slow consumer", async () => {
    const many = Array.from({ length: 600 }, (_, index) => index + 1);
    const { engine } = await start(name, { ids: many });
    const events: GenerateEvent[] = [];
    for await (const event of engine.generate(request({ sampling: { maxTokens: 600 }, stop: {} }))) {
      events.push(event);
      if (events.length === 3) await new Promise((done) => setTimeout(done, 100));
    }
    expect(idsOf(events)).toEqual(many);
  });

  it("refuses a prompt that is too long with context_length", async () => {
    const { engine } = await start(name);
    const prompt = { tokenIds: new Uint32Array(5000) };
    await expect(collect(engine.generate(request({ prompt })))).rejects.toMatchObject({
      code: "context_length",
    });
  });

  it("describes its model, is found at its address, and says when it is not well", async () => {
    const { engine, fake } = await start(name, { eos: [99] });
    expect(await engine.info()).toMatchObject({ model: "m", maxContext: 4096, vocabSize: 1000 });
    if (name !== "trtllm") expect(await engine.info()).toMatchObject({ eosTokenIds: [99], bosTokenId: 3 });
    if (name !== "trtllm" && name !== "mlx") {
      expect((await engine.info()).defaultSampling).toEqual({ temperature: 0.6, topK: 20 });
      expect(await engine.load?.()).toMatchObject({ running: 4, waiting: 2, usedTokens: 60, kvUsage: 0.5 });
    }
    expect(await engine.health()).toMatchObject({ ok: true });
    const found = createEngine(fake.url);
    open.push(found);
    expect((await found.info()).engine).toBe(`grpc-${name}`);
    expect(idsOf(await collect(found.generate(request())))).toEqual(ids);
    const ill = await start(name, { healthy: false });
    expect(await ill.engine.health()).toMatchObject({ ok: false, detail: expect.stringMatching(/./) });
    await ill.fake.close();
    expect(await ill.engine.health()).toMatchObject({ ok: false });
  });

  it("refuses what the engine cannot do before anything is sent", async () => {
    const { engine, fake } = await start(name);
    for (const part of [
      { sampling: { maxTokens: 2, allowedTokenIds: [1] } },
      { constraint: { kind: "regex", pattern: "(?=a)b" } },
      ...(name === "mlx" ? [{ sampling: { maxTokens: 2, minTokens: 1 } }] : []),
    ] as const) {
      await expect(collect(engine.generate(request(part as never)))).rejects.toMatchObject({
        code: "unsupported",
      });
    }
    expect(sent(fake)).toEqual([]);
  });
});

describe("constraints over gRPC", () => {
  const schema = { type: "object" };
  const cases = [
    ["vllm", { kind: "choice", choices: ["a", "b"] }, { choice: { choices: ["a", "b"] } }],
    ["vllm", { kind: "json_schema", schema }, { json_schema: '{"type":"object"}' }],
    ["sglang", { kind: "json_object" }, { json_schema: '{"type":"object"}' }],
    ["sglang", { kind: "grammar", syntax: "ebnf", source: "x" }, { ebnf_grammar: "x" }],
    ["vllm", { kind: "regex", pattern: "a+" }, { grammar: 'root ::= "a"+' }],
    ["sglang", { kind: "choice", choices: ["a", "b"] }, { ebnf_grammar: 'root ::= "a" | "b"' }],
    [
      "tokenspeed",
      { kind: "grammar", syntax: "lark", source: 'start: "a"' },
      { ebnf_grammar: 'root ::= "a"' },
    ],
    ["tokenspeed", { kind: "structural_tag", tag: { a: 1 } }, { structural_tag: '{"a":1}' }],
  ] as const;
  it.each(cases)("%s: %o", async (name, constraint, expected) => {
    const { engine, fake } = await start(name);
    await collect(engine.generate(request({ constraint })));
    expect(sent(fake)[0]?.body["sampling_params"]).toMatchObject(expected);
  });

  it("trtllm: by number of the kind", async () => {
    const { engine, fake } = await start("trtllm");
    await collect(engine.generate(request({ constraint: { kind: "json_object" } })));
    await collect(engine.generate(request({ constraint: { kind: "regex", pattern: "a+" } })));
    expect(sent(fake).map(({ body }) => body["guided_decoding"])).toEqual([
      { guide_type: 1 },
      { guide_type: 4, guide: 'root ::= "a"+' },
    ]);
  });
});

describe("what only one dialect does", () => {
  it("tokenspeed: says which flag is missing when log-probabilities silently do not come", async () => {
    const { engine } = await start("tokenspeed", { noLogprobs: true });
    const events = await collect(engine.generate(request({ logprobs: { top: 1 } })));
    expect(finishOf(events)).toMatchObject({
      reason: "error",
      error: { code: "unsupported", message: expect.stringContaining("--enable-output-logprobs") },
    });
  });

  it("vllm and mlx: a seed fits into 32 bits and stays set; trtllm: into 64", async () => {
    for (const [name, field, expected] of [
      ["vllm", "sampling_params", 5],
      ["mlx", "sampling_params", 5],
      ["trtllm", "sampling_config", 2 ** 32 + 5],
    ] as const) {
      const { engine, fake } = await start(name);
      await collect(engine.generate(request({ sampling: { maxTokens: 2, seed: 2 ** 32 + 5 } })));
      expect(sent(fake)[0]?.body[field]).toMatchObject({ seed: expected });
    }
  });

  it("vllm: transfer parameters travel both ways, uninterpreted", async () => {
    const { engine, fake } = await start("vllm");
    const events = await collect(engine.generate(request({ opaque: { kv_transfer_params: { remote: 3 } } })));
    expect(sent(fake)[0]?.body["kv_transfer_params_json"]).toBe('{"remote":3}');
    expect(finishOf(events)).toMatchObject({ opaque: { kv_transfer_params: { block: 1 } } });
  });

  it("trtllm: a salt becomes a number, equal for equal salts", async () => {
    const { engine, fake } = await start("trtllm");
    for (const cacheSalt of ["a", "a", "b"]) await collect(engine.generate(request({ cacheSalt })));
    const [first, second, third] = sent(fake).map(({ body }) => body["cache_salt_id"]);
    expect([first === second, first === third]).toEqual([true, false]);
  });

  it("sglang: what the server makes up about its model is left out", async () => {
    const model = { max_context_length: 8192, max_req_input_len: 506, vocab_size: 128_256, bos_token_id: 1 };
    const unknown = await (await start("sglang", { model })).engine.info();
    expect(unknown).toMatchObject({ maxContext: 512 });
    expect(unknown).not.toHaveProperty("vocabSize");
    expect(unknown).not.toHaveProperty("bosTokenId");
    const known = await (await start("sglang", { model, eos: [99] })).engine.info();
    expect(known).toMatchObject({ maxContext: 512, vocabSize: 128_256, bosTokenId: 1 });
  });

  it("sglang: an end that it has no word for is an error that names it", async () => {
    const { engine } = await start("sglang", { finishReason: "retracted" });
    expect(finishOf(await collect(engine.generate(request({ stop: {} }))))).toMatchObject({
      reason: "error",
      error: { message: expect.stringContaining("retracted") },
    });
  });

  it("embeds, and tells what the cache holds", async () => {
    for (const name of ["vllm", "sglang", "trtllm"] as const) {
      const { engine } = await start(name);
      const inputs = [Uint32Array.of(1, 2), Uint32Array.of(3, 4)];
      const { vectors, usage } = (await engine.embed?.({ requestId: "e", inputs })) ?? {};
      expect([vectors?.map((vector) => [...vector]), usage?.promptTokens]).toEqual([
        [
          [0.5, -0.25],
          [0.5, -0.25],
        ],
        4,
      ]);
      const batches: unknown[] = [];
      for await (const batch of engine.kvEvents?.() ?? []) batches.push(batch);
      expect(batches).toMatchObject([
        { sequence_number: 7n, events: [{ stored: { blocks: [{ block_hash: -5n, token_ids: [1, 2] }] } }] },
      ]);
    }
  });

  it("sends keys and headers as metadata, those of the request too", async () => {
    const { engine, fake } = await start("vllm", {}, { apiKey: "secret", headers: { "x-team": "a" } });
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await collect(engine.generate(request({ headers: { traceparent } })));
    expect(sent(fake)[0]?.metadata).toMatchObject({
      authorization: "Bearer secret",
      "x-team": "a",
      traceparent,
    });
  });

  it("says what is wrong with an address", async () => {
    expect(() => createEngine("grpc-vllm:http://[")).toThrow(/expected grpc:/);
    expect(() => createEngine("grpc-vllm")).toThrow(/needs the address/);
    const nobody = createEngine({ kind: "grpc", url: "grpc://127.0.0.1:9", retries: 0 });
    open.push(nobody);
    expect(await nobody.health()).toMatchObject({ ok: false });
    await expect(collect(nobody.generate(request()))).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("tokenizer files from an engine", () => {
  const fetch = async (tokenizer: readonly Record<string, unknown>[], more: object = {}) => {
    const { engine } = await start("vllm", { tokenizer, ...more });
    return engine.tokenizerArtifacts?.();
  };
  const files = { "tokenizer.json": "{}", "chat_template.jinja": "hi", "evil.sh": "no" };
  const archive = zipOf(files);

  it("arrive in chunks, are checked, and keep to the names that a tokenizer has", async () => {
    const cut = archive.bytes.length >> 1;
    const found = await fetch([
      { data: archive.bytes.subarray(0, cut) },
      { data: archive.bytes.subarray(cut), sha256: archive.sha256 },
    ]);
    expect([...(found?.files ?? [])].map(([name, bytes]) => [name, Buffer.from(bytes).toString()])).toEqual([
      ["tokenizer.json", "{}"],
      ["chat_template.jinja", "hi"],
    ]);
  });

  it("are refused without a checksum, with a wrong one, and from outside the archive", async () => {
    await expect(fetch([{ data: archive.bytes }])).rejects.toThrow(/without its checksum/);
    await expect(fetch([{ data: archive.bytes, sha256: "00" }])).rejects.toThrow(/checksum is wrong/);
    for (const name of ["../tokenizer.json", "/etc/tokenizer.json", "C:\\tokenizer.json", "a/../../x"]) {
      const { bytes, sha256 } = zipOf({ [name]: "{}" });
      await expect(fetch([{ data: bytes, sha256 }])).rejects.toThrow(/outside of it/);
    }
  });

  it("are refused when they unpack to more than they may, or are too many", async () => {
    const bomb = zipOf({ "a.model": Buffer.alloc(60_000), "b.model": Buffer.alloc(60_000) });
    expect(readZip(bomb.bytes, { entries: 2, unpacked: 120_000 }).size).toBe(2);
    expect(() => readZip(bomb.bytes, { entries: 2, unpacked: 119_999 })).toThrow(
      "b.model: the archive is too large",
    );
    const many = zipOf(Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`${index}.model`, ""])));
    await expect(fetch([{ data: many.bytes, sha256: many.sha256 }])).rejects.toThrow(/51 entries/);
  });

  it("say so when the server has none", async () => {
    await expect(fetch([], { tokenizerFailure: status.FAILED_PRECONDITION })).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("without a tokenizer path"),
    });
  });
});
