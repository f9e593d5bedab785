// The compiled form of a tokenizer.json: equal to what it was made of, and never worse than an error when damaged.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compileTokenizerJson, loadTokenizerJson } from "@tokenwire/core/tokenizer";
import { describe, expect, it } from "vitest";
import { checksumOf } from "../../../src/tokenizer/huggingface/compiled/layout.ts";
import { seededRandom } from "../adversarial-text.ts";
import { generateTexts } from "./generate-texts.ts";

const folder = join(import.meta.dirname, "../../../fixtures/tokenizer/huggingface");
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => {
    const { tokenizer } = JSON.parse(readFileSync(join(folder, name), "utf8")) as { tokenizer: unknown };
    return { name, json: JSON.stringify(tokenizer) };
  });

describe.each(files)("compiled $name", ({ name, json }) => {
  const plain = loadTokenizerJson(json);
  const file = compileTokenizerJson(json);
  const texts = generateTexts(80, [...plain.specialTokens.keys()], 11);

  it("is the same tokenizer", () => {
    const compiled = loadTokenizerJson(file);
    expect(compiled.vocabSize).toBe(plain.vocabSize);
    expect(compiled.specialTokens).toEqual(plain.specialTokens);
    for (const text of texts) {
      const detailed = plain.encodeDetailed(text);
      expect(compiled.encodeDetailed(text)).toEqual(detailed);
      expect(compiled.encodeOrdinary(text)).toEqual(plain.encodeOrdinary(text));
      expect(compiled.decode(detailed.ids)).toBe(plain.decode(detailed.ids));
    }
  });

  it("keeps to the markers that are named when it is loaded", () => {
    const isMarker = (content: string): boolean => content.length % 2 === 0;
    const [expected, found] = [json, file].map((each) => loadTokenizerJson(each, { isMarker }));
    expect(found!.specialTokens).toEqual(expected!.specialTokens);
    for (const text of texts) expect(found!.encodeOrdinary(text)).toEqual(expected!.encodeOrdinary(text));
  });

  it("is read wherever it lies in memory, and compiled only once", () => {
    const shifted = new Uint8Array(file.length + 3).subarray(3);
    shifted.set(file);
    expect(loadTokenizerJson(shifted).vocabSize).toBe(plain.vocabSize);
    expect(compileTokenizerJson(file)).toBe(file);
  });

  it("refuses every damaged file", () => {
    const random = seededRandom(name.length);
    for (let round = 0; round < 60; round++) {
      const damaged = file.slice(0, round % 3 === 0 ? Math.floor(random() * file.length) : file.length);
      const at = 4 + Math.floor(random() * (damaged.length - 4));
      if (round % 3 !== 0) damaged[at]! ^= 1 + Math.floor(random() * 255);
      if (damaged.length < 4) continue;
      expect(() => loadTokenizerJson(damaged)).toThrow(/Damaged compiled tokenizer/);
    }
  });

  it("never fails in another way for a file that was forged", () => {
    const random = seededRandom(name.length);
    for (let round = 0; round < 200; round++) {
      const forged = file.slice();
      const words = new Uint32Array(forged.buffer);
      words[3 + Math.floor(random() * (words.length - 3))] = Math.floor(random() * 2 ** (1 + (round % 32)));
      words[1] = checksumOf(forged);
      try {
        const tokenizer = loadTokenizerJson(forged);
        for (const text of texts.slice(0, 20)) {
          const largest = Math.max(-1, ...tokenizer.encodeOrdinary(text));
          if (largest >= tokenizer.vocabSize) return expect.fail(`there is no ID ${largest}`);
        }
      } catch (error) {
        expect(error).toHaveProperty("isTokenwireError", true);
      }
    }
  });
});

it("merges into control tokens are left out when it is loaded", () => {
  const json = JSON.stringify({
    added_tokens: [{ id: 2, content: "ab", special: true }],
    model: { type: "BPE", vocab: { a: 0, b: 1, ab: 2 }, merges: ["a b"] },
  });
  for (const form of [json, compileTokenizerJson(json)]) {
    const tokenizer = loadTokenizerJson(form);
    expect([...tokenizer.encodeOrdinary("ab")]).toEqual([0, 1]);
    expect([...tokenizer.encode("ab", { allowedSpecial: "all" })]).toEqual([2]);
  }
});

it("a file whose index another version has made is refused", () => {
  const file = compileTokenizerJson(files[0]!.json);
  const words = new Uint32Array(file.buffer);
  words[2]! ^= 1;
  words[1] = checksumOf(file);
  expect(() => loadTokenizerJson(file)).toThrow(/another version/);
});

it("a tokenizer that cannot be loaded cannot be compiled", () => {
  expect(() => compileTokenizerJson('{"model":{"type":"Other"}}')).toThrow(/Other/);
  expect(() => compileTokenizerJson("{")).toThrow(/not JSON/);
});
