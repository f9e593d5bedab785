// The same weights in llama.cpp and here: greedy tokens must be equal, log-probabilities nearly. Runs where the package
// node-llama-cpp can be found: installed here, or in the node_modules folder that TOKENWIRE_PEERS names.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { Random } from "../../../../../tools/toy/corpus/random.ts";
import { architectureMetadata } from "../../../../../tools/toy/export-model.ts";
import type { Shape } from "../../../../../tools/toy/shape.ts";
import { type StoredTensor, type StoredType, writeGguf } from "../../../../../tools/toy/write-gguf.ts";
import { type Reference, runConformance } from "../../../src/engines/conformance/index.ts";
import { type LlamaModel, loadLlamaModel } from "../../../src/engines/embedded/model.ts";
import { createEmbeddedEngine, packagedModel } from "../../../src/engines/index.ts";

/** What is used of node-llama-cpp. */
interface Peer {
  getLlama(
    options: object,
  ): Promise<{ loadModel(options: object): Promise<PeerModel>; dispose(): Promise<void> }>;
}
interface PeerModel {
  createContext(options: object): Promise<{ getSequence(): PeerSequence; dispose(): Promise<void> }>;
}
interface PeerSequence {
  clearHistory(): Promise<void>;
  controlledEvaluate(
    input: (number | [number, object])[],
  ): Promise<({ next: { logits: Map<number, number> } } | undefined)[]>;
}

function findPeer(): string | undefined {
  const folder = process.env["TOKENWIRE_PEERS"];
  try {
    const require = createRequire(folder === undefined ? import.meta.url : join(folder, "here.js"));
    return require.resolve("node-llama-cpp");
  } catch {
    return undefined;
  }
}

const folder = mkdtempSync(join(tmpdir(), "tokenwire-parity-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The packaged model as llama.cpp can load it: rows as a vocabulary of their own, weights in full. */
function compactModel(model: LlamaModel, type: StoredType): Uint8Array {
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

/** Greedy answer of llama.cpp with the log-probability of each token. */
async function referenceOf(
  sequence: PeerSequence,
  prompt: readonly number[],
  end: number,
): Promise<Reference> {
  await sequence.clearHistory();
  const tokens: number[] = [];
  const logprobs: number[] = [];
  let input = [...prompt];
  while (tokens.length < 48) {
    const last = input.pop() as number;
    const ask = { generateNext: { logits: true } };
    const output = await sequence.controlledEvaluate([...input, [last, ask]]);
    const logits = [...output.at(-1)!.next.logits];
    const [best, top] = logits.reduce((a, b) => (b[1] > a[1] || (b[1] === a[1] && b[0] < a[0]) ? b : a));
    const sum = logits.reduce((total, [, logit]) => total + Math.exp(logit - top), 0);
    tokens.push(best);
    logprobs.push(-Math.log(sum));
    if (best === end) break;
    input = [best];
  }
  return { prompt, tokens, logprobs };
}

describe.skipIf(findPeer() === undefined)("parity with llama.cpp", () => {
  const random = new Random(21);
  const model = loadLlamaModel(readFileSync(packagedModel));
  const tokens = model.metadata.get("tokenizer.ggml.tokens") as string[];
  const row = (text: string) => tokens.indexOf(text);
  /** Conversations that begin sensibly and go on at random: the answers are long and varied. */
  const prompts = Array.from({ length: 50 }, () => [
    row("<|start|>"),
    row("user"),
    row("<|message|>"),
    ...Array.from({ length: random.integer(1, 40) }, () => random.integer(0, tokens.length - 10)),
    row("<|end|>"),
    row("<|start|>"),
    row("assistant"),
  ]);

  // With F16 weights llama.cpp rounds activations to halves too.
  for (const [type, logprobTolerance] of [
    ["F32", 1e-4],
    ["F16", 2e-2],
  ] as const) {
    it(`gives the same greedy tokens and log-probabilities on ${type} weights`, async () => {
      const path = join(folder, `${type}.gguf`);
      const file = compactModel(model, type);
      writeFileSync(path, file);
      const { getLlama } = (await import(pathToFileURL(findPeer()!).href)) as Peer;
      const llama = await getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: 1 });
      const peer = await llama.loadModel({ modelPath: path });
      // Flash attention and the default cache keep keys and values as halves: that alone shifts log-probabilities by
      // a hundredth.
      const context = await peer.createContext({
        contextSize: 512,
        threads: 1,
        flashAttention: false,
        experimentalKvCacheKeyType: "F32",
        experimentalKvCacheValueType: "F32",
      });
      const sequence = context.getSequence();
      const end = row("<|return|>");
      const references: Reference[] = [];
      for (const prompt of prompts) references.push(await referenceOf(sequence, prompt, end));
      await context.dispose();
      await llama.dispose();
      const engine = createEmbeddedEngine({ model: file });
      const report = await runConformance(engine, {
        prompts,
        references,
        logprobTolerance,
        only: ["C4", "C5"],
      });
      expect(report.results.filter(({ status }) => status !== "pass")).toEqual([]);
      console.info(`${type}: ${report.results[0]?.detail}, ${report.results[1]?.detail}`);
    }, 600_000);
  }
});
