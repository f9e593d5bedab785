// The packaged model in a form that llama.cpp can load, and where its Node package is.

import { createRequire } from "node:module";
import { join } from "node:path";
import { Random } from "../../../../tools/toy/corpus/random.ts";
import { architectureMetadata } from "../../../../tools/toy/export-model.ts";
import type { Shape } from "../../../../tools/toy/shape.ts";
import { type StoredTensor, type StoredType, writeGguf } from "../../../../tools/toy/write-gguf.ts";
import type { LlamaModel } from "../../src/engines/embedded/model.ts";

/** node-llama-cpp, installed here or in the node_modules folder that TOKENWIRE_PEERS names. */
export function findPeer(): string | undefined {
  const folder = process.env["TOKENWIRE_PEERS"];
  try {
    const require = createRequire(folder === undefined ? import.meta.url : join(folder, "here.js"));
    return require.resolve("node-llama-cpp");
  } catch {
    return undefined;
  }
}

/** The packaged model as llama.cpp can load it: rows as a vocabulary of their own, weights in full. */
export function compactModel(model: LlamaModel, type: StoredType): Uint8Array {
  const shape: Shape = { ...model.shape, context: 512 };
  const matrix = (name: string, values: Float32Array, inputs: number): StoredTensor => ({
    name,
    dimensions: [inputs, values.length / inputs],
    type,
    values,
  });
  const norm = (name: string, values: Float32Array): StoredTensor => ({
    name,
    dimensions: [values.length],
    type: "F32",
    values,
  });
  const { width, hidden } = shape;
  const tokens = model.metadata.get("tokenizer.ggml.tokens") as string[];
  const types = model.metadata.get("tokenizer.ggml.token_type") as number[];
  const end = tokens.indexOf("<|return|>");
  return writeGguf(
    {
      ...architectureMetadata("parity", shape, type),
      "tokenizer.ggml.model": { type: "string", value: "gpt2" },
      "tokenizer.ggml.pre": { type: "string", value: "gpt-4o" },
      "tokenizer.ggml.tokens": { type: "string[]", value: tokens },
      "tokenizer.ggml.token_type": { type: "i32[]", value: types },
      "tokenizer.ggml.merges": { type: "string[]", value: ["t h", "th e"] },
      "tokenizer.ggml.eos_token_id": { type: "u32", value: end },
      "tokenizer.ggml.add_bos_token": { type: "bool", value: false },
    },
    [
      matrix("token_embd.weight", model.embedding, width),
      ...model.layers.flatMap((layer, index) => {
        const name = (part: string) => `blk.${index}.${part}.weight`;
        return [
          norm(name("attn_norm"), layer.attentionNorm),
          matrix(name("attn_q"), layer.query, width),
          matrix(name("attn_k"), layer.key, width),
          matrix(name("attn_v"), layer.value, width),
          matrix(name("attn_output"), layer.attentionOutput, width),
          norm(name("ffn_norm"), layer.feedForwardNorm),
          matrix(name("ffn_gate"), layer.gate, width),
          matrix(name("ffn_up"), layer.up, width),
          matrix(name("ffn_down"), layer.down, hidden),
        ];
      }),
      norm("output_norm.weight", model.outputNorm),
    ],
  );
}

/** Conversations that begin sensibly and go on at random: the answers are long and varied. */
export function compactPrompts(tokens: readonly string[], count: number): number[][] {
  const random = new Random(21);
  const row = (text: string) => tokens.indexOf(text);
  return Array.from({ length: count }, () => [
    row("<|start|>"),
    row("user"),
    row("<|message|>"),
    ...Array.from({ length: random.integer(1, 40) }, () => random.integer(0, tokens.length - 10)),
    row("<|end|>"),
    row("<|start|>"),
    row("assistant"),
  ]);
}
