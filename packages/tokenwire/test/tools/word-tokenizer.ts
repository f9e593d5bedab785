// One token per word or run of white space: enough where a test needs some tokenizer, without a vocabulary.

import type { Tokenizer } from "@tokenwire/core/tokenizer";

const words = new Map<string, number>();
const texts: string[] = [];

function idOf(word: string): number {
  const id = words.get(word) ?? texts.push(word) - 1;
  words.set(word, id);
  return id;
}

const encode = (text: string): Uint32Array => Uint32Array.from((text.match(/\s+|\S+/g) ?? []).map(idOf));

export const wordTokenizer = {
  name: "words",
  encodeOrdinary: encode,
  decode: (ids: ArrayLike<number>) => Array.from(ids, (id) => texts[id] ?? "").join(""),
} as unknown as Tokenizer;
