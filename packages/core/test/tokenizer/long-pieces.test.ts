// Parts of a long piece are joined at a token that both have, and only there.

import { describe, expect, it } from "vitest";
import type { PieceEncoder } from "../../src/tokenizer/bpe/piece-encoder.ts";
import type { KernelExports } from "../../src/tokenizer/fast/kernel-memory.ts";
import { LongPieces } from "../../src/tokenizer/fast/long-pieces.ts";
import * as layout from "../../src/tokenizer/fast/memory-layout.ts";
import type { Trie } from "../../src/tokenizer/vocabulary/trie.ts";

const PART = 0x10000;

/** A vocabulary of which only lengths are asked: tokens 1 to 9 have that many bytes. */
const trie = {
  tokens: Int32Array.from({ length: 40 }, (_, i) => (i % 4 === 3 ? i >> 2 : 0)),
} as unknown as Trie;

/** An encoder whose kernel answers with the IDs of `parts`, one after the other. */
function encoderOf(parts: readonly (readonly number[])[], plain: PieceEncoder): LongPieces {
  const buffer = new ArrayBuffer(layout.VOCABULARY);
  let part = 0;
  const encodePart = (): number => {
    const ids = parts[part++]!;
    new Uint32Array(buffer, layout.OUTPUT).set(ids);
    return ids.length;
  };
  return new LongPieces({ encodePart } as unknown as KernelExports, buffer, trie, plain);
}

const refuse: PieceEncoder = {
  encode: () => {
    throw new Error("The plain encoder was asked.");
  },
};

/** A whole part of tokens of 8 bytes. */
const eights: readonly number[] = new Array<number>(PART / 8).fill(8);
const size = PART + 100;

describe("joining parts", () => {
  it("goes on at once where the first token is common", () => {
    const out = new Uint32Array(size);
    // The second part starts 32 tokens before the end of the first.
    const rest = [...new Array<number>(32).fill(8), 9, 1];
    const end = encoderOf([eights, rest], refuse).encode(new Uint8Array(size), 0, size, out, 0);
    expect([...out.subarray(0, end)]).toEqual([...eights, 9, 1]);
  });

  it("keeps the first part up to the token that both have at the same place", () => {
    const out = new Uint32Array(size);
    // 4 + 4 bytes, then 3 + 8 + 5 across borders (an 8 at another place), then in step again.
    const rest = [4, 4, 3, 8, 5, 8, 7, 2];
    const end = encoderOf([eights, rest], refuse).encode(new Uint8Array(size), 0, size, out, 0);
    expect([...out.subarray(0, end)]).toEqual([...eights.slice(0, -32), 8, 8, 8, 8, 7, 2]);
  });

  it("leaves the piece to the plain encoder where no token is common", () => {
    const out = new Uint32Array(size);
    const plain: PieceEncoder = { encode: (_bytes, start, end, _out, at) => at + end - start };
    const rest = [4, ...new Array<number>(30).fill(8)];
    expect(encoderOf([eights, rest], plain).encode(new Uint8Array(size), 0, size, out, 5)).toBe(5 + size);
  });
});
