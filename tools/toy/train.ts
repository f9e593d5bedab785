// `npm run train`: trains the toy model with worker threads and leaves checkpoints.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { shippedConfig } from "./config.ts";
import { createMemory } from "./kernels.ts";
import { countWeights, layOutTensors } from "./shape.ts";
import { loadTokenIds } from "./token-ids.ts";
import { arenaBytes, initialiseWeights, planMemory, trainAsWorker, type WorkerTask } from "./training.ts";
import { chooseRows } from "./vocabulary.ts";

interface Job extends Omit<WorkerTask, "onStep"> {
  readonly folder: string;
}

/** Steps between checkpoints. */
const checkpointEvery = 200;

function runWorker(job: Job): void {
  const count = countWeights(layOutTensors(job.config.shape));
  trainAsWorker({
    ...job,
    onStep: (step, loss) => {
      parentPort?.postMessage({ step, loss });
      const last = step === job.config.optimizer.steps - 1;
      if ((step + 1) % checkpointEvery === 0 || last) {
        writeCheckpoint(join(job.folder, "checkpoint.bin"), step, job.memory, job.plan, count);
      }
    },
  });
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new RangeError(`${option} is "${text}"; a positive integer is accepted.`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      steps: { type: "string", default: "3000" },
      workers: { type: "string", default: "2" },
      out: { type: "string", default: "tools/toy/out" },
      kernels: { type: "string" },
      resume: { type: "boolean", default: false },
    },
  });
  const config = shippedConfig(positive("--steps", values.steps));
  const folder = values.out;
  const workers = positive("--workers", values.workers);
  mkdirSync(folder, { recursive: true });
  const idOf = await loadTokenIds();
  const rows = chooseRows(config.seed, config.shape.vocabulary, idOf);
  writeFileSync(join(folder, "model.json"), JSON.stringify({ config, rows }, undefined, 1));
  const plan = planMemory(config, workers, arenaBytes(config));
  const memory = createMemory(plan.bytes);
  const count = countWeights(layOutTensors(config.shape));
  initialiseWeights(config, new Float32Array(memory.buffer, plan.weights, count));
  const path = join(folder, "checkpoint.bin");
  const firstStep = values.resume ? readCheckpoint(path, memory, plan, count) : 0;
  const module = new WebAssembly.Module(readFileSync(values.kernels ?? "tools/toy/out/kernels.wasm"));
  const control = new Int32Array(new SharedArrayBuffer(64));
  const losses = new Float64Array(new SharedArrayBuffer(8 * config.parts));
  console.log(`${count} weights, ${rows.length} rows, ${config.optimizer.steps} steps, ${workers} workers`);
  const started = performance.now();
  let smooth: number | undefined;
  for (let worker = 0; worker < workers; worker++) {
    const job: Job = {
      config,
      module,
      memory,
      plan,
      rows,
      worker,
      workers,
      firstStep,
      control,
      losses,
      folder,
    };
    const thread = new Worker(new URL(import.meta.url), { workerData: job });
    thread.on("error", (error) => {
      console.error(error);
      process.exit(1);
    });
    thread.on("message", ({ step, loss }: { step: number; loss: number }) => {
      smooth = smooth === undefined ? loss : 0.95 * smooth + 0.05 * loss;
      if (step % 20 !== 0 && step !== config.optimizer.steps - 1) return;
      const seconds = (performance.now() - started) / 1000;
      const rate = seconds / (step + 1 - firstStep);
      console.log(
        `step ${step} loss ${smooth.toFixed(4)} ${seconds.toFixed(0)} s, ${rate.toFixed(3)} s/step, ` +
          `${((rate * (config.optimizer.steps - step)) / 60).toFixed(0)} min left`,
      );
    });
  }
}

if (isMainThread) await main();
else runWorker(workerData as Job);
