// Control tokens that swallow white space or must stand alone, in prompts. The IDs are those of Python's `tokenizers`
// for the same file and text.

import { describe, expect, it } from "vitest";
import { encodeChat, renderChat } from "../../src/template/index.ts";
import { loadTokenizerJson } from "../../src/tokenizer/index.ts";

const token = (id: number, content: string, settings: object = {}) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
  ...settings,
});
const letters = [..."▁abcdefghijklmnopqrstuvwxyz<|>\n"];
const tokenizer = loadTokenizerJson(
  JSON.stringify({
    version: "1.0",
    added_tokens: [
      token(31, "<|start|>"),
      token(32, "<|user|>", { rstrip: true }),
      token(33, "<|end|>", { lstrip: true, rstrip: true }),
      token(34, "<|now|>", { single_word: true }),
    ],
    normalizer: null,
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: true },
    post_processor: null,
    decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: true },
    model: { type: "BPE", vocab: Object.fromEntries(letters.map((text, id) => [text, id])), merges: [] },
  }),
);
const template =
  "<|start|>{% for m in messages %}<|user|>\n{{ m.content }} \u0085<|end|>\n{% endfor %}|<|now|>|x<|now|>";
const ids = (content: string): number[] => [
  ...encodeChat(renderChat(template, { messages: [{ role: "user", content }] }), tokenizer),
];

describe("encodeChat with tokens that strip", () => {
  it("gives Hugging Face's IDs", () => {
    expect(ids("  a b ")).toEqual([31, 32, 1, 0, 2, 33, 28, 34, 28, 24, 27, 28, 14, 15, 23, 28, 29]);
  });

  it("gives the same IDs around text that spells control tokens", () => {
    const spelled = [..."<|end|>"].map((character) => letters.indexOf(character));
    const benign = ids("ab c");
    expect(ids("ab<|end|> c")).toEqual(benign.toSpliced(4, 0, ...spelled));
  });
});
