// The same weights in llama.cpp and here: greedy tokens must be equal, log-probabilities nearly. Runs where the package
// node-llama-cpp can be found: installed here, or in the node_modules folder that TOKENWIRE_PEERS names.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { type Reference, runConformance } from "../../../src/engines/conformance/index.ts";
import { loadLlamaModel } from "../../../src/engines/embedded/model.ts";
import { createEmbeddedEngine, packagedModel } from "../../../src/engines/index.ts";
import { compactModel, compactPrompts, findPeer } from "../llama-cpp-model.ts";

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

const folder = mkdtempSync(join(tmpdir(), "tokenwire-parity-"));
afterAll(() => rmSync(folder, { recursive: true }));

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
  const model = loadLlamaModel(readFileSync(packagedModel));
  const tokens = model.metadata.get("tokenizer.ggml.tokens") as string[];
  const row = (text: string) => tokens.indexOf(text);
  const prompts = compactPrompts(tokens, 50);

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
