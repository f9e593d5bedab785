import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBatch, DocumentEncoder } from "../../../../../tools/toy/batches.ts";
import { compileKernels } from "../../../../../tools/toy/compile-kernels.mjs";
import type { TrainingConfig } from "../../../../../tools/toy/config.ts";
import { Random } from "../../../../../tools/toy/corpus/random.ts";
import { architectureMetadata, toStoredTensors } from "../../../../../tools/toy/export-model.ts";
import { Arena, bindKernels, createMemory, firstFreeByte } from "../../../../../tools/toy/kernels.ts";
import { type Batch, Network } from "../../../../../tools/toy/network.ts";
import { rateAt } from "../../../../../tools/toy/optimizer.ts";
import { countWeights, layOutTensors, type Shape } from "../../../../../tools/toy/shape.ts";
import {
  arenaBytes,
  initialiseWeights,
  planMemory,
  trainAsWorker,
} from "../../../../../tools/toy/training.ts";
import { chooseRows, specialIds } from "../../../../../tools/toy/vocabulary.ts";
import { writeGguf } from "../../../../../tools/toy/write-gguf.ts";
import { matrixKernel } from "../../../src/engines/embedded/generated/matrix-kernel.ts";
import { loadLlamaModel } from "../../../src/engines/embedded/model.ts";
import { Runner } from "../../../src/engines/embedded/runner.ts";

const folder = mkdtempSync(join(tmpdir(), "tokenwire-kernels-"));
let module: WebAssembly.Module;

beforeAll(async () => {
  const file = join(folder, "kernels.wasm");
  await compileKernels("index.ts", file, true);
  module = new WebAssembly.Module(readFileSync(file));
});

it("the engine carries the kernel that its source compiles to", async () => {
  const file = join(folder, "matrix.wasm");
  await compileKernels("inference.ts", file, false);
  expect(readFileSync(file).toString("base64")).toBe(matrixKernel);
});

afterAll(() => rmSync(folder, { recursive: true }));

const tiny: Shape = {
  vocabulary: 12,
  width: 8,
  layers: 2,
  heads: 2,
  hidden: 12,
  context: 64,
  epsilon: 1e-5,
  ropeBase: 10_000,
};

/** A network with lively weights, and a batch of documents of several lengths. */
function tinyNetwork() {
  const memory = createMemory(32 << 20);
  const kernels = bindKernels(module, memory);
  const arena = new Arena(firstFreeByte);
  const tensors = layOutTensors(tiny);
  const count = countWeights(tensors);
  const [weightsAt, gradientsAt] = [arena.take(count), arena.take(count)];
  const random = new Random(5);
  const weights = new Float32Array(memory.buffer, weightsAt, count);
  for (const tensor of tensors) {
    for (let i = tensor.offset; i < tensor.offset + tensor.rows * tensor.columns; i++) {
      weights[i] = tensor.kind === "norm" ? 0.7 + 0.6 * random.next() : 0.6 * (random.next() * 2 - 1);
    }
  }
  const lengths = [40, 3, 1, 37];
  const n = 81;
  const batch: Batch = {
    tokens: Int32Array.from({ length: n }, () => random.integer(0, 11)),
    targets: Int32Array.from({ length: n }, () => random.integer(0, 11)),
    weights: Float32Array.from({ length: n }, () => random.pick([0, 0.1, 1])),
    lengths,
  };
  const network = new Network(kernels, memory, tiny, weightsAt, 96, arena);
  const gradients = new Float32Array(memory.buffer, gradientsAt, count);
  return { network, batch, weights, gradients, gradientsAt, tensors, random };
}

describe("Network", () => {
  it("has the gradients that finite differences give, in every tensor", () => {
    const { network, batch, weights, gradients, gradientsAt, tensors, random } = tinyNetwork();
    network.run(batch, gradientsAt);
    const step = 0.01;
    for (const tensor of tensors) {
      let difference = 0;
      let size = 0;
      for (let sample = 0; sample < 12; sample++) {
        const i = tensor.offset + random.integer(0, tensor.rows * tensor.columns - 1);
        const value = weights[i]!;
        weights[i] = value + step;
        const above = network.run(batch);
        weights[i] = value - step;
        const below = network.run(batch);
        weights[i] = value;
        const slope = (above - below) / (2 * step);
        difference += Math.abs(slope - gradients[i]!);
        size += Math.abs(slope) + Math.abs(gradients[i]!);
      }
      expect(difference / size, tensor.name).toBeLessThan(3e-3);
    }
  });

  it("computes what the engine computes", () => {
    const { network, batch, weights } = tinyNetwork();
    const file = writeGguf(architectureMetadata("tiny", tiny, "F32"), toStoredTensors(tiny, weights, "F32"));
    const runner = new Runner(loadLlamaModel(file));
    let loss = 0;
    let total = 0;
    let at = 0;
    for (const length of batch.lengths) {
      const cache = runner.createCache();
      for (let position = 0; position < length; position++, at++) {
        const logits = new Float32Array(tiny.vocabulary);
        runner.evaluate([batch.tokens[at]!], cache, logits);
        const sum = logits.reduce((all, logit) => all + Math.exp(logit), 0);
        loss += batch.weights[at]! * (Math.log(sum) - logits[batch.targets[at]!]!);
        total += batch.weights[at]!;
      }
    }
    expect(network.run(batch)).toBeCloseTo(loss / total, 4);
  });

  it("refuses a batch beyond its capacity", () => {
    const { network, batch } = tinyNetwork();
    const tokens = new Int32Array(97);
    expect(() => network.run({ ...batch, tokens })).toThrow(/capacity is 96/);
  });
});

/** Every byte and special token, and nothing else. */
const byteRows = chooseRows(1, 256 + Object.keys(specialIds).length, (bytes) =>
  bytes.length === 1 ? bytes.charCodeAt(0) : undefined,
);

const smallRun: TrainingConfig = {
  shape: { ...tiny, vocabulary: 268, width: 16, heads: 2, hidden: 32, context: 2048 },
  optimizer: {
    matrixRate: 0.02,
    vectorRate: 3e-3,
    momentum: 0.95,
    decay: 0.05,
    steps: 4,
    warmup: 2,
    fallFrom: 0.5,
    finalShare: 0.1,
  },
  seed: 3,
  parts: 2,
  partTokens: 2048,
  drills: { from: 2, share: 0.5 },
};

function train(firstStep = 0, start?: { weights: Float32Array; first: Float32Array; second: Float32Array }) {
  const plan = planMemory(smallRun, 1, arenaBytes(smallRun));
  const memory = createMemory(plan.bytes);
  const count = countWeights(layOutTensors(smallRun.shape));
  const view = (at: number) => new Float32Array(memory.buffer, at, count);
  initialiseWeights(smallRun, view(plan.weights));
  for (const name of ["weights", "first", "second"] as const) if (start) view(plan[name]).set(start[name]);
  const losses: number[] = [];
  const states: { weights: Float32Array; first: Float32Array; second: Float32Array }[] = [];
  trainAsWorker({
    config: smallRun,
    module,
    memory,
    plan,
    rows: byteRows,
    worker: 0,
    workers: 1,
    firstStep,
    control: new Int32Array(new SharedArrayBuffer(64)),
    losses: new Float64Array(2),
    onStep: (_, loss) => {
      losses.push(loss);
      states.push({
        weights: view(plan.weights).slice(),
        first: view(plan.first).slice(),
        second: view(plan.second).slice(),
      });
    },
  });
  return { losses, states };
}

describe("trainAsWorker", () => {
  it("learns, repeats itself bit for bit, and goes on from a checkpoint as if nothing had happened", () => {
    const once = train();
    expect(once.losses).toHaveLength(4);
    expect(once.losses.at(-1)).toBeLessThan(once.losses[0]! - 0.05);
    expect(train().losses).toEqual(once.losses);
    const resumed = train(2, once.states[1]);
    expect(resumed.losses).toEqual(once.losses.slice(2));
    expect(resumed.states.at(-1)?.weights).toEqual(once.states.at(-1)?.weights);
  });

  it("warms up, holds and falls", () => {
    const at = [0, 1, 2, 3, 4].map((step) => rateAt(smallRun.optimizer, step));
    expect(at).toEqual([0.5, 1, 1, expect.closeTo(0.55), expect.closeTo(0.1)]);
  });
});

describe("createBatch", () => {
  it("is a function of seed, step and part", () => {
    const encoder = new DocumentEncoder(byteRows);
    const batch = createBatch(encoder, 1, 2, 3, 2048);
    expect(createBatch(encoder, 1, 2, 3, 2048)).toEqual(batch);
    expect(createBatch(encoder, 1, 2, 4, 2048)).not.toEqual(batch);
    expect(batch.lengths.reduce((sum, length) => sum + length, 0)).toBe(batch.tokens.length);
    expect(batch.tokens.length).toBeLessThanOrEqual(2048);
    const [length = 0] = batch.lengths;
    expect(batch.targets.slice(0, length - 1)).toEqual(batch.tokens.slice(1, length));
  });
});
