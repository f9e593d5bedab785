// When worker threads pay: batches encoded by `encodeBatch`, and by `encodeBatchInWorkers` in threads that have to be
// started, and in those that wait from the call before. Uses the built packages: npm run build first.
//
//     node scripts/run-typescript.mjs bench/tokenizer/batch.ts [--encoding o200k_base] [--workers 2]
//
// Time is the clock's, since threads are there to save it: a machine that does other things as well shows no gain. Each
// figure is the best of three processes.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildCorpora } from "./corpora.ts";

const { values } = parseArgs({
  options: {
    encoding: { type: "string", default: "o200k_base" },
    workers: { type: "string", default: String(availableParallelism()) },
    job: { type: "string" },
  },
});

/** Sizes of batches in million UTF-16 units. */
const SIZES = [1, 4, 16, 64];
const ROUNDS = 3;

interface Job {
  readonly file: string;
  readonly units: number;
}

/** Milliseconds. */
interface Times {
  readonly here: number;
  readonly started: number;
  readonly waiting: number;
}

const runner = fileURLToPath(new URL("../../scripts/run-typescript.mjs", import.meta.url));
const self = fileURLToPath(import.meta.url);

async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Texts of so many units in all: those of the file, again and again, each time with another beginning. */
function batchOf({ file, units }: Job): string[] {
  const documents = JSON.parse(readFileSync(file, "utf8")) as string[];
  const texts: string[] = [];
  for (let sum = 0, i = 0; sum < units; i++) {
    const text = `${i} ${documents[i % documents.length]}`;
    texts.push(text);
    sum += text.length;
  }
  return texts;
}

async function measure(job: Job): Promise<Times> {
  const built = new URL("../../packages/", import.meta.url);
  const { getEncoding } = await import(new URL("encodings/dist/index.js", built).href);
  const { encodeBatchInWorkers } = await import(new URL("tokenwire/dist/tokenizer/index.js", built).href);
  const texts = batchOf(job);
  const options = { disallowedSpecial: [] };
  const threads = { ...options, threshold: 0, workers: Number(values.workers) };
  const encoding = getEncoding(values.encoding);
  encoding.encodeBatch(texts.slice(0, 20), options);
  return {
    here: await timed(() => encoding.encodeBatch(texts, options)),
    started: await timed(() => encodeBatchInWorkers(values.encoding, texts, threads)),
    waiting: await timed(() => encodeBatchInWorkers(values.encoding, texts, threads)),
  };
}

function bestOf(job: Job): Times {
  const args = [runner, self, "--encoding", values.encoding, "--workers", values.workers];
  const all = Array.from({ length: ROUNDS }, () => {
    const output = execFileSync(process.execPath, [...args, "--job", JSON.stringify(job)], {
      encoding: "utf8",
    });
    return JSON.parse(output) as Times;
  });
  const best = (name: keyof Times): number => Math.min(...all.map((times) => times[name]));
  return { here: best("here"), started: best("started"), waiting: best("waiting") };
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), "tokenwire-bench-"));
  console.log(
    `${values.encoding}; Node ${process.version}; ${cpus()[0]?.model} × ${cpus().length}; load ${loadavg()[0]?.toFixed(1)}; ${values.workers} threads`,
  );
  console.log("milliseconds; in brackets: times the figure without threads, below 1 is a gain");
  console.log(
    `${"".padEnd(12)}${["units", "no threads", "new threads", "waiting ones"].map((head) => head.padStart(16)).join("")}`,
  );
  const corpora = buildCorpora();
  const chat = corpora.filter(({ name }) => name === "chat");
  const others = corpora.filter(({ name }) => name !== "chat" && name !== "random unicode");
  for (const [kind, from] of [
    ["documents", others],
    ["chat", chat],
  ] as const) {
    const file = join(folder, `${kind}.json`);
    writeFileSync(file, JSON.stringify(from.flatMap(({ documents }) => documents)));
    for (const size of SIZES) {
      const { here, started, waiting } = bestOf({ file, units: size * 1e6 });
      const cell = (time: number): string => `${time.toFixed(0)} (${(time / here).toFixed(2)})`.padStart(16);
      console.log(
        `${kind.padEnd(12)}${`${size} million`.padStart(16)}${here.toFixed(0).padStart(16)}${cell(started)}${cell(waiting)}`,
      );
    }
  }
  rmSync(folder, { recursive: true });
}

if (values.job === undefined) main();
else console.log(JSON.stringify(await measure(JSON.parse(values.job) as Job)));
