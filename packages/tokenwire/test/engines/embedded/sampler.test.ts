import { describe, expect, it } from "vitest";
import { createGenerator, largest, logSoftmax, Sampler } from "../../../src/engines/embedded/sampler.ts";
import type { Sampling } from "../../../src/engines/engine.ts";

const noRules = { bias: new Map<number, number>(), stops: [] };

function sampler(sampling: Partial<Sampling>, rules: object = {}, prompt: number[] = [], seed = 1): Sampler {
  return new Sampler({ maxTokens: 10, ...sampling }, { ...noRules, ...rules }, prompt, 4, seed);
}

const logits = Float32Array.from([1, 3, 2, 0]);

/** How often each row is drawn. */
function draw(sampling: Partial<Sampling>, times = 4000): number[] {
  const counts = [0, 0, 0, 0];
  const one = sampler(sampling);
  for (let i = 0; i < times; i++) counts[one.sample(logits)!]!++;
  return counts.map((count) => count / times);
}

describe("createGenerator", () => {
  it("is mulberry32", () => {
    const next = createGenerator(1);
    expect([next(), next(), next()]).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522]);
  });
});

describe("logSoftmax and largest", () => {
  it("turn logits into probabilities that sum to one", () => {
    const out = new Float64Array(4);
    logSoftmax(logits, out);
    expect(out.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 12);
    expect(out[1]! - out[0]!).toBeCloseTo(2, 12);
  });

  it("give the largest first, the lower index among equals", () => {
    expect(largest([1, 3, 2, 3, 0], 3)).toEqual([1, 3, 2]);
    expect(largest([1, 1], 5)).toEqual([0, 1]);
    expect(largest([1, 2], 0)).toEqual([]);
  });
});

describe("Sampler", () => {
  it("takes the best at temperature 0, the lowest row among equals", () => {
    expect(sampler({ temperature: 0 }).sample(logits)).toBe(1);
    expect(sampler({ temperature: 0 }).sample(Float32Array.from([2, 5, 5, 5]))).toBe(1);
  });

  it("draws in proportion to the probabilities", () => {
    const total = [1, 3, 2, 0].reduce((sum, logit) => sum + Math.exp(logit), 0);
    draw({ temperature: 1 }).forEach((share, row) => {
      expect(Math.abs(share - Math.exp(logits[row]!) / total)).toBeLessThan(0.03);
    });
  });

  it("flattens with temperature", () => {
    const hot = draw({ temperature: 50 });
    for (const share of hot) expect(share).toBeGreaterThan(0.2);
  });

  it("cuts by top-k, top-p and min-p, in this order, and never the best", () => {
    const drawn = (sampling: Partial<Sampling>) => draw(sampling, 400).map((share) => share > 0);
    expect(drawn({ topK: 2 })).toEqual([false, true, true, false]);
    expect(drawn({ topP: 0.1 })).toEqual([false, true, false, false]);
    expect(drawn({ topP: 0.7 })).toEqual([false, true, true, false]);
    expect(drawn({ minP: 0.2 })).toEqual([false, true, true, false]);
    expect(drawn({ minP: 1 })).toEqual([false, true, false, false]);
    expect(drawn({ topK: 3, topP: 0.99 })).toEqual([true, true, true, false]);
  });

  it("gives the same rows for the same seed", () => {
    const run = (seed: number) => {
      const one = sampler({ temperature: 1 }, {}, [], seed);
      return Array.from({ length: 30 }, () => one.sample(logits));
    };
    expect(run(5)).toEqual(run(5));
    expect(run(5)).not.toEqual(run(6));
  });

  it("adds biases before anything else", () => {
    expect(sampler({ temperature: 0 }, { bias: new Map([[1, -100]]) }).sample(logits)).toBe(2);
    expect(sampler({ temperature: 1 }, { bias: new Map([[3, 100]]) }).sample(logits)).toBe(3);
  });

  it("penalises rows of prompt and output by repetition, of the output by frequency and presence", () => {
    expect(sampler({ temperature: 0, repetitionPenalty: 2 }, {}, [1]).sample(logits)).toBe(2);
    expect(sampler({ temperature: 0, repetitionPenalty: 2 }).sample(logits)).toBe(1);
    expect(
      sampler({ temperature: 0, repetitionPenalty: 3 }, {}, [1]).sample(Float32Array.from([-4, -1, -2, -5])),
    ).toBe(2);
    const presence = sampler({ temperature: 0, presencePenalty: 1.5 }, {}, [1]);
    expect([presence.sample(logits), presence.sample(logits), presence.sample(logits)]).toEqual([1, 2, 1]);
    const frequency = sampler({ temperature: 0, frequencyPenalty: 0.6 });
    expect(Array.from({ length: 4 }, () => frequency.sample(logits))).toEqual([1, 1, 2, 1]);
  });

  it("keeps to allowed rows, holds back stops, and says when nothing is left", () => {
    expect(sampler({ temperature: 0 }, { allowed: new Set([0, 3]) }).sample(logits)).toBe(0);
    const patient = sampler({ temperature: 0, minTokens: 2 }, { stops: [1] });
    expect([patient.sample(logits), patient.sample(logits), patient.sample(logits)]).toEqual([2, 2, 1]);
    expect(sampler({ temperature: 0 }).sample(logits, () => false)).toBeUndefined();
    expect(sampler({ temperature: 1 }).sample(logits, () => false)).toBeUndefined();
    expect(sampler({ temperature: 1 }).sample(logits, (row) => row === 3)).toBe(3);
  });
});
