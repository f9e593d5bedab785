import { describe, expect, it } from "vitest";
import { Random } from "../../../../../tools/toy/corpus/random.ts";
import { createMatrixBackend } from "../../../src/engines/embedded/matrix.ts";

const random = new Random(8);
const values = (count: number) => Float32Array.from({ length: count }, () => random.next() * 2 - 1);

describe("createMatrixBackend", () => {
  it("multiplies alike with and without SIMD, for sizes that fill no panel", () => {
    const simd = createMatrixBackend("simd");
    const plain = createMatrixBackend("plain");
    for (const [inputs, outputs, count] of [
      [32, 8, 1],
      [33, 5, 1],
      [7, 17, 3],
      [128, 352, 4],
      [64, 96, 9],
      [1, 1, 1],
    ] as const) {
      const w = values(inputs * outputs);
      const x = values(inputs * count);
      const a = values(outputs * count);
      const b = a.slice();
      const [fast, slow] = [simd.create(w, inputs, outputs), plain.create(w, inputs, outputs)];
      fast.multiply(x, a, count, true);
      slow.multiply(x, b, count, true);
      a.forEach((value, i) => {
        expect(value).toBeCloseTo(b[i]!, 4);
      });
      fast.multiply(x, a, count);
      slow.multiply(x, b, count);
      a.forEach((value, i) => {
        expect(value).toBeCloseTo(b[i]!, 4);
      });
    }
  });

  it("keeps earlier matrices when later ones make the memory grow", () => {
    const backend = createMatrixBackend("simd");
    const one = Float32Array.from([1, 0, 0, 1]);
    const first = backend.create(one, 2, 2);
    for (let i = 0; i < 4; i++) backend.create(values(512 * 512), 512, 512);
    const y = new Float32Array(2);
    first.multiply(Float32Array.from([3, 4]), y, 1);
    expect([...y]).toEqual([3, 4]);
  });
});
