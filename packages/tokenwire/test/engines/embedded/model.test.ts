import { isTokenwireError } from "@tokenwire/core";
import { describe, expect, it } from "vitest";
import { Random } from "../../../../../tools/toy/corpus/random.ts";
import { architectureMetadata, toStoredTensors } from "../../../../../tools/toy/export-model.ts";
import { floatToHalf, type StoredTensor, writeGguf } from "../../../../../tools/toy/write-gguf.ts";
import { halfToFloat } from "../../../src/engines/embedded/dequantise.ts";
import { loadLlamaModel } from "../../../src/engines/embedded/model.ts";
import { randomModel, randomWeights, smallShape } from "./random-model.ts";

function failure(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(isTokenwireError(error)).toBe(true);
    expect((error as { code: string }).code).toBe("INVALID_GGUF");
    return (error as Error).message;
  }
  return "nothing was thrown";
}

const tensors = toStoredTensors(smallShape, randomWeights(smallShape, 1), "F32");
const metadata = architectureMetadata("m", smallShape, "F32");

describe("halves", () => {
  it("are exact both ways for every half", () => {
    const wrong = Array.from({ length: 0x7c00 }, (_, half) => half).filter(
      (half) =>
        floatToHalf(halfToFloat(half)) !== half || floatToHalf(-halfToFloat(half)) !== (half | 0x8000),
    );
    expect(wrong).toEqual([]);
    expect(halfToFloat(0x7c00)).toBe(Number.POSITIVE_INFINITY);
    expect(halfToFloat(0x7e00)).toBeNaN();
  });

  it("round to the nearest, ties to even", () => {
    expect(halfToFloat(floatToHalf(1 + 2 ** -11))).toBe(1);
    expect(halfToFloat(floatToHalf(1 + 3 * 2 ** -11))).toBe(1 + 2 ** -9);
    expect(halfToFloat(floatToHalf(70_000))).toBe(Number.POSITIVE_INFINITY);
    expect(floatToHalf(2 ** -25)).toBe(0);
  });
});

describe("loadLlamaModel", () => {
  it("reads what the writer wrote, within the precision of the type", () => {
    const weights = randomWeights(smallShape, 1);
    for (const [type, error] of [
      ["F32", 0],
      ["F16", 1e-3],
      ["Q8_0", 1e-2],
    ] as const) {
      const model = loadLlamaModel(randomModel({ type }));
      expect(model.shape).toEqual({ ...smallShape, keyHeads: 2, epsilon: expect.closeTo(1e-5, 8) });
      expect(model.output).toBe(model.embedding);
      const worst = model.embedding.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - weights[i]!)),
        0,
      );
      expect(worst).toBeLessThanOrEqual(error);
    }
  });

  it("reads from a view into a larger buffer", () => {
    const file = randomModel({ type: "Q8_0" });
    const larger = new Uint8Array(file.length + 13);
    larger.set(file, 5);
    expect(loadLlamaModel(larger.subarray(5, 5 + file.length)).embedding).toEqual(
      loadLlamaModel(file).embedding,
    );
  });

  it("takes a separate output matrix", () => {
    const output: StoredTensor = { ...tensors[0]!, name: "output.weight" };
    const model = loadLlamaModel(writeGguf(metadata, [...tensors, output]));
    expect(model.output).not.toBe(model.embedding);
  });

  it("says what is wrong with a file", () => {
    const file = randomModel();
    expect(failure(() => loadLlamaModel(new Uint8Array(0)))).toMatch(/GGUF/);
    expect(failure(() => loadLlamaModel(new Uint8Array(100).fill(7)))).toMatch(/bytes GGUF/);
    expect(failure(() => loadLlamaModel(file.subarray(0, 300)))).toMatch(/GGUF/);
    expect(failure(() => loadLlamaModel(file.subarray(0, file.length - 50)))).toMatch(/file ends/);
    expect(failure(() => loadLlamaModel(writeGguf(metadata, tensors.slice(1))))).toMatch(
      /"token_embd.weight" is missing/,
    );
    expect(
      failure(() =>
        loadLlamaModel(
          writeGguf({ ...metadata, "general.architecture": { type: "string", value: "gpt2" } }, tensors),
        ),
      ),
    ).toMatch(/only "llama"/);
    expect(
      failure(() =>
        loadLlamaModel(writeGguf({ ...metadata, "llama.block_count": { type: "u32", value: 3 } }, tensors)),
      ),
    ).toMatch(/"blk.2.attn_norm.weight" is missing/);
    expect(
      failure(() =>
        loadLlamaModel(
          writeGguf({ ...metadata, "llama.feed_forward_length": { type: "u32", value: 32 } }, tensors),
        ),
      ),
    ).toMatch(/"blk.0.ffn_gate.weight" is 64×160; its hyper-parameters say 64×32/);
    expect(
      failure(() =>
        loadLlamaModel(
          writeGguf({ ...metadata, "llama.attention.head_count": { type: "u32", value: 3 } }, tensors),
        ),
      ),
    ).toMatch(/do not divide/);
    const { "llama.context_length": _, ...without } = metadata;
    expect(failure(() => loadLlamaModel(writeGguf(without, tensors)))).toMatch(
      /"llama.context_length" is undefined/,
    );
  });

  it("never fails in another way, whatever byte is damaged", () => {
    const file = randomModel({ type: "Q8_0" });
    const random = new Random(5);
    const rounds = Number(process.env["TOKENWIRE_FUZZ"] ?? 150);
    for (let i = 0; i < rounds; i++) {
      const copy = file.slice();
      for (let k = 0; k < 3; k++) copy[random.integer(0, 2500)] = random.integer(0, 255);
      try {
        loadLlamaModel(copy);
      } catch (error) {
        expect(isTokenwireError(error), String(error)).toBe(true);
      }
    }
  });
});
