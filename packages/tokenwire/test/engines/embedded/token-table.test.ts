import type { GgufValue } from "@tokenwire/core/gguf";
import { describe, expect, it } from "vitest";
import { createTokenTable, toPrintable } from "../../../src/engines/embedded/token-table.ts";

const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
const texts = [...bytes.map(toPrintable), "Ġhi", "<|end|>"];
const ids = [...bytes.keys(), 5000, 9000];

function metadata(change: Record<string, GgufValue> = {}): Map<string, GgufValue> {
  return new Map(
    Object.entries({
      "tokenwire.row_ids": ids,
      "tokenwire.vocab_size": 10_000,
      "tokenizer.ggml.tokens": texts,
      "tokenizer.ggml.token_type": ids.map((id) => (id === 9000 ? 3 : 1)),
      ...change,
    }),
  );
}

/** Spells id 7000 as " hi!" and everything else as nothing. */
const source = {
  decodeBytes: (given: ArrayLike<number>) => new TextEncoder().encode(given[0] === 7000 ? " hi!" : ""),
};

describe("createTokenTable", () => {
  it("takes ids as rows where the file has no table of its own", () => {
    const table = createTokenTable(new Map(), 10);
    expect(table.toRows([3, 9]).rows).toEqual([3, 9]);
    expect([table.idOf(4), table.rowOf(9), table.rowOf(10), table.vocabSize]).toEqual([4, 9, undefined, 10]);
    expect(() => table.toRows([3, 10])).toThrow(/Token 10 at index 1/);
    expect(() => table.toRows([-1])).toThrow(/does not exist/);
  });

  it("turns ids into bytes and cuts them anew, around special tokens", () => {
    const table = createTokenTable(metadata(), 258, source);
    expect(table.toRows([32, 104, 105]).rows).toEqual([256]);
    expect(table.toRows([7000, 9000, 7000]).rows).toEqual([256, 33, 257, 256, 33]);
    expect([table.idOf(256), table.rowOf(9000), table.rowOf(7000)]).toEqual([5000, 257, undefined]);
  });

  it("tells how many ids the first rows cover", () => {
    const { idsWithin } = createTokenTable(metadata(), 258, source).toRows([7000, 9000, 104, 105, 106]);
    expect([0, 1, 2, 3, 4, 5, 6].map(idsWithin)).toEqual([0, 0, 1, 2, 3, 4, 5]);
  });

  it("refuses what it cannot spell", () => {
    const table = createTokenTable(metadata(), 258);
    expect(() => table.toRows([104, 7000])).toThrow(/Token 7000 at index 1 .* `tokenizer`/);
    expect(() => table.toRows([10_000])).toThrow(/0 to 9999/);
  });

  it("refuses tables that contradict themselves", () => {
    const create = (change: Record<string, GgufValue>) => () => createTokenTable(metadata(change), 258);
    expect(create({ "tokenwire.row_ids": [1, 2] })).toThrow(/258 numbers/);
    expect(create({ "tokenwire.vocab_size": 9000 })).toThrow(/largest row id is 9000/);
    expect(create({ "tokenizer.ggml.tokens": texts.slice(1) })).toThrow(/258 strings/);
    expect(create({ "tokenizer.ggml.tokens": ["x", ...texts.slice(1)] })).toThrow(
      /no row for the single byte 0/,
    );
    expect(create({ "tokenizer.ggml.tokens": ["日", ...texts.slice(1)] })).toThrow(/printable spelling/);
  });
});
