// Memory plan and the loop that every worker runs. A step has two phases: parts of the batch, then tensors. Workers take
// the next part or tensor as they get free, yet sums run in a fixed order, so the result does not depend on who did what.

import { createBatch, DocumentEncoder } from "./batches.ts";
import type { TrainingConfig } from "./config.ts";
import { Random } from "./corpus/random.ts";
import { Arena, bindKernels, firstFreeByte } from "./kernels.ts";
import { Network } from "./network.ts";
import { Optimizer, type OptimizerMemory } from "./optimizer.ts";
import { countWeights, layOutTensors } from "./shape.ts";
import type { Row } from "./vocabulary.ts";

export interface TrainingMemory extends OptimizerMemory {
  /** Arenas of the workers. */
  readonly arenas: readonly number[];
  /** Bytes to allocate. */
  readonly bytes: number;
}

/** Addresses of everything in the shared memory. */
export function planMemory(config: TrainingConfig, workers: number, arenaBytes: number): TrainingMemory {
  const count = countWeights(layOutTensors(config.shape));
  const arena = new Arena(firstFreeByte);
  const weights = arena.take(count);
  const first = arena.take(count);
  const second = arena.take(count);
  const gradients = Array.from({ length: config.parts }, () => arena.take(count));
  const arenas = Array.from({ length: workers }, () => arena.take(arenaBytes / 4));
  return { weights, first, second, gradients, arenas, bytes: arena.end };
}

/** Bytes that one worker needs for activations. */
export function arenaBytes(config: TrainingConfig): number {
  const { width, hidden, heads, layers, vocabulary } = config.shape;
  const perToken =
    layers * (7 * width + 3 * hidden + heads * config.partTokens) + 8 * width + hidden + vocabulary;
  return Math.ceil((config.partTokens * perToken * 4 * 1.1 + 2 ** 22) / 4096) * 4096;
}

/** Normally distributed first weights; projections back into the residual stream are smaller, norms are 1. */
export function initialiseWeights(config: TrainingConfig, weights: Float32Array): void {
  const random = new Random(config.seed);
  for (const tensor of layOutTensors(config.shape)) {
    const values = weights.subarray(tensor.offset, tensor.offset + tensor.rows * tensor.columns);
    const projection = /attn_output|ffn_down/.test(tensor.name);
    const deviation = projection ? 0.02 / Math.sqrt(2 * config.shape.layers) : 0.02;
    for (let i = 0; i < values.length; i++) {
      if (tensor.kind === "norm") values[i] = 1;
      else {
        // The sum of twelve uniform numbers is normal enough and uses nothing that differs between machines.
        let sum = -6;
        for (let k = 0; k < 12; k++) sum += random.next();
        values[i] = sum * deviation;
      }
    }
  }
}

export interface WorkerTask {
  readonly config: TrainingConfig;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly plan: TrainingMemory;
  readonly rows: readonly Row[];
  readonly worker: number;
  readonly workers: number;
  readonly firstStep: number;
  /** Counters: next part, next tensor, arrivals, generation. */
  readonly control: Int32Array;
  /** Loss of each part of the step. */
  readonly losses: Float64Array;
  /** Called by worker 0 after each step, while the others cannot change the weights. */
  readonly onStep?: (step: number, loss: number) => void;
}

const NEXT_PART = 0;
const NEXT_TENSOR = 1;
const ARRIVED = 2;
const GENERATION = 3;

/** Waits until all workers are here; the last one resets the counters. */
function meet(control: Int32Array, workers: number): void {
  const generation = Atomics.load(control, GENERATION);
  if (Atomics.add(control, ARRIVED, 1) === workers - 1) {
    Atomics.store(control, ARRIVED, 0);
    Atomics.store(control, NEXT_PART, 0);
    Atomics.store(control, NEXT_TENSOR, 0);
    Atomics.add(control, GENERATION, 1);
    Atomics.notify(control, GENERATION);
    return;
  }
  while (Atomics.load(control, GENERATION) === generation) Atomics.wait(control, GENERATION, generation);
}

/** Trains from `firstStep` to the end. */
export function trainAsWorker(task: WorkerTask): void {
  const { config, control, losses, memory, plan } = task;
  const kernels = bindKernels(task.module, memory);
  const arena = new Arena(plan.arenas[task.worker] ?? 0);
  const network = new Network(kernels, memory, config.shape, plan.weights, config.partTokens, arena);
  const optimizer = new Optimizer(kernels, config.shape, config.optimizer, plan, arena);
  const encoder = new DocumentEncoder(task.rows);
  // Large tensors first, so that no worker is left alone with one at the end.
  const tensors = [...layOutTensors(config.shape)].sort(
    (a, b) => b.rows * b.columns - a.rows * a.columns || a.offset - b.offset,
  );
  for (let step = task.firstStep; step < config.optimizer.steps; step++) {
    for (let part = take(control, NEXT_PART); part < config.parts; part = take(control, NEXT_PART)) {
      const drills = step < config.drills.from ? 0 : config.drills.share;
      const batch = createBatch(encoder, config.seed, step, part, config.partTokens, drills);
      losses[part] = network.run(batch, plan.gradients[part] ?? 0);
    }
    meet(control, task.workers);
    const loss = losses.reduce((sum, value) => sum + value, 0) / config.parts;
    for (let next = take(control, NEXT_TENSOR); next < tensors.length; next = take(control, NEXT_TENSOR)) {
      const tensor = tensors[next];
      if (tensor !== undefined) optimizer.update(tensor, step);
    }
    meet(control, task.workers);
    if (task.worker === 0) task.onStep?.(step, loss);
  }
}

function take(control: Int32Array, counter: number): number {
  return Atomics.add(control, counter, 1);
}
