// Model files with random weights, for tests that need a model but not a sensible one.

import { Random } from "../../../../../tools/toy/corpus/random.ts";
import { architectureMetadata, toStoredTensors } from "../../../../../tools/toy/export-model.ts";
import { countWeights, layOutTensors, type Shape } from "../../../../../tools/toy/shape.ts";
import { type Metadata, type StoredType, writeGguf } from "../../../../../tools/toy/write-gguf.ts";

export const smallShape: Shape = {
  vocabulary: 96,
  width: 64,
  layers: 2,
  heads: 2,
  hidden: 160,
  context: 256,
  epsilon: 1e-5,
  ropeBase: 10_000,
};

/** Weights large enough that the answers differ between prompts. */
export function randomWeights(shape: Shape, seed: number): Float32Array {
  const random = new Random(seed);
  const tensors = layOutTensors(shape);
  const weights = new Float32Array(countWeights(tensors));
  for (const tensor of tensors) {
    const scale = tensor.kind === "embedding" ? 1 : 1.5 / Math.sqrt(tensor.columns);
    for (let i = 0; i < tensor.rows * tensor.columns; i++) {
      weights[tensor.offset + i] =
        tensor.kind === "norm" ? 0.5 + random.next() : (random.next() * 2 - 1) * scale;
    }
  }
  return weights;
}

/** A GGUF file with a vocabulary of `t0`, `t1`, … whose last token ends generation. */
export function randomModel(
  options: { shape?: Shape; seed?: number; type?: StoredType; metadata?: Record<string, Metadata> } = {},
): Uint8Array {
  const { shape = smallShape, seed = 1, type = "F32", metadata = {} } = options;
  return writeGguf(
    {
      ...architectureMetadata("random", shape, type),
      "tokenizer.ggml.model": { type: "string", value: "gpt2" },
      "tokenizer.ggml.tokens": {
        type: "string[]",
        value: Array.from({ length: shape.vocabulary }, (_, index) => `t${index}`),
      },
      "tokenizer.ggml.eos_token_id": { type: "u32", value: shape.vocabulary - 1 },
      ...metadata,
    },
    toStoredTensors(shape, randomWeights(shape, seed), type),
  );
}
