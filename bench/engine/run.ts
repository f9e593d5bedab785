// The embedded engine with the packaged model: loading, the first token of a chat, tokens per second.
//   node scripts/run-typescript.mjs bench/engine/run.ts
// Goals on two cores: load below 100 ms, first token below 300 ms, 200 tokens per second. Every figure is the best of
// several rounds, since other processes can only add time.

import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { loadHarmonyEncoding, Message, SystemContent } from "@tokenwire/core/harmony";
import { getEncoding } from "@tokenwire/encodings";
import {
  createEmbeddedEngine,
  type EmbeddedEngine,
  packagedModel,
} from "../../packages/tokenwire/src/engines/index.ts";

const rounds = 8;
const tokenizer = getEncoding("o200k_harmony");
const harmony = loadHarmonyEncoding(tokenizer);
const model = readFileSync(packagedModel);

function chat(...questions: string[]): Uint32Array {
  const messages = [
    Message.fromRoleAndContent("system", SystemContent.new()),
    ...questions.map((question) => Message.fromRoleAndContent("user", question)),
  ];
  return harmony.renderConversationForCompletion({ messages }, "assistant");
}

async function best(run: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) least = Math.min(least, await run());
  return least;
}

interface Timing {
  readonly first: number;
  readonly perToken: number;
  readonly tokens: number;
}

async function time(engine: EmbeddedEngine, tokenIds: Uint32Array, maxTokens: number): Promise<Timing> {
  const started = performance.now();
  let first = 0;
  let tokens = 0;
  const request = {
    requestId: "bench",
    prompt: { tokenIds },
    sampling: { maxTokens, temperature: 0, ignoreEos: true },
    cacheSalt: String(Math.random()),
  };
  for await (const event of engine.generate(request)) {
    if (event.type !== "delta") continue;
    if (tokens === 0) first = performance.now() - started;
    tokens += event.tokenIds.length;
  }
  return { first, tokens, perToken: (performance.now() - started - first) / Math.max(1, tokens - 1) };
}

const load = await best(async () => {
  const started = performance.now();
  createEmbeddedEngine({ model, tokenizer });
  return performance.now() - started;
});

console.log(`${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}, Node ${process.version}`);
console.log(`load average ${loadavg()[0]?.toFixed(1)}; the more others run, the worse the figures`);
console.log(`model ${model.length} bytes, loaded in ${load.toFixed(0)} ms`);

const short = chat("What is the capital of France?");
const long = chat(
  ...Array.from({ length: 12 }, (_, i) => `Tell me a story about a very old robot number ${i}.`),
);
for (const backend of ["simd", "plain"] as const) {
  const engine = createEmbeddedEngine({ model, tokenizer, backend });
  await time(engine, short, 64);
  const timings: Timing[] = [];
  const longFirst = await best(async () => (await time(engine, long, 1)).first);
  for (let round = 0; round < rounds; round++) timings.push(await time(engine, short, 128));
  const first = Math.min(...timings.map((timing) => timing.first));
  const perToken = Math.min(...timings.map((timing) => timing.perToken));
  console.log(
    `${backend}: first token after ${first.toFixed(0)} ms (${short.length} prompt tokens), ` +
      `${longFirst.toFixed(0)} ms (${long.length}); ${(1000 / perToken).toFixed(0)} tokens/s`,
  );
}

const engine = createEmbeddedEngine({ model, tokenizer });
const started = performance.now();
const all = await Promise.all([1, 2, 3, 4].map(() => time(engine, short, 128)));
const total = all.reduce((sum, { tokens }) => sum + tokens, 0);
const seconds = (performance.now() - started) / 1000;
console.log(`four requests at once: ${(total / seconds).toFixed(0)} tokens/s in all`);
