// The WebAssembly kernel and the plain one give the same IDs, and neither slows down out of proportion.

import { readFileSync } from "node:fs";
import { createPackedEncoding, type Encoding, knownPatterns } from "@tokenwire/core/tokenizer";
import { describe, expect, it } from "vitest";
import { adversarialText, seededRandom } from "./adversarial-text.ts";

const fuzz = Number(process.env["TOKENWIRE_FUZZ"] ?? 4000);

describe.each([
  ["o200k_base", knownPatterns.o200k],
  ["cl100k_base", knownPatterns.cl100k],
  ["p50k_base", knownPatterns.gpt2],
])("%s", (name, pattern) => {
  const vocabulary = readFileSync(new URL(`../../../encodings/data/${name}.bin`, import.meta.url));
  const fast: Encoding = createPackedEncoding({ name, pattern, vocabulary });
  const plain: Encoding = createPackedEncoding({ name, pattern, vocabulary, backend: "js" });

  it("has both", () => {
    expect([fast.base.backend, plain.base.backend]).toEqual(["wasm", "js"]);
  });

  it("encodes and counts alike", () => {
    const random = seededRandom(42);
    for (let i = 0; i < fuzz; i++) {
      const text = adversarialText(random);
      const ids = fast.encodeOrdinary(text);
      expect([...ids], JSON.stringify(text)).toEqual([...plain.encodeOrdinary(text)]);
      expect(fast.count(text)).toBe(ids.length);
    }
  });

  it("encodes runs of every length around the borders of words and blocks", () => {
    for (const unit of ["a", "A", " ", "\n", "1", "!", "é", "中", "👍", "aB", "' ", " x", "\u0301"]) {
      for (let n = 1; n < 70; n++) {
        const text = unit.repeat(n);
        expect([...fast.encodeOrdinary(text)], JSON.stringify(text)).toEqual([...plain.encodeOrdinary(text)]);
      }
    }
    for (const size of [32_767, 32_768, 32_769, 65_536, 200_000]) {
      for (const unit of ["word ", "a", "中", "line\n", "👍"]) {
        const text = unit.repeat(Math.ceil(size / unit.length)).slice(0, size);
        const ids = fast.encodeOrdinary(text);
        expect(ids).toEqual(plain.encodeOrdinary(text));
        expect(fast.count(text)).toBe(ids.length);
      }
    }
  });

  it("stays exact when its caches are full", () => {
    const random = seededRandom(77);
    const word = (): string => Math.floor(random() * 2 ** 40).toString(36);
    const texts = Array.from({ length: 30 }, () =>
      Array.from({ length: 9000 }, word).join(random() < 0.5 ? " " : ""),
    );
    for (const text of [...texts, ...texts]) {
      expect(fast.count(text)).toBe(plain.count(text));
    }
    expect(fast.encodeOrdinary(texts[0]!)).toEqual(plain.encodeOrdinary(texts[0]!));
  });
});
