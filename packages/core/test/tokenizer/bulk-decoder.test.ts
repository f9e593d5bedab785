// Decoding in compiled code against plain decoding of the joined bytes: any bytes, any cut between blocks, any IDs.

import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type BulkDecoder, createBulkDecoder } from "../../src/tokenizer/decode/bulk-decoder.ts";
import { buildTrie, createPackedEncoding, knownPatterns } from "../../src/tokenizer/index.ts";
import { adversarialText, seededRandom } from "./adversarial-text.ts";

/** The single bytes by their value, then tokens of these lengths, the last about half a block. */
const LENGTHS = [2, 3, 15, 16, 17, 31, 32, 33, 100, 60_000];
const tokens = [
  ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)),
  ...LENGTHS.map((length, i) => new Uint8Array(length).fill(0x61 + i)),
];
/** Every further ID is refused, but for these; the text of the first fills more than one block. */
const LONG_ID = 1000;
const SHORT_ID = 1001;
const PLAIN_ID = 1002;
const others: Readonly<Record<number, Uint8Array>> = {
  [LONG_ID]: Buffer.from("größer ".repeat(40_000)),
  [SHORT_ID]: Buffer.from("é"),
  [PLAIN_ID]: Buffer.from("<|plain|>"),
};

function other(id: number, index: number): Uint8Array {
  const bytes = others[id];
  if (bytes === undefined) throw new RangeError(`${id} at ${index}`);
  return bytes;
}

function createDecoder(): BulkDecoder {
  const { trie } = buildTrie(tokens.map((bytes, id) => ({ bytes, id })));
  const decoder = createBulkDecoder(trie);
  if (decoder === undefined) throw new Error("This host has no compiled decoder.");
  return decoder;
}

function bytesOf(ids: readonly number[]): Buffer {
  return Buffer.concat(ids.map((id) => tokens[id] ?? others[id]!));
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

function expectSame(decoder: BulkDecoder, ids: readonly number[]): void {
  const expected = bytesOf(ids);
  expect(Buffer.from(decoder.decodeBytes(ids, other)).equals(expected)).toBe(true);
  // Compared with `toBe` first of all, since a difference of megabytes takes minutes to print.
  expect(decoder.decode(ids, other) === utf8.decode(expected)).toBe(true);
  expect(decoder.decode(Uint32Array.from(ids), other) === utf8.decode(expected)).toBe(true);
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe.each(["with Node's Buffer", "without it"])("%s", (kind) => {
  function decoderHere(): BulkDecoder {
    if (kind === "without it") vi.stubGlobal("Buffer", undefined);
    const decoder = createDecoder();
    vi.unstubAllGlobals();
    return decoder;
  }

  it("decodes every character, alone and between others", () => {
    const decoder = decoderHere();
    const characters: string[] = [];
    for (let code = 0; code < 0x110000; code += code < 0x3000 ? 1 : 13) {
      if (code < 0xd800 || code > 0xdfff) characters.push(String.fromCodePoint(code));
    }
    expectSame(decoder, [...Buffer.from(characters.join(""))]);
    expectSame(decoder, [...Buffer.from(characters.join("plain text "))]);
    for (const character of ["", "a", "é", "中", "👍", "\ufeff", "\0"])
      expectSame(decoder, [...Buffer.from(character)]);
  });

  it("replaces what is not UTF-8 as the standard says", () => {
    const decoder = decoderHere();
    const bytes = [
      0x41, 0x7f, 0x80, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xa0, 0x9f, 0xed, 0xef, 0xf0, 0x90, 0x8f, 0xf4, 0xf5,
      0xff,
    ];
    for (const first of bytes) {
      for (const second of bytes) {
        for (const third of bytes) {
          expectSame(decoder, [first, second, third]);
          expectSame(decoder, [0x61, first, second, third, 0x80, 0x62]);
        }
      }
    }
  });

  it("does not depend on where blocks end", () => {
    const decoder = decoderHere();
    const unit = [...Buffer.from("aé中👍")];
    for (let lead = 0; lead < 12; lead++) {
      const start = new Array<number>(lead).fill(0x20);
      // A block ends after so many IDs, or so many bytes: 15 to 17 letters at a time reach that first.
      const byIds = [...start, ...new Array(5_000).fill(unit).flat()] as number[];
      const byBytes = [
        ...start,
        ...new Array(3_000).fill([259, 0xf0, 258, 260, ...unit, 261]).flat(),
      ] as number[];
      expectSame(decoder, byIds);
      expectSame(decoder, byBytes);
    }
    expectSame(decoder, [0xe4, 265, 265, 0xb8, 265, 265, 265, 0xc3]);
  });

  it("puts other tokens in their place, however long", () => {
    const decoder = decoderHere();
    expectSame(decoder, [LONG_ID]);
    // Where the block is ASCII but for them, or all of it is.
    for (const id of [SHORT_ID, PLAIN_ID]) {
      for (const ids of [[id], [id, 97], [97, id], [97, id, 98], [259, 260, id, 260, 259]])
        expectSame(decoder, ids);
    }
    expectSame(decoder, [0xc3, LONG_ID, 0xb6, LONG_ID, LONG_ID, 0x62, 265, LONG_ID, 0xe4, 0xb8]);
  });
});

describe("IDs", () => {
  const decoder = createDecoder();
  const many = new Array<number>(40_000).fill(0x61);

  it.each([266, 999, 2 ** 24, 2 ** 32 - 1, 2 ** 32, 2 ** 53, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    "%d is refused, with its place",
    (id) => {
      expect(() => decoder.decode([97, id], other)).toThrow(`${id} at 1`);
      expect(() => decoder.decodeBytes([...many, id, ...many], other)).toThrow(`${id} at 40000`);
    },
  );

  it("that are no numbers are refused", () => {
    for (const id of [97n, "97", null, undefined, {}]) {
      expect(() => decoder.decode([id] as unknown as number[], other)).toThrow("at 0");
    }
  });

  it("come in arrays of any kind", () => {
    const text = "hello";
    const ids = [...Buffer.from(text)];
    for (const array of [
      Uint8Array.from(ids),
      Int32Array.from(ids),
      Float64Array.from(ids),
      { ...ids, length: 5 },
    ]) {
      expect(decoder.decode(array, other)).toBe(text);
    }
  });

  it("of a call that failed leave nothing behind", () => {
    expect(() => decoder.decode([0xc3, 999], other)).toThrow();
    expect(decoder.decode([0xb6], other)).toBe("\ufffd");
  });
});

it("decodes as the plain decoder of an encoding does", () => {
  const vocabulary = readFileSync(new URL("../../../encodings/data/cl100k_base.bin", import.meta.url));
  const definition = {
    name: "cl100k_base",
    pattern: knownPatterns.cl100k,
    vocabulary,
    specialTokens: { "<|x|>": 100_257 },
  };
  const fast = createPackedEncoding(definition);
  const plain = createPackedEncoding({ ...definition, backend: "js" });
  expect([fast.base.bulk !== undefined, plain.base.bulk]).toEqual([true, undefined]);
  const random = seededRandom(11);
  for (let i = 0; i < 2000; i++) {
    const ids = [...fast.encodeOrdinary(adversarialText(random)), 100_257, Math.floor(random() * 100_256)];
    for (const skipSpecialTokens of [false, true]) {
      expect(fast.decode(ids, { skipSpecialTokens })).toBe(plain.decode(ids, { skipSpecialTokens }));
    }
    expect(fast.decodeBytes(ids)).toEqual(plain.decodeBytes(ids));
  }
});
