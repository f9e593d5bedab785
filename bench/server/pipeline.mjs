// What the server costs: requests per second, streamed tokens per second at 1, 100 and 500 streams with all parsers on,
// latency it adds at 1,000 requests per second, CPU per token, memory per idle stream, how long a prompt of 10 MB holds up
// others, and how soon the engine learns that a client left. The engine costs next to nothing (replay-engine.mjs), load
// comes from another process (load.mjs), and what a bare server takes for the same bytes is measured in the same run
// (bare.mjs), round by round.
// Started by run.mjs, with the number of rounds and one section.

import { fork } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { compileTemplate } from "@tokenwire/core/template";
import { getEncoding } from "@tokenwire/encodings";
import { createHarmonyProfile, createServer } from "tokenwire";
import { startBareFastify, startBareStream } from "./bare.mjs";
import { quantile } from "./client.mjs";
import { modes, ReplayEngine } from "./replay-engine.mjs";

const rounds = Number(process.argv[2]);
const section = process.argv[3];
const tokenizer = getEncoding("o200k_harmony");
const words = " and then the quick brown fox jumped over the lazy dog while it rained".repeat(40);
const encode = (text) => [...tokenizer.encode(text, { allowedSpecial: "all" })];
const answerTokens = 512;
const prompt = "word ".repeat(180);

const startLoad = () => fork(fileURLToPath(new URL("load.mjs", import.meta.url)), { execArgv: [] });
const worker = startLoad();
/** A second client, for what goes on beside. */
const background = startLoad();
function ask(task, parameters = {}, load = worker) {
  return new Promise((resolve, reject) => {
    load.once("message", ({ times, error }) => (error ? reject(new Error(error)) : resolve(times)));
    load.send({ task, ...parameters });
  });
}

/**
 * CPU that this process takes for a task, in µs, and what the task found. Garbage is collected when V8 sees fit: after a
 * collection that is asked for, it compiles half of the program again.
 */
async function cpuOf(task, parameters) {
  const before = process.cpuUsage();
  const times = await ask(task, parameters);
  const { user, system } = process.cpuUsage(before);
  return { cpu: user + system, times };
}

const body = (more) =>
  JSON.stringify({ model: "replay", messages: [{ role: "user", content: prompt }], ...more });
const streamed = (more) => body({ stream: true, max_tokens: answerTokens, ...more });
/** A parser of tool calls runs where there are tools. */
const withTool = () => streamed({ tools: [{ type: "function", function: { name: "look" } }] });

function print(name, ...values) {
  console.log(`  ${name.padEnd(36)}${values.map((value) => value.padEnd(24)).join("")}`.trimEnd());
}

/** Starts a server over the replay engine with one profile. */
async function startServer(recording, profile) {
  const engine = new ReplayEngine(recording);
  const server = await createServer({
    port: 0,
    models: [{ engine, profile }],
    limits: { running: 10_000, body: 64 << 20 },
  });
  return { engine, server, url: `${await server.listen()}/v1/chat/completions` };
}

const harmony = await startServer(
  encode(
    `<|channel|>analysis<|message|>${words.slice(0, 700)}<|end|><|start|>assistant<|channel|>final<|message|>${words}<|return|>`,
  ),
  createHarmonyProfile({ id: "replay", contextLength: 10_000_000 }),
);
const templated = await startServer(
  encode(
    `<think>${words.slice(0, 700)}</think>${words.slice(0, 700)}<tool_call>{"name": "look", "arguments": {"for": "${words}"}}</tool_call>`,
  ),
  {
    id: "replay",
    tokenizer,
    format: {
      kind: "template",
      template: compileTemplate(
        "{% for message in messages %}<|start|>{{ message.role }}<|message|>{{ message.content }}<|end|>{% endfor %}<|start|>assistant",
      ),
      specialTokens: {},
      contentFormat: "string",
    },
    stopTokenIds: [200_002],
    toolParser: "hermes",
    reasoningParser: "qwen3",
    contextLength: 10_000_000,
  },
);
const answer = await fetch(harmony.url, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: body({ max_tokens: 16 }),
});
const fastify = await startBareFastify(await answer.json());
const frame = `data: {"id":"chatcmpl-00000000000000000000000000000000","object":"chat.completion.chunk","created":1,"model":"replay","service_tier":"default","system_fingerprint":"fp_00000000","choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}]}\n\n`;
const bareStream = await startBareStream(frame, answerTokens);

console.log(
  `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, load ${loadavg()[0].toFixed(1)}, best of ${rounds} rounds`,
);

/** The least CPU per unit over the rounds; candidates take turns, so that noise hits all of them. */
async function leastCpu(candidates, units) {
  const least = candidates.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, { before, ...parameters }] of candidates.entries()) {
      before?.();
      const { cpu } = await cpuOf("closed", parameters);
      // The first round warms up.
      if (round > 0) least[i] = Math.min(least[i], cpu / units);
    }
  }
  return least;
}

async function requests() {
  console.log("\nrequests, 200 tokens in, 16 out, per core");
  const requests = 10_000;
  const load = { requests, concurrency: 50 };
  const whole = body({ max_tokens: 16 });
  const [ours, bare] = await leastCpu(
    [
      { url: harmony.url, text: whole, ...load },
      { url: fastify.url, text: whole, ...load },
    ],
    requests,
  );
  print("tokenwire", `${(1e6 / ours).toFixed(0)} requests/s`, `${ours.toFixed(0)} µs each`);
  print("Fastify, same bytes", `${(1e6 / bare).toFixed(0)} requests/s`, `${bare.toFixed(0)} µs each`);
}

async function latency() {
  console.log("\nlatency at 1,000 requests/s, 200 tokens in, 1 out, milliseconds");
  const load = { requests: 3_000, rate: 1_000, text: body({ max_tokens: 1 }) };
  const rows = { tokenwire: [harmony.url, harmony.engine.calls], Fastify: [fastify.url, fastify.calls] };
  const found = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, [url, calls]] of Object.entries(rows)) {
      await ask("open", { url, ...load, requests: 2_000 });
      calls.length = 0;
      const times = await ask("open", { url, ...load });
      const toCall = times.map(({ sent }, i) => calls[i] - sent);
      const whole = times.map(({ sent, done }) => done - sent);
      const row = [toCall, whole].flatMap((values) => [quantile(values, 0.5), quantile(values, 0.99)]);
      found[name] = found[name]?.map((value, i) => Math.min(value, row[i])) ?? row;
    }
  }
  found.added = found.tokenwire.map((value, i) => value - found.Fastify[i]);
  for (const [name, [call50, call99, whole50, whole99]] of Object.entries(found)) {
    print(
      name,
      `to handler or engine p50 ${call50.toFixed(2)} p99 ${call99.toFixed(2)}`.padEnd(46),
      `to the last byte p50 ${whole50.toFixed(2)} p99 ${whole99.toFixed(2)}`,
    );
  }
}

async function streams() {
  console.log(`\nstreams of ${answerTokens} tokens: tokens/s per core, and µs of CPU per token`);
  /** A row: what a token costs, and how much more than with a bare server. */
  function printTokens(name, micros, bare) {
    print(
      name,
      `${(1e3 / micros).toFixed(0)} k tokens/s`,
      `${micros.toFixed(2)} µs/token`,
      bare === undefined ? "" : `${(micros / bare).toFixed(2)} × bare`,
    );
  }
  for (const concurrency of [1, 100, 500]) {
    const requests = Math.max(40, 2 * concurrency);
    const load = { requests, concurrency };
    const text = streamed();
    const use = (engine, mode) => () => {
      engine.mode = modes[mode];
    };
    const perWrite =
      (count, straight = false) =>
      () => {
        Object.assign(bareStream.state, { perWrite: count, straight });
      };
    const [bare1, straight1, bare4, one, four, delta, coalesced, parsed] = await leastCpu(
      [
        { url: bareStream.url, text, ...load, before: perWrite(1) },
        { url: bareStream.url, text, ...load, before: perWrite(1, true) },
        { url: bareStream.url, text, ...load, before: perWrite(4) },
        { url: harmony.url, text, ...load, before: use(harmony.engine, "token by token") },
        { url: harmony.url, text, ...load, before: use(harmony.engine, "4 tokens a step") },
        { url: harmony.url, text, ...load, before: use(harmony.engine, "4 tokens a delta") },
        {
          url: harmony.url,
          text: streamed({ stream_options: { coalesce_ms: 50 } }),
          ...load,
          before: use(harmony.engine, "token by token"),
        },
        { url: templated.url, text: withTool(), ...load, before: use(templated.engine, "token by token") },
      ],
      requests * answerTokens,
    );
    console.log(` ${concurrency} at a time`);
    printTokens("bare node:http, 1 chunk a write", bare1);
    printTokens("the same, straight to the socket", straight1);
    printTokens("bare node:http, 4 chunks a write", bare4);
    printTokens("harmony, token by token", one, bare1);
    printTokens("harmony, 4 tokens a step", four, bare4);
    printTokens("harmony, 4 tokens a delta", delta, bare4);
    printTokens("harmony, coalesced over 50 ms", coalesced, bare4);
    printTokens("template, reasoning and tool parser", parsed, bare1);
  }
}

/**
 * Streams as agents have them: what a token costs, how much later the first one comes than from a bare server under the
 * same load, and whether memory grows. TOKENWIRE_BENCH_MINUTES: how long that is watched.
 */
async function parsers() {
  const concurrency = 64;
  const minutes = Number(process.env.TOKENWIRE_BENCH_MINUTES ?? 0.5);
  console.log(`\n${concurrency} streams with reasoning and tool parser, token by token`);
  templated.engine.mode = modes["token by token"];
  bareStream.state.perWrite = 1;
  const requests = 10 * concurrency;
  const load = { requests, concurrency, apart: 3 };
  const candidates = { tokenwire: templated.url, "node:http": bareStream.url };
  const found = {};
  for (let round = 0; round <= rounds; round++) {
    for (const [name, url] of Object.entries(candidates)) {
      const { cpu, times } = await cpuOf("closed", { url, text: withTool(), ...load });
      // The first round warms up.
      if (round === 0) continue;
      const waits = times.map(({ sent, first }) => first - sent);
      const row = [cpu / requests / answerTokens, quantile(waits, 0.5), quantile(waits, 0.99)];
      found[name] = found[name]?.map((value, i) => Math.min(value, row[i])) ?? row;
    }
  }
  for (const [name, [micros, half, most]] of Object.entries(found)) {
    const first = `first bytes p50 ${half.toFixed(1)} p99 ${most.toFixed(1)} ms`;
    print(name, `${(1e3 / micros).toFixed(0)} k tokens/s`, `${micros.toFixed(2)} µs/token`, first);
  }
  const sizes = [];
  const end = performance.now() + minutes * 60_000;
  while (performance.now() < end) {
    await ask("closed", { url: templated.url, text: withTool(), ...load });
    sizes.push(process.memoryUsage().rss / (1 << 20));
  }
  const mean = (part) => part.reduce((sum, size) => sum + size, 0) / part.length;
  const tenth = Math.ceil(sizes.length / 10);
  const tenths = Array.from({ length: 10 }, (_, i) => sizes.slice(i * tenth, (i + 1) * tenth))
    .filter((part) => part.length > 0)
    .map((part) => mean(part).toFixed(0));
  print("memory", `MB RSS in each tenth of ${minutes} min: ${tenths.join(" ")}`);
}

async function idleStreams() {
  console.log("\nidle streams");
  const streams = 1_000;
  await ask("closed", { url: harmony.url, text: streamed(), requests: 100, concurrency: 50 });
  const used = () => {
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    return { rss, objects: heapUsed + external };
  };
  const before = used();
  harmony.engine.idleFrom = 1;
  await ask("hold", { url: harmony.url, text: streamed(), streams });
  const after = used();
  await ask("release");
  harmony.engine.idleFrom = Number.POSITIVE_INFINITY;
  const each = (key) => ((after[key] - before[key]) / streams / 1024).toFixed(1);
  print("memory", `${each("rss")} KB RSS each`, `${each("objects")} KB of it objects`);
}

/** Runs tasks of the second client until the first one's is over. */
async function beside(task, parameters, work) {
  let over = false;
  const besides = (async () => {
    while (!over) await ask(task, parameters, background);
  })();
  try {
    return await work();
  } finally {
    over = true;
    await besides;
  }
}

/** Times between turns of the event loop while something is done, in milliseconds. */
async function turnsDuring(work) {
  const gaps = [];
  let over = false;
  let last = performance.now();
  const tick = () => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
    if (!over) setImmediate(tick);
  };
  setImmediate(tick);
  await work();
  over = true;
  return gaps;
}

async function longPrompts() {
  const line = `${words}\n`;
  const perLine = tokenizer.encodeOrdinary(line).length;
  harmony.engine.mode = modes["token by token"];
  for (const [name, lines] of [
    ["200,000 tokens", Math.ceil(200_000 / perLine)],
    ["10 MB", Math.ceil(10e6 / line.length)],
  ]) {
    const long = line.repeat(lines);
    console.log(`\na prompt of ${name} beside a stream`);
    const started = performance.now();
    tokenizer.encodeOrdinary(long);
    const atOnce = performance.now() - started;
    await ask("keep", {
      text: JSON.stringify({ model: "replay", max_tokens: 1, messages: [{ role: "user", content: long }] }),
    });
    const stalls = [];
    for (let round = 0; round <= rounds; round++) {
      let took = 0;
      const post = async () => {
        const begin = performance.now();
        await ask("post", { url: harmony.url });
        took = performance.now() - begin;
      };
      const stream = { url: harmony.url, text: streamed(), requests: 1, concurrency: 1 };
      const gaps = await beside("closed", stream, () => turnsDuring(post));
      // The first round warms up.
      if (round > 0) stalls.push({ took, longest: Math.max(...gaps), slices: gaps.length });
    }
    const of = (key, choose) => choose(...stalls.map((stall) => stall[key])).toFixed(0);
    print("tokenized in one go", `${atOnce.toFixed(0)} ms without a turn`);
    print(
      "in turns",
      `longest stall ${of("longest", Math.min)} to ${of("longest", Math.max)} ms`.padEnd(32),
      `answered after ${of("took", Math.min)} ms`,
      `${of("slices", Math.min)} turns`,
    );
  }
}

/** The same in every phase: what stops the engine is the close of the response. */
async function aborts() {
  console.log("\na client leaves: milliseconds until its engine call is aborted");
  const { engine, url } = harmony;
  // Enough for the engine call to have begun, behind a hundred others that came just before.
  const after = 100;
  const phases = [
    ["prefill", { text: streamed(), after }, 0],
    ["generation", { text: streamed() }, 8],
    ["not streamed", { text: body({ max_tokens: answerTokens }), after }, 1],
    ["4 choices", { text: body({ max_tokens: answerTokens, n: 4 }), after }, 1],
  ];
  const measure = async (name, parameters, idleFrom) => {
    engine.idleFrom = idleFrom;
    engine.aborts = [];
    const requests = 100;
    const left = await ask("leave", { url, requests, ...parameters });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const calls = engine.aborts.length / requests;
    if (!Number.isInteger(calls)) throw new Error(`${engine.aborts.length} aborts of ${requests} requests`);
    const waits = engine.aborts.map((at, i) => at - left[Math.floor(i / calls)]);
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => quantile(waits, share).toFixed(1));
    print(name, `p50 ${p50} p95 ${p95} p99 ${p99}`.padEnd(32), `${engine.aborts.length} calls`);
  };
  for (const phase of phases) await measure(...phase);
  console.log(" beside 100 streams");
  templated.engine.mode = modes["token by token"];
  const streams = { url: templated.url, text: streamed(), requests: 100, concurrency: 100 };
  // The first ones are those for which everything is compiled.
  for (let round = 0; round < 2; round++) await ask("closed", streams, background);
  await beside("closed", streams, async () => {
    for (const phase of phases) await measure(...phase);
  });
  engine.idleFrom = Number.POSITIVE_INFINITY;
  engine.aborts = undefined;
}

const sections = { idle: idleStreams, requests, latency, streams, parsers, long: longPrompts, abort: aborts };
if (sections[section] === undefined)
  throw new Error(`No section "${section}". There are: ${Object.keys(sections).join(", ")}.`);
await sections[section]();

worker.kill();
background.kill();
await Promise.all([harmony.server.close(), templated.server.close(), fastify.close(), bareStream.close()]);
