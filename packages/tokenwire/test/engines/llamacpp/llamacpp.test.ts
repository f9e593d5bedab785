// llama.cpp in process. What needs the package node-llama-cpp runs where it can be found: installed here, or in the
// node_modules folder that TOKENWIRE_PEERS names.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openModel } from "../../../src/cli/model.ts";
import {
  createEngine,
  createLlamaCppEngine,
  type Engine,
  EngineError,
  type GenerateEvent,
} from "../../../src/engines/index.ts";
import { readFacts } from "../../../src/engines/llamacpp/metadata.ts";
import { SequencePool } from "../../../src/engines/llamacpp/sequence-pool.ts";
import { greedyReference } from "../collect.ts";
import { compactModel, compactPrompts, findPeer } from "../llama-cpp-model.ts";
import { keepsContract, openPackagedToy } from "../packaged-toy.ts";

const toy = openPackagedToy();
const { tokens } = toy;

describe("without a file or its package", () => {
  it("wants a model file", () => {
    expect(() => createEngine("node-llama-cpp")).toThrow(/node-llama-cpp:model\.gguf/);
    expect(createEngine("llamacpp:model.gguf").id).toBe("node-llama-cpp");
  });

  it.skipIf(findPeer() !== undefined)("says how to install the package", async () => {
    const engine = createLlamaCppEngine({ path: "model.gguf" });
    const error = await engine.info().catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ code: "unsupported" });
    expect((error as Error).message).toMatch(/npm install node-llama-cpp$/);
    expect(await engine.health()).toMatchObject({ ok: false });
    await engine.close();
  });

  it
    .skipIf(findPeer() !== undefined)
    .each([
      { engine: "model.gguf" },
      { engine: "embedded", name: "model.gguf" },
      { engine: "llamacpp:model.gguf" },
    ])("takes a bare file for llama.cpp: %o", async (choice) => {
    await expect(openModel(choice)).rejects.toThrow(/npm install node-llama-cpp$/);
  });
});

describe("what a file says", () => {
  const ggml = (values: object) => ({ tokenizer: { ggml: { model: "gpt2", ...values } } });

  it("takes the file's ends of answers, and never a message's end in harmony", () => {
    const facts = readFacts(
      ggml({ tokens: ["a", "<|end|>", "<|return|>"], eos_token_id: 2, eot_token_id: 1 }),
    );
    expect(facts.eosTokenIds).toEqual([2]);
    expect(facts.vocabulary?.ids).toEqual([0, 1, 2]);
  });

  it("offers no grammar over a vocabulary that is not byte-level", () => {
    expect(readFacts(ggml({ model: "llama", tokens: ["▁a"] })).vocabulary).toBeUndefined();
    expect(readFacts({})).toMatchObject({ tokens: [] });
  });
});

describe("SequencePool", () => {
  const holding = (...held: number[]) => ({
    contextSize: 512,
    nextTokenIndex: held.length,
    compareContextTokens: (prompt: readonly number[]) => {
      const at = held.findIndex((id, index) => prompt[index] !== id);
      return { firstDifferentIndex: at === -1 ? held.length : at };
    },
    adaptStateToTokens: async () => undefined,
    clearHistory: async () => undefined,
    evaluateWithoutGeneratingNewTokens: async () => undefined,
    controlledEvaluate: async () => [],
  });

  it("gives a prompt to the sequence that shares most with it, and never across salts", () => {
    const far = holding(9, 9);
    const near = holding(1, 2, 3);
    const pool = new SequencePool([far, near]);
    const slot = pool.take([1, 2, 4], undefined);
    expect(slot.sequence).toBe(near);
    pool.release(slot);
    expect(pool.take([1, 2, 4], "someone").sequence).toBe(far);
  });
});

const peer = findPeer();

describe.skipIf(peer === undefined)("llama.cpp in process", () => {
  const folder = mkdtempSync(join(tmpdir(), "tokenwire-llamacpp-"));
  const path = join(folder, "toy.gguf");
  const file = compactModel(toy.model, "F32");
  const prompts = compactPrompts(tokens, 50);
  let engine: Engine;

  beforeAll(() => {
    writeFileSync(path, file);
    const modules = process.env["TOKENWIRE_PEERS"];
    engine = createLlamaCppEngine({
      path,
      maxContext: 512,
      threads: 1,
      gpu: false,
      precise: true,
      ...(modules && { modules }),
    });
  });
  afterAll(async () => {
    await engine.close();
    rmSync(folder, { recursive: true });
  });

  it("keeps the contract, greedy answers and log-probabilities equal to the embedded engine's", async () => {
    await keepsContract(engine, toy, { prompts, passes: ["C4", "C5"] });
  }, 300_000);

  it("refuses ids beyond the vocabulary and prompts beyond the context", async () => {
    await expect(greedyReference(engine, [tokens.length], 4)).rejects.toMatchObject({
      code: "invalid_request",
    });
    await expect(greedyReference(engine, new Array(512).fill(1), 4)).rejects.toMatchObject({
      code: "context_length",
    });
  });

  it("ends at the end of the context instead of forgetting the beginning", async () => {
    const events: GenerateEvent[] = [];
    const request = {
      requestId: "long",
      prompt: { tokenIds: Uint32Array.from([...new Array(500).fill(prompts[0]![3]), prompts[0]![0]]) },
      sampling: { maxTokens: 100, temperature: 0, ignoreEos: true },
    };
    for await (const event of engine.generate(request)) events.push(event);
    expect(events.at(-1)).toMatchObject({ reason: "length", usage: { completionTokens: 11 } });
  });

  it("ends what is running when it is closed", async () => {
    const modules = process.env["TOKENWIRE_PEERS"];
    const other = createLlamaCppEngine({
      path,
      maxContext: 512,
      threads: 1,
      gpu: false,
      ...(modules && { modules }),
    });
    const request = {
      requestId: "closing",
      prompt: { tokenIds: Uint32Array.from(prompts[0]!) },
      sampling: { maxTokens: 400, temperature: 0, ignoreEos: true },
    };
    const reasons: string[] = [];
    let deltas = 0;
    for await (const event of other.generate(request)) {
      if (event.type === "delta" && ++deltas === 3) await other.close();
      if (event.type === "finish") reasons.push(event.reason);
    }
    expect([deltas, ...reasons]).toEqual([3, "abort"]);
    expect(await other.health()).toMatchObject({ ok: false });
  });
});
