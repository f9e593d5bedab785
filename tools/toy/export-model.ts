// Turns trained weights into a GGUF file: the metadata of a llama-architecture model, the token table, and how the
// model was made.

import { toPrintable } from "../../packages/tokenwire/src/engines/embedded/token-table.ts";
import type { TrainingConfig } from "./config.ts";
import { layOutTensors, type Shape } from "./shape.ts";
import { type Row, specialIds } from "./vocabulary.ts";
import { type Metadata, type StoredTensor, type StoredType, writeGguf } from "./write-gguf.ts";

const text = (value: string): Metadata => ({ type: "string", value });
const integer = (value: number): Metadata => ({ type: "u32", value });
const float = (value: number): Metadata => ({ type: "f32", value });

/** Numbers by which GGUF names the prevailing tensor type. */
const fileTypes: Readonly<Record<StoredType, number>> = { F32: 0, F16: 1, Q8_0: 7 };

/** Metadata of the architecture, as llama.cpp expects it. */
export function architectureMetadata(name: string, shape: Shape, type: StoredType): Record<string, Metadata> {
  return {
    "general.architecture": text("llama"),
    "general.name": text(name),
    "general.file_type": integer(fileTypes[type]),
    "llama.context_length": integer(shape.context),
    "llama.embedding_length": integer(shape.width),
    "llama.block_count": integer(shape.layers),
    "llama.feed_forward_length": integer(shape.hidden),
    "llama.attention.head_count": integer(shape.heads),
    "llama.attention.head_count_kv": integer(shape.heads),
    "llama.attention.layer_norm_rms_epsilon": float(shape.epsilon),
    "llama.rope.freq_base": float(shape.ropeBase),
    "llama.rope.dimension_count": integer(shape.width / shape.heads),
    "llama.vocab_size": integer(shape.vocabulary),
  };
}

/** The weights as tensors of a file; norms stay F32. */
export function toStoredTensors(shape: Shape, weights: Float32Array, type: StoredType): StoredTensor[] {
  return layOutTensors(shape).map((tensor) => ({
    name: tensor.name,
    dimensions: tensor.kind === "norm" ? [tensor.columns] : [tensor.columns, tensor.rows],
    type: tensor.kind === "norm" ? "F32" : type,
    values: weights.subarray(tensor.offset, tensor.offset + tensor.rows * tensor.columns),
  }));
}

/** One more than the largest id of o200k_harmony. */
const harmonyVocabulary = 201_088;

/** The model file. */
export function exportModel(
  config: TrainingConfig,
  rows: readonly Row[],
  weights: Float32Array,
  type: StoredType,
): Uint8Array {
  const rowOf = (name: string) => integer(rows.findIndex((row) => row.special && row.bytes === name));
  return writeGguf(
    {
      ...architectureMetadata("tokenwire-toy", config.shape, type),
      "general.description": text(
        "A toy trained on synthetic conversations to show the machinery; it has no knowledge.",
      ),
      "general.license": text("Apache-2.0"),
      "general.sampling.temp": float(0.4),
      "tokenizer.ggml.model": text("gpt2"),
      "tokenizer.ggml.pre": text("gpt-4o"),
      "tokenizer.ggml.tokens": {
        type: "string[]",
        value: rows.map((row) => (row.special ? `<|${row.bytes}|>` : toPrintable(row.bytes))),
      },
      "tokenizer.ggml.token_type": { type: "i32[]", value: rows.map((row) => (row.special ? 3 : 1)) },
      "tokenizer.ggml.bos_token_id": rowOf("startoftext"),
      "tokenizer.ggml.eos_token_id": rowOf("return"),
      "tokenizer.ggml.padding_token_id": rowOf("endoftext"),
      "tokenizer.ggml.add_bos_token": { type: "bool", value: false },
      "tokenwire.encoding": text("o200k_harmony"),
      "tokenwire.vocab_size": integer(harmonyVocabulary),
      "tokenwire.row_ids": { type: "u32[]", value: rows.map((row) => row.id) },
      "tokenwire.eos_ids": {
        type: "u32[]",
        value: ["return", "call", "endoftext"].map((name) => specialIds[name] ?? 0),
      },
      "tokenwire.training": text(JSON.stringify(config)),
    },
    toStoredTensors(config.shape, weights, type),
  );
}
