// The configuration of the shipped model. It is written into the model file, so that a file says how it was made.

import type { OptimizerOptions } from "./optimizer.ts";
import type { Shape } from "./shape.ts";

export interface TrainingConfig {
  readonly shape: Shape;
  readonly optimizer: OptimizerOptions;
  /** Seeds the table, the first weights and the corpus. */
  readonly seed: number;
  /** Batch of one step: so many parts of at most so many tokens. */
  readonly parts: number;
  readonly partTokens: number;
  /** Drills of sums and capitals: their share of the documents from a step on. */
  readonly drills: { readonly from: number; readonly share: number };
}

/** Configuration of the shipped model, with another number of steps if wanted. */
export function shippedConfig(steps: number): TrainingConfig {
  return {
    shape: {
      vocabulary: 1280,
      width: 128,
      layers: 4,
      heads: 4,
      hidden: 352,
      context: 2048,
      epsilon: 1e-5,
      ropeBase: 10_000,
    },
    optimizer: {
      matrixRate: 0.02,
      vectorRate: 3e-3,
      momentum: 0.95,
      decay: 0.05,
      steps,
      warmup: 40,
      fallFrom: 0.4,
      finalShare: 0.02,
    },
    seed: 7,
    parts: 4,
    partTokens: 1152,
    drills: { from: Math.round((steps * 2) / 3), share: 0.35 },
  };
}
