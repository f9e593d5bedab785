// A model as the runner needs it: hyper-parameters, tensors as f32, and the table of tokens, all out of a GGUF file of
// architecture llama. The file's bytes are passed in, so that the same code runs in a browser.

import { type GgufFile, type GgufValue, readGguf } from "@tokenwire/core/gguf";
import { readTensor } from "./dequantise.ts";
import { damagedModel } from "./model-error.ts";

export interface LlamaShape {
  readonly vocabulary: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Key and value heads; several query heads may share one. */
  readonly keyHeads: number;
  readonly hidden: number;
  /** Most positions that the file declares. */
  readonly context: number;
  readonly epsilon: number;
  readonly ropeBase: number;
}

export interface LlamaLayer {
  readonly attentionNorm: Float32Array;
  readonly query: Float32Array;
  readonly key: Float32Array;
  readonly value: Float32Array;
  readonly attentionOutput: Float32Array;
  readonly feedForwardNorm: Float32Array;
  readonly gate: Float32Array;
  readonly up: Float32Array;
  readonly down: Float32Array;
}

export interface LlamaModel {
  readonly name: string;
  readonly shape: LlamaShape;
  readonly embedding: Float32Array;
  readonly layers: readonly LlamaLayer[];
  readonly outputNorm: Float32Array;
  /** The same array as `embedding` when the file ties them. */
  readonly output: Float32Array;
  readonly metadata: ReadonlyMap<string, GgufValue>;
}

/** Largest accepted hyper-parameters: what a toy runner can be asked to do. */
const limits = { width: 8192, layers: 128, heads: 256, hidden: 65_536, context: 1_048_576 } as const;

/**
 * Reads a GGUF file of architecture llama with F32, F16 or Q8_0 tensors.
 *
 * @throws INVALID_GGUF when the file is damaged, incomplete, of another architecture, or contradicts itself.
 * @example const model = loadLlamaModel(await readFile("model.gguf"));
 */
export function loadLlamaModel(bytes: Uint8Array): LlamaModel {
  const file = readGguf(bytes);
  if (file === undefined) throw damagedModel("the file ends before its tensor data.");
  const shape = readShape(file);
  const tensors = new Map(file.tensors.map((tensor) => [tensor.name, tensor]));
  const tensor = (name: string, ...dimensions: number[]): Float32Array => {
    const info = tensors.get(name);
    if (info === undefined) throw damagedModel(`tensor "${name}" is missing.`);
    if (info.dimensions.join("×") !== dimensions.join("×")) {
      throw damagedModel(
        `tensor "${name}" is ${info.dimensions.join("×")}; its hyper-parameters say ${dimensions.join("×")}.`,
      );
    }
    return readTensor(bytes, info);
  };
  const { width, hidden, vocabulary } = shape;
  const keyWidth = (width / shape.heads) * shape.keyHeads;
  const embedding = tensor("token_embd.weight", width, vocabulary);
  const name = file.metadata.get("general.name");
  return {
    name: typeof name === "string" && name !== "" ? name : "unnamed",
    shape,
    embedding,
    layers: Array.from({ length: shape.layers }, (_, index) => {
      const prefix = `blk.${index}.`;
      return {
        attentionNorm: tensor(`${prefix}attn_norm.weight`, width),
        query: tensor(`${prefix}attn_q.weight`, width, width),
        key: tensor(`${prefix}attn_k.weight`, width, keyWidth),
        value: tensor(`${prefix}attn_v.weight`, width, keyWidth),
        attentionOutput: tensor(`${prefix}attn_output.weight`, width, width),
        feedForwardNorm: tensor(`${prefix}ffn_norm.weight`, width),
        gate: tensor(`${prefix}ffn_gate.weight`, width, hidden),
        up: tensor(`${prefix}ffn_up.weight`, width, hidden),
        down: tensor(`${prefix}ffn_down.weight`, hidden, width),
      };
    }),
    outputNorm: tensor("output_norm.weight", width),
    output: tensors.has("output.weight") ? tensor("output.weight", width, vocabulary) : embedding,
    metadata: file.metadata,
  };
}

function readShape(file: GgufFile): LlamaShape {
  const architecture = file.metadata.get("general.architecture");
  if (architecture !== "llama") {
    throw damagedModel(
      `general.architecture is ${JSON.stringify(architecture ?? null)}; only "llama" can be run.`,
    );
  }
  const number = (key: string, fallback?: number): number => {
    const value = file.metadata.get(key) ?? fallback;
    if (typeof value !== "number" || !(value > 0)) {
      throw damagedModel(`metadata "${key}" is ${String(value)}; a positive number is needed.`);
    }
    return value;
  };
  const integer = (key: string, limit: number, fallback?: number): number => {
    const value = number(key, fallback);
    if (!Number.isInteger(value) || value > limit) {
      throw damagedModel(`metadata "${key}" is ${value}; an integer up to ${limit} is accepted.`);
    }
    return value;
  };
  const width = integer("llama.embedding_length", limits.width);
  const heads = integer("llama.attention.head_count", limits.heads);
  const keyHeads = integer("llama.attention.head_count_kv", limits.heads, heads);
  if (width % heads !== 0 || heads % keyHeads !== 0 || (width / heads) % 2 !== 0) {
    throw damagedModel(
      `width ${width}, ${heads} heads and ${keyHeads} key heads do not divide into each other evenly.`,
    );
  }
  const headSize = width / heads;
  const rotated = integer("llama.rope.dimension_count", limits.width, headSize);
  if (rotated !== headSize) {
    throw damagedModel(
      `llama.rope.dimension_count is ${rotated}; only the full head size ${headSize} can be run.`,
    );
  }
  const tokens = file.metadata.get("tokenizer.ggml.tokens");
  return {
    vocabulary: integer("llama.vocab_size", 10_000_000, Array.isArray(tokens) ? tokens.length : undefined),
    width,
    layers: integer("llama.block_count", limits.layers),
    heads,
    keyHeads,
    hidden: integer("llama.feed_forward_length", limits.hidden),
    context: integer("llama.context_length", limits.context),
    epsilon: number("llama.attention.layer_norm_rms_epsilon"),
    ropeBase: number("llama.rope.freq_base", 10_000),
  };
}
