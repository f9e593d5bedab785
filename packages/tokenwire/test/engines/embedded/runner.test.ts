import { describe, expect, it } from "vitest";
import { Random } from "../../../../../tools/toy/corpus/random.ts";
import { createMatrixBackend, maximumVectors } from "../../../src/engines/embedded/matrix.ts";
import { type LlamaModel, loadLlamaModel } from "../../../src/engines/embedded/model.ts";
import { Runner } from "../../../src/engines/embedded/runner.ts";
import { randomModel, smallShape } from "./random-model.ts";

/** The forward pass as it stands in the paper, in double precision, without a cache. */
function naiveLogits(model: LlamaModel, tokens: readonly number[]): number[] {
  const { width, heads, keyHeads, epsilon, ropeBase, vocabulary } = model.shape;
  const size = width / heads;
  const norm = (x: number[], gain: Float32Array) => {
    const scale = 1 / Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length + epsilon);
    return x.map((v, i) => v * scale * gain[i]!);
  };
  const times = (w: Float32Array, x: number[]) =>
    Array.from({ length: w.length / x.length }, (_, row) =>
      x.reduce((sum, v, k) => sum + v * w[row * x.length + k]!, 0),
    );
  const rotate = (x: number[], position: number) =>
    x.map((v, i) => {
      const pair = i % size;
      const angle = position * ropeBase ** (-(pair - (pair % 2)) / size);
      const other = pair % 2 === 0 ? x[i + 1]! : x[i - 1]!;
      return v * Math.cos(angle) + (pair % 2 === 0 ? -other : other) * Math.sin(angle);
    });
  let states = tokens.map((token) =>
    Array.from(model.embedding.subarray(token * width, (token + 1) * width)),
  );
  for (const layer of model.layers) {
    const normed = states.map((x) => norm(x, layer.attentionNorm));
    const q = normed.map((h, t) => rotate(times(layer.query, h), t));
    const k = normed.map((h, t) => rotate(times(layer.key, h), t));
    const v = normed.map((h) => times(layer.value, h));
    states = states.map((x, t) => {
      const out = Array.from({ length: width }, (_, i) => {
        const head = Math.floor(i / size);
        const keyHead = Math.floor((head * keyHeads) / heads);
        const scores = Array.from({ length: t + 1 }, (_, s) => {
          let dot = 0;
          for (let d = 0; d < size; d++) dot += q[t]![head * size + d]! * k[s]![keyHead * size + d]!;
          return Math.exp(dot / Math.sqrt(size));
        });
        const total = scores.reduce((a, b) => a + b, 0);
        return scores.reduce((sum, p, s) => sum + (p / total) * v[s]![keyHead * size + (i % size)]!, 0);
      });
      const middle = times(layer.attentionOutput, out).map((o, i) => o + x[i]!);
      const h = norm(middle, layer.feedForwardNorm);
      const up = times(layer.up, h);
      const active = times(layer.gate, h).map((z, i) => (z / (1 + Math.exp(-z))) * up[i]!);
      return times(layer.down, active).map((o, i) => o + middle[i]!);
    });
  }
  const last = norm(states.at(-1)!, model.outputNorm);
  return times(model.output, last).slice(0, vocabulary);
}

const random = new Random(3);
const tokens = Array.from({ length: 40 }, () => random.integer(0, smallShape.vocabulary - 1));

describe("Runner", () => {
  for (const backend of ["simd", "plain"] as const) {
    it(`agrees with the naive forward pass (${backend})`, () => {
      const model = loadLlamaModel(randomModel());
      const runner = new Runner(model, createMatrixBackend(backend));
      expect(runner.backend).toBe(backend);
      const logits = new Float32Array(smallShape.vocabulary);
      runner.evaluate(tokens, runner.createCache(), logits);
      const expected = naiveLogits(model, tokens);
      const worst = Math.max(...expected.map((value, i) => Math.abs(value - logits[i]!)));
      expect(worst).toBeLessThan(2e-4);
    });
  }

  it("gives the same logits however the prompt is cut into blocks", () => {
    const runner = new Runner(loadLlamaModel(randomModel()));
    const whole = new Float32Array(smallShape.vocabulary);
    runner.evaluate(tokens, runner.createCache(), whole);
    for (const size of [1, 3, 7, 16]) {
      const cache = runner.createCache();
      const logits = new Float32Array(smallShape.vocabulary);
      for (let at = 0; at < tokens.length; at += size)
        runner.evaluate(tokens.slice(at, at + size), cache, logits);
      expect(cache.length).toBe(tokens.length);
      logits.forEach((value, i) => {
        expect(value).toBeCloseTo(whole[i]!, 4);
      });
    }
  });

  it("goes on from a forked cache without touching the original", () => {
    const runner = new Runner(loadLlamaModel(randomModel()));
    const cache = runner.createCache();
    runner.evaluate(tokens, cache);
    const fork = cache.fork(20);
    const logits = new Float32Array(smallShape.vocabulary);
    runner.evaluate([5], fork, logits);
    expect([cache.length, fork.length]).toEqual([40, 21]);
    const fresh = runner.createCache();
    const expected = new Float32Array(smallShape.vocabulary);
    runner.evaluate([...tokens.slice(0, 20), 5], fresh, expected);
    logits.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 4);
    });
  });

  it("shares key heads between query heads", () => {
    const full = loadLlamaModel(randomModel());
    const half = 32 * 64;
    const layers = full.layers.map((layer) => ({
      ...layer,
      key: layer.key.subarray(0, half),
      value: layer.value.subarray(0, half),
    }));
    const model = { ...full, shape: { ...full.shape, keyHeads: 1 }, layers };
    const runner = new Runner(model);
    const logits = new Float32Array(smallShape.vocabulary);
    runner.evaluate(tokens.slice(0, 12), runner.createCache(), logits);
    naiveLogits(model, tokens.slice(0, 12)).forEach((value, i) => {
      expect(logits[i]).toBeCloseTo(value, 3);
    });
  });

  it("refuses tokens and blocks out of range", () => {
    const runner = new Runner(loadLlamaModel(randomModel()));
    expect(() => runner.evaluate([96], runner.createCache())).toThrow(/Token 96/);
    expect(() => runner.evaluate([], runner.createCache())).toThrow(/0 tokens/);
    expect(() => runner.evaluate(new Array(maximumVectors + 1).fill(1), runner.createCache())).toThrow(
      RangeError,
    );
  });
});
