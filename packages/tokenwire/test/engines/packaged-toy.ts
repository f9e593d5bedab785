// The packaged model as real engines serve it (its rows are their token ids), and their contract with it.

import { readFileSync } from "node:fs";
import { getEncoding } from "@tokenwire/encodings";
import { expect } from "vitest";
import {
  type ConformanceOptions,
  type Reference,
  runConformance,
} from "../../src/engines/conformance/index.ts";
import { type LlamaModel, loadLlamaModel } from "../../src/engines/embedded/model.ts";
import { createEmbeddedEngine, type Engine, packagedModel } from "../../src/engines/index.ts";
import { greedyReference } from "./collect.ts";
import { compactModel } from "./llama-cpp-model.ts";

export interface PackagedToy {
  readonly model: LlamaModel;
  /** Text of each row. */
  readonly tokens: readonly string[];
  /** Rows that end an answer. */
  readonly ends: readonly number[];
  decodeBytes(rows: ArrayLike<number>): Uint8Array;
  decode(rows: readonly number[]): string;
}

export function openPackagedToy(): PackagedToy {
  const model = loadLlamaModel(readFileSync(packagedModel));
  const tokens = model.metadata.get("tokenizer.ggml.tokens") as string[];
  const rowIds = model.metadata.get("tokenwire.row_ids") as number[];
  const encoding = getEncoding("o200k_harmony");
  const ids = (rows: ArrayLike<number>) => Array.from(rows, (row) => rowIds[row] as number);
  return {
    model,
    tokens,
    ends: ["<|return|>", "<|call|>"].map((token) => tokens.indexOf(token)),
    decodeBytes: (rows) => encoding.decodeBytes(ids(rows)),
    decode: (rows) => encoding.decode(ids(rows)),
  };
}

export interface ContractOptions extends Partial<ConformanceOptions> {
  readonly prompts: readonly (readonly number[])[];
  /** Checks that may not be skipped. */
  readonly passes: readonly string[];
}

/** Runs the conformance kit over an engine of the packaged model; its answers have to be the embedded engine's. */
export async function keepsContract(
  engine: Engine,
  { model, ends, decode }: PackagedToy,
  { passes, ...options }: ContractOptions,
): Promise<void> {
  const embedded = createEmbeddedEngine({ model: compactModel(model, "F32") });
  const references: Reference[] = [];
  for (const prompt of options.prompts) references.push(await greedyReference(embedded, prompt, 48));
  const report = await runConformance(engine, {
    references,
    eosTokenIds: ends,
    maxTokens: 48,
    slowConsumerMs: 50,
    decode,
    ...options,
  });
  console.info(report.results.map(({ id, status, detail }) => `${id} ${status} ${detail}`).join("\n"));
  expect(report.results.filter(({ status }) => status === "fail")).toEqual([]);
  for (const wanted of passes) {
    expect(report.results.find(({ id }) => id === wanted)).toMatchObject({ status: "pass" });
  }
}
