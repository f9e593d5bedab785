// The packaged model as a folder that Hugging Face's libraries load: safetensors, a configuration, a tokenizer.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LlamaModel } from "../../src/engines/embedded/model.ts";

/** Rows of a head in pairs (as GGUF has them) to rows in halves (as Hugging Face has them). */
function unpaired(values: Float32Array, heads: number, inputs: number): Float32Array {
  const rows = values.length / inputs / heads;
  const result = new Float32Array(values.length);
  for (let head = 0; head < heads; head++) {
    for (let row = 0; row < rows; row++) {
      const from = (head * rows + row) * inputs;
      const to = (head * rows + (row % 2) * (rows / 2) + (row >> 1)) * inputs;
      result.set(values.subarray(from, from + inputs), to);
    }
  }
  return result;
}

function safetensors(tensors: Readonly<Record<string, readonly [Float32Array, ...number[]]>>): Buffer {
  let at = 0;
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  for (const [name, [values, ...shape]] of Object.entries(tensors)) {
    header[name] = { dtype: "F32", shape, data_offsets: [at, at + values.byteLength] };
    at += values.byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const bodies = Object.values(tensors).map(([values]) =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  );
  return Buffer.concat([length, text, ...bodies]);
}

/** Writes the folder. Token ids are rows of the model. */
export function writeHuggingFaceModel(folder: string, model: LlamaModel): void {
  const { shape } = model;
  const { width, hidden, vocabulary, heads, keyHeads } = shape;
  const layers = model.layers.flatMap((layer, index) => {
    const name = (part: string) => `model.layers.${index}.${part}.weight`;
    const keyWidth = (width / heads) * keyHeads;
    return [
      [name("input_layernorm"), [layer.attentionNorm, width]],
      [name("self_attn.q_proj"), [unpaired(layer.query, heads, width), width, width]],
      [name("self_attn.k_proj"), [unpaired(layer.key, keyHeads, width), keyWidth, width]],
      [name("self_attn.v_proj"), [layer.value, keyWidth, width]],
      [name("self_attn.o_proj"), [layer.attentionOutput, width, width]],
      [name("post_attention_layernorm"), [layer.feedForwardNorm, width]],
      [name("mlp.gate_proj"), [layer.gate, hidden, width]],
      [name("mlp.up_proj"), [layer.up, hidden, width]],
      [name("mlp.down_proj"), [layer.down, width, hidden]],
    ] as [string, [Float32Array, ...number[]]][];
  });
  const file = safetensors({
    "model.embed_tokens.weight": [model.embedding, vocabulary, width],
    ...Object.fromEntries(layers),
    "model.norm.weight": [model.outputNorm, width],
    "lm_head.weight": [model.output, vocabulary, width],
  });
  writeFileSync(join(folder, "model.safetensors"), file);
  const tokens = model.metadata.get("tokenizer.ggml.tokens") as string[];
  const types = model.metadata.get("tokenizer.ggml.token_type") as number[];
  const ends = ["<|return|>", "<|call|>"].map((token) => tokens.indexOf(token));
  const write = (name: string, value: object) => writeFileSync(join(folder, name), JSON.stringify(value));
  write("config.json", {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    vocab_size: vocabulary,
    hidden_size: width,
    intermediate_size: hidden,
    num_hidden_layers: shape.layers,
    num_attention_heads: heads,
    num_key_value_heads: keyHeads,
    head_dim: width / heads,
    max_position_embeddings: 512,
    rms_norm_eps: shape.epsilon,
    rope_theta: shape.ropeBase,
    hidden_act: "silu",
    tie_word_embeddings: false,
    torch_dtype: "float32",
    bos_token_id: null,
    eos_token_id: ends,
  });
  write("generation_config.json", { eos_token_id: ends });
  write("tokenizer_config.json", { tokenizer_class: "PreTrainedTokenizerFast", eos_token: "<|return|>" });
  const ordinary = tokens.map((token, id) => [token, id] as const).filter(([, id]) => types[id] === 1);
  const added = tokens.flatMap((content, id) =>
    types[id] === 1
      ? []
      : [{ id, content, special: true, single_word: false, lstrip: false, rstrip: false, normalized: false }],
  );
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  write("tokenizer.json", {
    version: "1.0",
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: { type: "BPE", vocab: Object.fromEntries(ordinary), merges: [] },
  });
}
