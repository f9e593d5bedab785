// Our clients against our server: every format, compression and way of cutting gives the IDs and the text of the
// server-sent events of the same seeded request, and the first token can be read after the first flush.

import { connect } from "node:net";
import { constants, createBrotliDecompress, createGunzip } from "node:zlib";
import {
  BPETokenizer,
  CodecVersionRequiredError,
  type DecodedFrame,
  Detokenizer,
  decodeStream,
  decodeTokenwireStream,
  discoverIndex,
  discoverMap,
  discoverSafetyPolicy,
  discoverVersionPolicy,
  encodeCodecRequest,
  FrameDecoder,
  MemoryMapCache,
  mapFromEncoding,
  parseVersionRequired,
  type StreamFormat,
  type TokenizerMap,
  type TokenwireEvent,
} from "@tokenwire/core/codec";
import { getEncoding } from "@tokenwire/encodings";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {
  Engine,
  EngineInfo,
  GenerateEvent,
  GenerateRequest,
} from "../../packages/tokenwire/src/engines/index.ts";
import { createHarmonyProfile } from "../../packages/tokenwire/src/profiles/index.ts";
import type { ModelProfile } from "../../packages/tokenwire/src/protocol/index.ts";
import { type CodecOptions, createServer, type Server } from "../../packages/tokenwire/src/server/index.ts";

const encoding = getEncoding("cl100k_base");
const words = [
  " the",
  " quick",
  "日本",
  "語",
  " naïve",
  " 👩‍👩‍👧",
  "\n",
  " fox",
  " jumps",
  ".",
  " e\u0301",
  " 12",
];

interface EngineSettings {
  /** IDs per event. */
  readonly chunk?: number;
  /** Milliseconds between events. */
  readonly delayMs?: number;
  readonly output?: "tokens" | "text";
  readonly failAfter?: number;
  readonly say?: readonly number[];
}

/** Continues with words drawn by the request's seed. */
class SeededEngine implements Engine {
  readonly id = "seeded";
  readonly #settings: EngineSettings;

  constructor(settings: EngineSettings) {
    this.#settings = settings;
  }

  async info(): Promise<EngineInfo> {
    return {
      engine: "seeded",
      model: "seeded-model",
      servedNames: ["seeded-model"],
      maxContext: 100_000,
      eosTokenIds: [100_257],
      capabilities: {
        input: "tokens",
        output: this.#settings.output ?? "tokens",
        streaming: true,
        cancel: "signal",
        logprobs: { maxTop: 20, prompt: false },
        constraints: [],
        logitsAccess: false,
        seed: true,
        n: false,
        logitBias: false,
        stopTokenIds: true,
        stopStrings: false,
        embeddings: false,
        prefixCache: false,
        kvEvents: false,
      },
    };
  }

  async health(): Promise<{ ok: boolean }> {
    return { ok: true };
  }

  async close(): Promise<void> {}

  async *generate(request: GenerateRequest): AsyncGenerator<GenerateEvent> {
    const { chunk = 1, delayMs = 0, output = "tokens", failAfter, say } = this.#settings;
    const ids = say ? [...say] : this.#draw(request);
    yield { type: "start" };
    for (let at = 0; at < ids.length; at += chunk) {
      if (failAfter !== undefined && at >= failAfter) throw new Error("the engine broke");
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      const tokenIds = ids.slice(at, at + chunk);
      if (output === "text") yield { type: "text", index: 0, text: encoding.decode(tokenIds) };
      else {
        const logprobs = tokenIds.map((id) => ({ id, logprob: -0.5, top: [{ id, logprob: -0.5 }] }));
        yield { type: "delta", index: 0, tokenIds, ...(request.logprobs && { logprobs }) };
      }
    }
    const last = ids.at(-1)!;
    const ended = last === 100_257 || request.stop?.tokenIds?.includes(last) === true;
    yield { type: "finish", index: 0, reason: ended ? "stop" : "length", ...(ended && { matched: last }) };
  }

  #draw({ sampling }: GenerateRequest): number[] {
    let state = ((sampling.seed ?? 1) * 2_654_435_761) >>> 0 || 1;
    let text = "";
    for (let count = 0; count < 40; count++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      text += words[state % words.length];
    }
    const ids = [...encoding.encodeOrdinary(text)].slice(0, sampling.maxTokens);
    return ids.length < sampling.maxTokens ? [...ids, 100_257] : ids;
  }
}

const profile: ModelProfile = {
  id: "seeded-model",
  tokenizer: encoding,
  format: { kind: "plain" },
  stopTokenIds: [100_257],
  contextLength: 100_000,
};

const servers: Server[] = [];
let map: TokenizerMap;

async function start(settings: EngineSettings = {}, codec: CodecOptions = {}): Promise<string> {
  const server = await createServer({
    port: 0,
    models: [{ engine: new SeededEngine(settings), profile }],
    codec: { maps: { "seeded-model": map }, ...codec },
  });
  servers.push(server);
  return await server.listen();
}

beforeAll(() => {
  map = mapFromEncoding(encoding, { id: "openai/cl100k_base" });
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
});

function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", "accept-encoding": "identity", ...headers },
    body: JSON.stringify({ model: "seeded-model", prompt: "Once", max_tokens: 120, seed: 7, ...body }),
  });
}

/** IDs and text of the server-sent events. */
async function fromEvents(url: string, body: object = {}): Promise<{ text: string; ids: number[] }> {
  const response = await post(url, { stream: true, return_token_ids: true, ...body });
  let text = "";
  const ids: number[] = [];
  for (const line of (await response.text()).split("\n")) {
    if (!line.startsWith("data: {")) continue;
    const event = JSON.parse(line.slice(6)) as { choices: { text: string; token_ids?: number[] }[] };
    for (const choice of event.choices) {
      text += choice.text;
      ids.push(...(choice.token_ids ?? []));
    }
  }
  return { text, ids };
}

async function fromFrames(
  response: Response,
  format: StreamFormat,
): Promise<{ text: string; ids: number[]; reason: string | undefined }> {
  const detokenizer = new Detokenizer(map);
  let text = "";
  const ids: number[] = [];
  let last: DecodedFrame | undefined;
  for await (const frame of decodeStream(response.body!, format)) {
    text += detokenizer.render(frame.ids, { partial: !frame.done });
    ids.push(...frame.ids);
    last = frame;
  }
  return { text, ids, reason: last?.finishReason };
}

async function tokenwireEvents(response: Response): Promise<TokenwireEvent[]> {
  const events: TokenwireEvent[] = [];
  for await (const event of decodeTokenwireStream(response.body!)) events.push(event);
  return events;
}

const formats: readonly StreamFormat[] = [
  "msgpack",
  "protobuf",
  "msgpack-delta",
  "protobuf-delta",
  "tokenwire",
  "tokenwire-adaptive",
];

describe("binary answers", () => {
  for (const chunk of [1, 3, 8]) {
    for (const accept of ["identity", "gzip, identity;q=0", "br, identity;q=0"]) {
      for (const stream of [true, false]) {
        it(`${chunk} ids per step, ${accept}, stream: ${stream}`, async () => {
          const url = await start({ chunk });
          const expected = await fromEvents(url);
          expect(expected.ids.length).toBeGreaterThan(40);
          for (const format of formats) {
            const response = await post(
              url,
              { stream, stream_format: format },
              { "accept-encoding": accept },
            );
            expect(response.status).toBe(200);
            expect(response.headers.get("content-encoding") ?? "identity").toBe(accept.split(",")[0]);
            expect(response.headers.get("content-length") !== null).toBe(!stream);
            expect(response.headers.get("vary")).toBe("Accept-Encoding, Accept, Codec-Client-Version");
            const answer = await fromFrames(response, format);
            expect({ format, text: answer.text, ids: answer.ids }).toEqual({ format, ...expected });
            expect(answer.reason).toBe(format.startsWith("tokenwire") ? "stop" : "eos_token");
          }
        });
      }
    }
  }

  it("the same over POST /v1/completions/codec, in both encodings of the request", async () => {
    const url = await start();
    const prompt = encoding.encodeOrdinary("Once");
    const expected = await fromEvents(url, { prompt: [...prompt] });
    for (const format of ["msgpack", "protobuf"] as const) {
      const body = encodeCodecRequest({ promptIds: prompt, maxTokens: 120 }, format);
      const response = await fetch(`${url}/v1/completions/codec`, {
        method: "POST",
        headers: { "content-type": `application/x-${format}`, "accept-encoding": "identity" },
        body: Buffer.from(body),
      });
      expect(response.headers.get("content-type")).toBe(`application/x-${format}`);
      const answer = await fromFrames(response, format);
      expect(answer.ids.length).toBe(
        (await fromEvents(url, { prompt: [...prompt], seed: undefined })).ids.length,
      );
      expect(answer.reason).toBe("eos_token");
    }
    expect(expected.ids.length).toBeGreaterThan(40);
  });

  it.each(["gzip", "br", "identity"] as const)(
    "the first token is readable after the first flush (%s)",
    async (accept) => {
      const url = await start({ delayMs: 150 });
      for (const format of ["msgpack", "protobuf", "tokenwire"] as const) {
        const ids = await firstIds(url, format, accept);
        expect(ids.length).toBeGreaterThan(0);
        expect(ids.length).toBeLessThan(4);
      }
    },
  );

  it("coalesces by time and count", async () => {
    const url = await start({ delayMs: 1 }, { coalesce: { maxIds: 16, maxDelayMs: 10_000 } });
    const response = await post(url, { stream: true, stream_format: "msgpack" });
    const sizes: number[] = [];
    for await (const frame of decodeStream(response.body!, "msgpack")) sizes.push(frame.ids.length);
    expect(sizes[0]).toBe(1);
    expect(sizes[1]).toBe(16);
    const single = await post(url, {
      stream: true,
      stream_format: "msgpack",
      stream_options: { coalesce_ms: 0 },
    });
    const frames: number[] = [];
    for await (const frame of decodeStream(single.body!, "msgpack")) frames.push(frame.ids.length);
    expect(frames.length).toBeGreaterThan(3 * sizes.length);
  });

  it("cuts at a stop string as closely as ids allow", async () => {
    const ids = [...encoding.encodeOrdinary(" one two three four five")];
    const url = await start({ say: ids });
    const sse = await fromEvents(url, { stop: [" three"] });
    expect(sse.text).toBe(" one two");
    for (const format of ["msgpack", "tokenwire"] as const) {
      const response = await post(url, { stream: true, stream_format: format, stop: [" three"] });
      const answer = await fromFrames(response, format);
      expect(answer).toMatchObject({ text: " one two", reason: "stop_sequence" });
    }
    const inside = await post(url, { stream: true, stream_format: "msgpack", stop: ["hree"] });
    expect((await fromFrames(inside, "msgpack")).text).toBe(" one two three");
    const events = await tokenwireEvents(
      await post(url, { stream: true, stream_format: "tokenwire", stop: [" three"] }),
    );
    expect(events.find(({ kind }) => kind === "finish")).toMatchObject({ stop: { text: " three" } });
  });

  it("tokenwire carries choices, usage and log-probabilities; frames refuse them by name", async () => {
    const url = await start();
    const asked = { n: 2, logprobs: 1, stream_options: { include_usage: true } };
    const events = await tokenwireEvents(
      await post(url, { stream: true, stream_format: "tokenwire", ...asked }),
    );
    const idsOf = (choice: number): number[] =>
      events.flatMap((event) => (event.kind === "ids" && event.choice === choice ? event.ids : []));
    expect(idsOf(0)).toEqual((await fromEvents(url)).ids);
    expect(idsOf(1)).toEqual((await fromEvents(url, { seed: 8 })).ids);
    const scored = events.flatMap((event) => (event.kind === "logprobs" ? event.items : []));
    expect(scored.length).toBe(idsOf(0).length + idsOf(1).length);
    const usage = events.find((event) => event.kind === "usage");
    expect(usage).toMatchObject({ promptTokens: 1 });
    for (const [field, body] of [
      ["n", { n: 2 }],
      ["logprobs", { logprobs: 1 }],
      ["echo", { echo: true }],
    ] as const) {
      const refused = await post(url, { stream: true, stream_format: "msgpack", ...body });
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ error: { param: field } });
    }
  });

  it("reports failures inside the stream", async () => {
    const url = await start({ failAfter: 5 });
    const response = await post(url, { stream: true, stream_format: "msgpack" });
    const answer = await fromFrames(response, "msgpack");
    expect(answer.reason).toBe("error");
    expect(answer.ids.length).toBeGreaterThan(0);
    const events = await tokenwireEvents(await post(url, { stream: true, stream_format: "tokenwire" }));
    expect(events.at(-2)).toMatchObject({ kind: "error", status: 500 });
    expect(events.at(-1)).toEqual({ kind: "end" });
  });

  it("cuts tool regions out of the ids on request", async () => {
    const call = [...encoding.encodeOrdinary('{"name":"f","arguments":{}}')];
    const url = await start({ say: [9906, 200, ...call, 201, 1917] });
    const ask = async (watcher: object): Promise<DecodedFrame[]> => {
      const frames: DecodedFrame[] = [];
      const response = await post(url, { stream: true, stream_format: "msgpack", tool_watcher: watcher });
      for await (const frame of decodeStream(response.body!, "msgpack")) frames.push(frame);
      return frames;
    };
    const frames = await ask({ start_id: 200, end_id: 201 });
    expect(frames.flatMap(({ ids }) => [...ids])).toEqual([9906, 1917]);
    const [found] = frames.flatMap(({ toolCalls }) => toolCalls ?? []);
    expect(found).toMatchObject({ name: "f", argumentsJson: '{"name":"f","arguments":{}}' });
    expect(found?.id).toMatch(/^tc_[0-9a-f]{8}$/);
    const kept = await ask({ start_id: 200, end_id: 201, keep_ids: true });
    expect(kept.flatMap(({ ids }) => [...ids])).toEqual([9906, 200, ...call, 201, 1917]);
    const open = await ask({ start_id: 9906, end_id: 202 });
    expect(open.flatMap(({ ids }) => [...ids])).toEqual([9906, 200, ...call, 201, 1917]);
  });

  it("an engine without ids can answer in tokenwire only", async () => {
    const url = await start({ output: "text" });
    const refused = await post(url, { stream: true, stream_format: "msgpack" });
    expect(await refused.json()).toMatchObject({ error: { code: "token_ids_unavailable" } });
    const events = await tokenwireEvents(await post(url, { stream: true, stream_format: "tokenwire" }));
    const text = events.flatMap((event) => (event.kind === "text" ? [event.text] : [])).join("");
    expect(text).toBe((await fromEvents(url)).text);
  });
});

describe("binary chat answers", () => {
  const harmony = getEncoding("o200k_harmony");
  const tools = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];

  async function chat(said: string, format: StreamFormat | "json", body: object = {}): Promise<Response> {
    const say = [...harmony.encode(said, { allowedSpecial: "all" })];
    const chatProfile = createHarmonyProfile({ id: "harmony-model", contextLength: 4096 });
    const server = await createServer({
      port: 0,
      models: [{ engine: new SeededEngine({ say }), profile: chatProfile }],
    });
    servers.push(server);
    return await fetch(`${await server.listen()}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", "accept-encoding": "identity" },
      body: JSON.stringify({
        model: "harmony-model",
        messages: [{ role: "user", content: "Hi" }],
        stream: true,
        stream_format: format,
        ...body,
      }),
    });
  }

  it("carry the engine's ids, markers included", async () => {
    const said =
      "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Hello there<|return|>";
    const ids = [...harmony.encode(said, { allowedSpecial: "all" })];
    const frames: number[] = [];
    for await (const frame of decodeStream((await chat(said, "msgpack")).body!, "msgpack"))
      frames.push(...frame.ids);
    expect(frames).toEqual(ids);
    const events = await tokenwireEvents(await chat(said, "tokenwire"));
    expect(events.flatMap((event) => (event.kind === "ids" ? event.ids : []))).toEqual(ids);
    expect(events.find(({ kind }) => kind === "finish")).toMatchObject({ reason: "stop" });
  });

  it("report tool calls in tokenwire", async () => {
    const said = '<|channel|>commentary to=functions.f <|constrain|>json<|message|>{"a":1}<|call|>';
    const events = await tokenwireEvents(await chat(said, "tokenwire", { tools }));
    const calls = events.filter((event) => event.kind === "toolCall");
    expect(calls[0]).toMatchObject({ index: 0, name: "f" });
    expect(calls.map((call) => call.arguments ?? "").join("")).toBe('{"a":1}');
    expect(calls.at(-1)).toMatchObject({ last: true });
    expect(events.find(({ kind }) => kind === "finish")).toMatchObject({ reason: "tool_calls" });
  });
});

describe("negotiation", () => {
  it.each([
    ["application/x-msgpack", "application/x-msgpack"],
    ["application/json;q=0.5, application/x-protobuf", "application/x-protobuf"],
    ["application/x-tokenwire;mode=adaptive", "application/x-tokenwire"],
    ["*/*", "text/event-stream; charset=utf-8"],
    ["application/x-msgpack;q=0, */*", "text/event-stream; charset=utf-8"],
    ["text/event-stream, application/x-msgpack", "text/event-stream; charset=utf-8"],
  ])("Accept: %s", async (accept, contentType) => {
    const url = await start();
    const response = await post(url, { stream: true }, { accept });
    expect(response.headers.get("content-type")).toBe(contentType);
    await response.text();
  });

  it("the body wins over Accept; unknown formats are refused, or fall back where asked to", async () => {
    const url = await start();
    const body = await post(
      url,
      { stream: true, stream_format: "json" },
      { accept: "application/x-msgpack" },
    );
    expect(body.headers.get("content-type")).toMatch(/event-stream/);
    await body.text();
    const unknown = await post(url, { stream: true, stream_format: "cbor" });
    expect(unknown.status).toBe(400);
    expect(await unknown.json()).toMatchObject({
      error: { code: "unsupported_stream_format", param: "stream_format" },
    });
    const lenient = await start({}, { unknownStreamFormat: "sse" });
    const fallback = await post(lenient, { stream: true, stream_format: "cbor" });
    expect(fallback.headers.get("content-type")).toMatch(/event-stream/);
    await fallback.text();
  });

  it("streams compressible formats only as often as the operator allows", async () => {
    const url = await start({}, { compressedStreams: 0 });
    const response = await post(
      url,
      { stream: true, stream_format: "msgpack" },
      { "accept-encoding": "gzip" },
    );
    expect(response.headers.get("content-encoding")).toBeNull();
    await response.arrayBuffer();
  });

  it("pins maps: 409 for another one", async () => {
    const url = await start();
    const wrong = await post(
      url,
      { stream: true, stream_format: "msgpack" },
      { "x-codec-map": `sha256:${"0".repeat(64)}` },
    );
    expect(wrong.status).toBe(409);
    const hash = wrong.headers.get("codec-tokenizer-map")!;
    const right = await post(
      url,
      { stream: true, stream_format: "msgpack" },
      { "x-codec-map": hash.toUpperCase().replace("SHA256", "sha256") },
    );
    expect(right.status).toBe(200);
    expect(right.headers.get("codec-tokenizer-map")).toBe(hash);
    await right.arrayBuffer();
  });

  it("demands a version only where the policy is enforced", async () => {
    const versionPolicy = { minimumVersion: "0.4", requiredFeatures: ["safety-policy-enforcement"] };
    const strict = await start({}, { versionPolicy: { ...versionPolicy, enforce: true } });
    const refused = await post(strict, { stream: true, stream_format: "msgpack" });
    expect(refused.headers.get("codec-min-version")).toBe("0.4");
    expect(await parseVersionRequired(refused)).toBeInstanceOf(CodecVersionRequiredError);
    const newer = await post(
      strict,
      { stream: true, stream_format: "msgpack" },
      { "codec-client-version": "0.5" },
    );
    expect(newer.status).toBe(200);
    await newer.arrayBuffer();
    const advisory = await start({}, { versionPolicy });
    const accepted = await post(advisory, { stream: true, stream_format: "msgpack" });
    expect(accepted.status).toBe(200);
    await accepted.arrayBuffer();
    expect(await discoverVersionPolicy({ origin: advisory })).toMatchObject({ minimum_version: "0.4" });
    expect(await discoverVersionPolicy({ origin: await start() })).toBeNull();
  });
});

describe("binary requests", () => {
  const request = { promptIds: [12522], maxTokens: 4 };

  function send(
    url: string,
    body: Uint8Array,
    type: string,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return fetch(`${url}/v1/completions/codec`, {
      method: "POST",
      headers: { "content-type": type, ...headers },
      body: Buffer.from(body),
    });
  }

  it.each([
    ["JSON", Buffer.from("{}"), "application/json", 415],
    ["an unknown type", Buffer.from("x"), "text/plain", 415],
    ["a damaged body", Uint8Array.of(0x81), "application/x-msgpack", 400],
    ["an empty prompt", encodeCodecRequest({ promptIds: [] }, "msgpack"), "application/x-msgpack", 400],
    ["a long varint", Buffer.from("0a08ffffffffffffff7f", "hex"), "application/x-protobuf", 400],
    [
      "an id outside the vocabulary",
      encodeCodecRequest({ promptIds: [4_000_000_000] }, "protobuf"),
      "application/x-protobuf",
      400,
    ],
    ["the wrong encoding", encodeCodecRequest(request, "protobuf"), "application/x-msgpack", 415],
  ])("refuses %s", async (_name, body, type, status) => {
    const response = await send(await start(), body, type);
    expect(response.status).toBe(status);
    expect(await response.json()).toHaveProperty("error.message");
  });

  it("reads compressed and length-prefixed bodies within a budget", async () => {
    const { gzipSync } = await import("node:zlib");
    const url = await start();
    const body = encodeCodecRequest({ ...request, streamFormat: "tokenwire" }, "msgpack");
    const zipped = await send(url, gzipSync(body), "application/x-msgpack", { "content-encoding": "gzip" });
    expect(zipped.headers.get("content-type")).toBe("application/x-tokenwire");
    await zipped.arrayBuffer();
    const plain = encodeCodecRequest(request, "protobuf");
    const prefixed = await send(
      url,
      Buffer.concat([Buffer.from([0, 0, 0, plain.length]), plain]),
      "application/x-protobuf",
    );
    expect((await fromFrames(prefixed, "protobuf")).ids).toHaveLength(4);
    const bomb = gzipSync(Buffer.alloc(128 * 1024 * 1024));
    expect((await send(url, bomb, "application/x-msgpack", { "content-encoding": "gzip" })).status).toBe(413);
  });

  it("can be turned off, which clients see as 404", async () => {
    const url = await start({}, { binaryRequests: false });
    expect((await send(url, encodeCodecRequest(request, "msgpack"), "application/x-msgpack")).status).toBe(
      404,
    );
  });
});

describe("discovery", () => {
  it("publishes index, pointers, maps and schema; the two-way flow works with what was found", async () => {
    const url = await start();
    const index = await discoverIndex({ origin: url });
    expect(index.maps.map(({ id }) => id)).toEqual(["openai/cl100k_base"]);
    const found = await discoverMap({ origin: url, id: "openai/cl100k_base", cache: new MemoryMapCache() });
    expect(found).toEqual(JSON.parse(JSON.stringify(map)));
    const prompt = new BPETokenizer(found).encode("Once");
    const response = await post(url, { prompt, stream: true, stream_format: "msgpack" });
    expect((await fromFrames(response, "msgpack")).ids).toEqual((await fromEvents(url, { prompt })).ids);
    const schema = await fetch(`${url}/codec/schema`);
    expect(await schema.text()).toContain("repeated ToolCall tool_calls = 4;");
    expect(await (await fetch(`${url}/codec/version`)).json()).toMatchObject({ version: "0.5" });
    const missing = await fetch(`${url}/.well-known/codec/maps/acme/none.json`);
    expect(missing.status).toBe(404);
  });

  it("publishes a safety policy by id and by hash, and names it to clients that know it", async () => {
    const safetyPolicy = {
      id: "acme/mild",
      version: "1",
      tokenizers: ["openai/cl100k_base"],
      categories: [{ name: "pii", action: "flag" }],
      classifier: { family: "none" },
    } as const;
    const url = await start({}, { safetyPolicy });
    const ask = { stream: true, stream_format: "msgpack" };
    const named = await post(url, ask, { "codec-client-version": "0.5" });
    const hash = named.headers.get("codec-safety-policy-hash")!;
    await named.arrayBuffer();
    expect(await discoverSafetyPolicy({ origin: url, id: "acme/mild", hash })).toEqual(safetyPolicy);
    expect(await discoverSafetyPolicy({ origin: url, id: "acme/mild" })).toEqual(safetyPolicy);
    const old = await post(url, ask);
    expect(old.headers.get("codec-safety-policy")).toBeNull();
    await old.arrayBuffer();
  });
});

/** IDs that can be read from the first body bytes that arrive, decompressed as far as they go. */
async function firstIds(
  url: string,
  format: "msgpack" | "protobuf" | "tokenwire",
  accept: string,
): Promise<number[]> {
  const { hostname, port } = new URL(url);
  const body = JSON.stringify({
    model: "seeded-model",
    prompt: "Once",
    max_tokens: 10,
    stream: true,
    stream_format: format,
  });
  const forced = accept === "identity" ? "identity" : `${accept}, identity;q=0`;
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST /v1/completions HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\naccept-encoding: ${forced}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  let received = Buffer.alloc(0);
  const first = await new Promise<Buffer>((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const end = received.indexOf("\r\n\r\n");
      const payload = end < 0 ? Buffer.alloc(0) : unchunk(received.subarray(end + 4));
      // gzip sends its ten-byte header alone, which holds no token.
      if (payload.length > (accept === "gzip" ? 10 : 0)) resolve(payload);
    });
  });
  socket.destroy();
  const bytes = accept === "identity" ? first : await inflateSoFar(first, accept);
  const ids: number[] = [];
  if (format === "tokenwire") {
    const { TokenwireDecoder } = await import("@tokenwire/core/codec");
    new TokenwireDecoder().push(bytes, (event) => event.kind === "ids" && ids.push(...event.ids));
  } else {
    new FrameDecoder(format).push(bytes, (frame) => ids.push(...frame.ids));
  }
  return ids;
}

function unchunk(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (let end = bytes.indexOf("\r\n", at); end > at; end = bytes.indexOf("\r\n", at)) {
    const size = Number.parseInt(bytes.toString("latin1", at, end), 16);
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(parts);
}

function inflateSoFar(bytes: Buffer, accept: string): Promise<Uint8Array> {
  const inflater =
    accept === "gzip"
      ? createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })
      : createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH });
  const parts: Buffer[] = [];
  return new Promise((resolve, reject) => {
    inflater.on("data", (part: Buffer) => parts.push(part));
    inflater.on("error", reject);
    inflater.on("end", () => resolve(Buffer.concat(parts)));
    inflater.end(bytes);
  });
}
