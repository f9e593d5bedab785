// One token per UTF-16 unit, plus the special tokens a test asks for: enough to feed a parser by IDs.

import type { StreamDecoder, Tokenizer } from "../../src/tokenizer/index.ts";

const firstSpecial = 0x10_0000;

export interface FakeTokenizer extends Tokenizer {
  /** IDs of text in which the special tokens are special. */
  special(text: string): number[];
  /** IDs of text in which nothing is special. */
  plain(text: string): number[];
}

export function fakeTokenizer(specials: readonly string[]): FakeTokenizer {
  const ids = new Map(specials.map((token, index) => [token, firstSpecial + index]));
  const longestFirst = [...specials].sort((a, b) => b.length - a.length);
  const decode = (list: ArrayLike<number>) =>
    Array.from(list, (id) =>
      id >= firstSpecial ? (specials[id - firstSpecial] ?? "") : String.fromCharCode(id),
    ).join("");
  const plain = (text: string) => Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  const special = (text: string) => {
    const list: number[] = [];
    for (let at = 0; at < text.length; ) {
      const token = longestFirst.find((candidate) => text.startsWith(candidate, at));
      list.push(token === undefined ? text.charCodeAt(at) : (ids.get(token) ?? 0));
      at += token?.length ?? 1;
    }
    return list;
  };
  const decoder = (): StreamDecoder => ({ push: decode, textOf: (id) => decode([id]), end: () => "" });
  const unused = () => {
    throw new Error("not part of the fake");
  };
  return {
    name: "fake",
    vocabSize: firstSpecial + specials.length,
    specialTokens: ids,
    special,
    plain,
    encode: (text) => Uint32Array.from(special(text)),
    encodeOrdinary: (text) => Uint32Array.from(plain(text)),
    count: (text) => text.length,
    countUpTo: unused,
    decode,
    decodeBytes: unused,
    isSpecialToken: (id) => id >= firstSpecial,
    createDecoder: decoder,
    createCounter: unused,
  };
}
