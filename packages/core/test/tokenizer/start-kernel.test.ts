// What encodes a program's first texts, out of the packed vocabulary, gives the IDs of the kernel that takes over.

import { readFileSync } from "node:fs";
import { createPackedEncoding, type Encoding, knownPatterns, readPacked } from "@tokenwire/core/tokenizer";
import { describe, expect, it } from "vitest";
import { PlainKernel } from "../../src/tokenizer/kernel.ts";
import { StartKernel } from "../../src/tokenizer/start-kernel.ts";
import { TextEngine } from "../../src/tokenizer/text-engine.ts";
import { PackedSearch } from "../../src/tokenizer/vocabulary/packed-search.ts";
import { findToken } from "../../src/tokenizer/vocabulary/trie.ts";
import { adversarialText, seededRandom } from "./adversarial-text.ts";

const rounds = Number(process.env["TOKENWIRE_FUZZ"] ?? 4000) / 80;
const utf8 = new TextEncoder();

describe.each([
  ["o200k_base", knownPatterns.o200k, undefined],
  ["cl100k_base", knownPatterns.cl100k, undefined],
  ["p50k_base", knownPatterns.gpt2, undefined],
  ["p50k_base", knownPatterns.gpt2, 50_256],
  ["voyage3_base", knownPatterns.voyage3, undefined],
])("%s", (name, pattern, idLimit) => {
  const vocabulary = readFileSync(new URL(`../../../encodings/data/${name}.bin`, import.meta.url));
  const whole: Encoding = createPackedEncoding({ name, pattern, vocabulary, idLimit });
  const sections = readPacked(vocabulary);
  const search = new PackedSearch(sections, idLimit);

  it("finds every token and nothing else", () => {
    const tokens = whole.tokenByteValues();
    expect(tokens).toHaveLength(idLimit ?? sections.tokenCount);
    let wrong = 0;
    for (const [i, token] of tokens.entries()) {
      const longer = Uint8Array.of(...token, i & 0xff);
      for (const bytes of [token, token.subarray(1), longer]) {
        if (search.find(bytes, 0, bytes.length) !== findToken(whole.base.trie, bytes)) wrong++;
      }
    }
    expect(wrong).toBe(0);
  });

  it("encodes as the whole does, and asks for it only when it is needed", () => {
    const { preTokenizer, pieces } = whole.base;
    const random = seededRandom(3);
    let long = 0;
    for (let round = 0; round < rounds; round++) {
      let isOver = false;
      const kernel = new StartKernel(
        preTokenizer,
        search,
        {
          encode: (bytes, start, end, out, at) => {
            expect(end - start).toBeGreaterThan(48);
            long++;
            return pieces.encode(bytes, start, end, out, at);
          },
        },
        () => {
          isOver = true;
          engine.kernel = new PlainKernel(preTokenizer, pieces);
          return engine.kernel;
        },
      );
      const engine: TextEngine = new TextEngine(kernel, preTokenizer.cuts);
      for (let encoded = 0; !isOver; ) {
        const text = adversarialText(random);
        const expected = whole.base.engine.encode(text);
        expect(engine.encode(text), JSON.stringify(text)).toEqual(expected);
        encoded += utf8.encode(text).length;
        if (isOver) expect(encoded).toBeGreaterThan(4096 / 3);
        else expect(engine.count(text)).toBe(expected.length);
        expect(encoded).toBeLessThan(8192);
      }
    }
    expect(long).toBeGreaterThan(0);
  });
});

it("takes over in the middle of nothing: texts before, at and after the change", () => {
  const vocabulary = readFileSync(new URL("../../../encodings/data/o200k_base.bin", import.meta.url));
  const make = (): Encoding =>
    createPackedEncoding({ name: "o200k_base", pattern: knownPatterns.o200k, vocabulary });
  const prepared = make();
  prepared.prepare();
  for (const size of [1, 4000, 4096, 4097, 40_000, 200_000]) {
    const encoding = make();
    const text = "Wörter, 日本語 and so on\n".repeat(Math.ceil(size / 24)).slice(0, size);
    for (const part of ["one", text, "two", text]) {
      expect(encoding.encode(part)).toEqual(prepared.encode(part));
      expect(encoding.count(part)).toBe(prepared.count(part));
    }
    expect(encoding.decode(encoding.encode(text))).toBe(text);
  }
});
