// The WebAssembly kernel and the plain one give the same IDs, and neither slows down out of proportion.

import { readFileSync } from "node:fs";
import { createPackedEncoding, type Encoding, knownPatterns } from "@tokenwire/core/tokenizer";
import { describe, expect, it } from "vitest";
import { adversarialText, seededRandom } from "./adversarial-text.ts";

const fuzz = Number(process.env["TOKENWIRE_FUZZ"] ?? 4000);

/** `toEqual` looks at each ID for a microsecond. */
function isSame(a: Uint32Array, b: Uint32Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  );
}

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
        expect(isSame(ids, plain.encodeOrdinary(text))).toBe(true);
        expect(fast.count(text)).toBe(ids.length);
      }
    }
  });

  it("finds pieces wherever they lie in the 64 bytes that are looked at together", () => {
    const fragments = [
      "don't I'LL 's's x",
      "  \n \n\t y",
      ";\n//\n\n/* */",
      "12345678 ",
      "né Ébc日AB本c",
      "ǅa\u0301 -\u0301",
      "\u00a0٣\u3000 ",
      "'t'd\r\n",
      "fooBARbaz_qux",
      " 'x''y' ",
    ];
    let wrong = 0;
    for (const fragment of fragments) {
      for (let n = 0; n < 70; n++) {
        for (const text of [
          `${"ab ".repeat(30).slice(0, n)}${fragment}`,
          `${"z".repeat(n)}${fragment}${fragment} end`,
        ]) {
          const ids = plain.encodeOrdinary(text);
          if (String(fast.encodeOrdinary(text)) !== String(ids) || fast.count(text) !== ids.length) wrong++;
        }
      }
    }
    expect(wrong).toBe(0);
  });

  it("encodes pieces of any length, part by part", () => {
    const random = seededRandom(11);
    const letters = Array.from({ length: 300_000 }, () => String.fromCharCode(97 + random() * 26)).join("");
    const texts = ["a", " ", "👍", "\u0301", "ab", "\n"].map((unit) => unit.repeat(700_000 / unit.length));
    for (const text of [...texts, letters, `${letters} and ${letters.slice(0, 70_000)}! `]) {
      const ids = fast.encodeOrdinary(text);
      expect(fast.decode(ids) === text).toBe(true);
      expect(isSame(ids, plain.encodeOrdinary(text))).toBe(true);
      expect(fast.count(text)).toBe(ids.length);
    }
    expect(fast.count("a".repeat(2_000_000))).toBe(10 * fast.count("a".repeat(200_000)));
  });

  it("encodes long pieces that repeat themselves, or nearly", () => {
    for (const unit of ["a", "ab", "abcdefgh", "é", "中", "\u0301"]) {
      const run = unit.repeat(Math.ceil(210_000 / Buffer.byteLength(unit)));
      // What breaks the run lies within the second part of it, or at its end.
      for (const at of [70_000, 131_000, run.length]) {
        const text = `${run.slice(0, at)}q${run.slice(at)}`;
        expect(isSame(fast.encodeOrdinary(text), plain.encodeOrdinary(text)), unit).toBe(true);
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

  it("stays exact while its memory of long pieces is filled round and round", () => {
    const random = seededRandom(78);
    const word = (): string => {
      const length = 8 + random() * 500;
      return Array.from({ length }, () => String.fromCharCode(97 + random() * 26)).join("");
    };
    // Each is about a twentieth of what is remembered.
    const texts = Array.from({ length: 45 }, () => Array.from({ length: 200 }, word).join(" "));
    const expected = texts.map((text) => plain.encodeOrdinary(text));
    for (let i = 13; i < texts.length; i++) {
      for (const at of [i, i - 13]) {
        expect(isSame(fast.encodeOrdinary(texts[at]!), expected[at]!)).toBe(true);
      }
    }
  });
});
