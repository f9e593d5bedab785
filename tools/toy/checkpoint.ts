// Checkpoints: the weights and the optimiser's memory after a step, enough to go on as if nothing had happened.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { TrainingMemory } from "./training.ts";

/** Writes weights and optimiser state; a reader never sees half a file. */
export function writeCheckpoint(
  path: string,
  step: number,
  memory: WebAssembly.Memory,
  plan: TrainingMemory,
  count: number,
): void {
  const values = new Float32Array(1 + 3 * count);
  values[0] = step;
  [plan.weights, plan.first, plan.second].forEach((start, index) => {
    values.set(new Float32Array(memory.buffer, start, count), 1 + index * count);
  });
  writeFileSync(`${path}.part`, new Uint8Array(values.buffer));
  renameSync(`${path}.part`, path);
}

/** Puts a checkpoint back into memory and returns the first step to run. */
export function readCheckpoint(
  path: string,
  memory: WebAssembly.Memory,
  plan: TrainingMemory,
  count: number,
): number {
  const values = readCheckpointValues(path);
  if (values.length !== 1 + 3 * count) {
    throw new RangeError(`${path} holds ${values.length} values, this configuration needs ${1 + 3 * count}`);
  }
  [plan.weights, plan.first, plan.second].forEach((start, index) => {
    const from = 1 + index * count;
    new Float32Array(memory.buffer, start, count).set(values.subarray(from, from + count));
  });
  return (values[0] ?? 0) + 1;
}

/** All values of a checkpoint: the step, then weights and optimiser state. */
export function readCheckpointValues(path: string): Float32Array {
  const file = readFileSync(path);
  return new Float32Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength));
}
