// What the server adds: requests per second, streamed tokens per second at 1, 100 and 500 streams, added latency, CPU
// per token and memory per idle stream. The engine costs nothing: it repeats recorded harmony tokens, one per delta.
// A bare node:http server that sends the same chunks runs in the same process for the ratio. Load comes from a child
// process, so that only the server's CPU is counted.
// Run: npm run build && node --expose-gc bench/server/pipeline.mjs

import { fork } from "node:child_process";
import { createServer as createHttpServer } from "node:http";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { getEncoding } from "@tokenwire/encodings";
import { createHarmonyProfile, createServer } from "tokenwire";

const tokenizer = getEncoding("o200k_harmony");
const words = " and then the quick brown fox jumped over the lazy dog while it rained".repeat(10);
const text = `<|channel|>analysis<|message|>${words.slice(0, 120)}<|end|><|start|>assistant<|channel|>final<|message|>${words}<|return|>`;
const answer = [...tokenizer.encode(text, { allowedSpecial: "all" })];

/** Emits the recorded tokens as fast as they are pulled; `chunk` tokens per delta. */
function replay(chunk) {
  return {
    id: "replay",
    info: async () => ({
      engine: "replay",
      model: "replay",
      servedNames: ["replay"],
      maxContext: 100_000,
      eosTokenIds: [200_002],
      capabilities: {
        input: "tokens",
        output: "tokens",
        streaming: true,
        cancel: "signal",
        logprobs: { maxTop: 0, prompt: false },
        constraints: [],
        logitsAccess: false,
        seed: true,
        n: false,
        logitBias: true,
        stopTokenIds: true,
        stopStrings: false,
        embeddings: false,
        prefixCache: false,
        kvEvents: false,
      },
    }),
    health: async () => ({ ok: true }),
    close: async () => {},
    async *generate(request, signal) {
      calls.push(performance.now());
      yield { type: "start" };
      const limit = Math.min(answer.length, request.sampling.maxTokens);
      for (let at = 0; at < limit; at += chunk) {
        if (idle) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        yield { type: "delta", index: 0, tokenIds: answer.slice(at, Math.min(at + chunk, limit)) };
      }
      yield { type: "finish", index: 0, reason: limit < answer.length ? "length" : "stop" };
    },
  };
}

let idle = false;
const calls = [];
const worker = fork(fileURLToPath(new URL("load.mjs", import.meta.url)));
const ask = (task) =>
  new Promise((resolve) => {
    worker.once("message", resolve);
    worker.send(task);
  });

/** CPU of this process while a task runs, in µs. */
async function measure(task) {
  globalThis.gc?.();
  const before = process.cpuUsage();
  const result = await ask(task);
  const used = process.cpuUsage(before);
  return { ...result, cpu: used.user + used.system };
}

const prompt = "word ".repeat(180);
const body = (stream, maxTokens) => ({
  model: "replay",
  stream,
  max_tokens: maxTokens,
  messages: [{ role: "user", content: prompt }],
});

console.log(
  `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, load ${loadavg()[0].toFixed(1)}`,
);
const rows = [];
for (const chunk of [1, 4]) {
  const profile = createHarmonyProfile({ id: "replay", contextLength: 100_000 });
  const server = await createServer({
    port: 0,
    models: [{ engine: replay(chunk), profile }],
    limits: { running: 10_000 },
  });
  const url = `${await server.listen()}/v1/chat/completions`;
  await ask({ url, body: body(true, 200), requests: 50, concurrency: 10 });
  if (chunk === 1) {
    const whole = await measure({ url, body: body(false, 16), requests: 3_000, concurrency: 50 });
    rows.push([
      "whole, 16 tokens",
      `${(1e6 / (whole.cpu / 3_000)).toFixed(0)} requests/s per core`,
      `${(whole.cpu / 3_000).toFixed(0)} µs each`,
    ]);
    calls.length = 0;
    const paced = await ask({ url, body: body(false, 1), requests: 600, concurrency: 1, stamps: true });
    const added = paced.sent.map((sent, i) => calls[i] + performance.timeOrigin - sent).sort((a, b) => a - b);
    rows.push([
      "request sent to engine called",
      `p50 ${added[300].toFixed(2)} ms`,
      `p99 ${added[594].toFixed(2)} ms`,
    ]);
  }
  for (const concurrency of [1, 100, 500]) {
    const requests = Math.max(20, concurrency);
    const { cpu } = await measure({ url, body: body(true, 10_000), requests, concurrency });
    const perToken = cpu / (requests * answer.length);
    rows.push([
      `${concurrency} streams, ${chunk} per delta`,
      `${(1e3 / perToken).toFixed(0)} k tokens/s per core`,
      `${perToken.toFixed(2)} µs/token`,
    ]);
  }
  if (chunk === 1) {
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    idle = true;
    await ask({ url, body: body(true, 100), open: 1_000 });
    globalThis.gc?.();
    rows.push([
      "idle stream",
      `${((process.memoryUsage().rss - before) / 1_000 / 1024).toFixed(1)} KB RSS`,
      "",
    ]);
    await ask({ close: true });
    idle = false;
  }
  await server.close();
}

// The same bytes without a pipeline.
const frame = `data: {"id":"chatcmpl-00000000000000000000000000000000","object":"chat.completion.chunk","created":1,"model":"replay","service_tier":"default","system_fingerprint":"fp_00000000","choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}]}\n\n`;
const bare = createHttpServer((request, response) => {
  request.resume().on("end", async () => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (let i = 0; i < answer.length; i += 2) {
      if (!response.write(frame + frame)) await new Promise((resolve) => response.once("drain", resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end("data: [DONE]\n\n");
  });
});
await new Promise((resolve) => bare.listen(0, "127.0.0.1", resolve));
const bareUrl = `http://127.0.0.1:${bare.address().port}/`;
await ask({ url: bareUrl, body: {}, requests: 50, concurrency: 10 });
for (const concurrency of [1, 100]) {
  const requests = Math.max(20, concurrency);
  const { cpu } = await measure({ url: bareUrl, body: {}, requests, concurrency });
  rows.push([
    `bare node:http, ${concurrency} streams`,
    `${(1e3 / (cpu / (requests * answer.length))).toFixed(0)} k tokens/s per core`,
    `${(cpu / (requests * answer.length)).toFixed(2)} µs/token`,
  ]);
}
for (const [name, ...values] of rows)
  console.log(name.padEnd(34), values.map((value) => value.padEnd(30)).join(""));
worker.kill();
bare.close();
