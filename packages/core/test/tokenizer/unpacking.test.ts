// The compiled way to unpack a vocabulary fills a trie as the plain one does, and finds the same damage.

import { readFileSync } from "node:fs";
import { createPackedEncoding, knownPatterns, packedChecksum } from "@tokenwire/core/tokenizer";
import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/tokenizer/fast/choose-kernel.ts";
import type { Trie } from "../../src/tokenizer/vocabulary/trie.ts";
import { seededRandom } from "./adversarial-text.ts";

const HEADER = 60;

const [cl100k, p50k] = ["cl100k_base", "p50k_base"].map((name) =>
  Uint8Array.from(readFileSync(new URL(`../../../encodings/data/${name}.bin`, import.meta.url))),
) as [Uint8Array, Uint8Array];

function trieOf(vocabulary: Uint8Array, backend: Backend, idLimit?: number): Trie {
  return createPackedEncoding({ name: "x", pattern: knownPatterns.gpt2, vocabulary, idLimit, backend }).base
    .trie;
}

function problemOf(vocabulary: Uint8Array, backend: Backend): string {
  try {
    trieOf(vocabulary, backend);
    return "none";
  } catch (error) {
    return String(error);
  }
}

describe("unpacking", () => {
  it.each([
    ["cl100k_base", cl100k, undefined],
    ["p50k_base", p50k, undefined],
    ["r50k_base", p50k, 50_256],
  ])("fills the trie of %s alike", (_, vocabulary, idLimit) => {
    const fast = trieOf(vocabulary, "wasm", idLimit);
    const plain = trieOf(vocabulary, "js", idLimit);
    for (const part of ["nodes", "pairs", "tokens", "labels"] as const) {
      const bytes = (trie: Trie): Uint8Array =>
        new Uint8Array(trie[part].buffer, trie[part].byteOffset, trie[part].byteLength);
      expect(Buffer.compare(bytes(fast), bytes(plain)), part).toBe(0);
    }
  });

  it("finds the same contradictions, even under a right checksum", () => {
    const file = p50k;
    const random = seededRandom(9);
    let damaged = 0;
    for (let i = 0; i < 60; i++) {
      const changed = file.slice();
      changed[HEADER + Math.floor(random() * (file.length - HEADER))]! ^= 1 << Math.floor(random() * 8);
      new DataView(changed.buffer).setUint32(4, packedChecksum(changed), true);
      const problem = problemOf(changed, "js");
      expect(problemOf(changed, "wasm")).toBe(problem);
      if (problem !== "none") damaged++;
    }
    expect(damaged).toBeGreaterThan(10);
  });
});
