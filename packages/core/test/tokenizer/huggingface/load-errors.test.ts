// Files that contradict themselves or ask for what is not there: each refused with the path of the fault.

import { isTokenwireError } from "@tokenwire/core";
import { loadGgufTokenizer, loadTekken, loadTokenizerJson } from "@tokenwire/core/tokenizer";
import { describe, expect, it } from "vitest";

function tiny(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const model = { type: "BPE", vocab: { a: 0, b: 1, ab: 2 }, merges: ["a b"] };
  return { version: "1.0", added_tokens: [], model, ...changes };
}

function faultOf(load: () => unknown): string {
  try {
    load();
  } catch (error) {
    if (isTokenwireError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  return "none";
}

describe("loadTokenizerJson", () => {
  it("loads the file that the others are changes of", () => {
    expect([...loadTokenizerJson(JSON.stringify(tiny())).encodeOrdinary("abba")]).toEqual([2, 1, 0]);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      "an unknown pre-tokenizer",
      { pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "Magic" }] } },
      /UNSUPPORTED_TOKENIZER.*\$\.pre_tokenizer\.pretokenizers\[0\].*"Magic".*Supported/,
    ],
    [
      "an unknown normalizer",
      { normalizer: { type: "Magic" } },
      /UNSUPPORTED_TOKENIZER.*\$\.normalizer.*"Magic"/,
    ],
    ["an unknown decoder", { decoder: { type: "Magic" } }, /UNSUPPORTED_TOKENIZER.*\$\.decoder/],
    ["an unknown model", { model: { type: "Magic" } }, /UNSUPPORTED_TOKENIZER.*\$\.model/],
    ["a type named like a method", { decoder: { type: "constructor" } }, /UNSUPPORTED_TOKENIZER/],
    [
      "a regex without translation",
      { pre_tokenizer: { type: "Split", pattern: { Regex: "\\X" }, behavior: "Isolated" } },
      /UNSUPPORTED_TOKENIZER.*pattern\.Regex/,
    ],
    ["no model", { model: undefined }, /INVALID_TOKENIZER.*\$\.model/],
    [
      "a merge of missing tokens",
      { model: { type: "BPE", vocab: { a: 0 }, merges: ["a b"] } },
      /INVALID_TOKENIZER.*merges\[0\]/,
    ],
    [
      "a merge of three",
      { model: { type: "BPE", vocab: { a: 0 }, merges: ["a a a"] } },
      /INVALID_TOKENIZER.*merges\[0\]/,
    ],
    [
      "an ID that is no integer",
      { model: { type: "BPE", vocab: { a: 0.5 }, merges: [] } },
      /INVALID_TOKENIZER.*vocab/,
    ],
    ["a huge ID", { model: { type: "BPE", vocab: { a: 2 ** 40 }, merges: [] } }, /INVALID_TOKENIZER.*vocab/],
    [
      "an unknown token that is missing",
      { model: { type: "BPE", vocab: { a: 0 }, merges: [], unk_token: "u" } },
      /INVALID_TOKENIZER.*unk_token/,
    ],
    [
      "an added token without ID",
      { added_tokens: [{ content: "x" }] },
      /INVALID_TOKENIZER.*added_tokens\[0\]\.id/,
    ],
    [
      "an added token with another ID",
      { added_tokens: [{ id: 9, content: "ab" }] },
      /INVALID_TOKENIZER.*added_tokens/,
    ],
    [
      "a template with a missing token",
      {
        post_processor: { type: "TemplateProcessing", single: "[CLS] $A", pair: "$A $B", special_tokens: {} },
      },
      /INVALID_TOKENIZER.*\[CLS\]/,
    ],
    [
      "a template without B",
      { post_processor: { type: "TemplateProcessing", single: "$A", pair: "$A", special_tokens: {} } },
      /INVALID_TOKENIZER.*B does not occur/,
    ],
    [
      "contradicting prefixes",
      { pre_tokenizer: { type: "Metaspace", prepend_scheme: "always", add_prefix_space: false } },
      /INVALID_TOKENIZER.*add_prefix_space/,
    ],
    [
      "a unk_id outside",
      { model: { type: "Unigram", vocab: [["a", 0]], unk_id: 3 } },
      /INVALID_TOKENIZER.*unk_id 3/,
    ],
    [
      "a character map that is none",
      { normalizer: { type: "Precompiled", precompiled_charsmap: "AAAA" } },
      /INVALID_TOKENIZER.*precompiled_charsmap/,
    ],
  ])("refuses %s", (_name, changes, message) => {
    expect(faultOf(() => loadTokenizerJson(JSON.stringify(tiny(changes))))).toMatch(message);
  });

  it.each(["", "[]", "null", "{", '"x"', "{}"])("refuses %j", (json) => {
    expect(faultOf(() => loadTokenizerJson(json))).toMatch(/^INVALID_TOKENIZER/);
  });

  it("takes names of object methods as tokens", () => {
    const vocab = { constructor: 0, __proto__x: 1, toString: 2 };
    const file = tiny({
      model: { type: "WordLevel", vocab, unk_token: "toString" },
      pre_tokenizer: { type: "WhitespaceSplit" },
    });
    const tokenizer = loadTokenizerJson(JSON.stringify(file).replace("__proto__x", "__proto__"));
    expect([...tokenizer.encodeOrdinary("constructor __proto__ valueOf")]).toEqual([0, 1, 2]);
  });
});

describe("loadTekken", () => {
  it.each<[string, Record<string, unknown>]>([
    ["no config", {}],
    [
      "too few tokens",
      { config: { pattern: "x", default_vocab_size: 300, default_num_special_tokens: 3 }, vocab: [] },
    ],
  ])("refuses %s", (_name, file) => {
    expect(faultOf(() => loadTekken(JSON.stringify(file)))).toMatch(/^INVALID_TOKENIZER/);
  });
});

describe("loadGgufTokenizer", () => {
  const tokens = ["<unk>", "<s>", "</s>", "▁", "a", "▁a", "aa", "<0x41>"];
  const base = {
    "tokenizer.ggml.model": "llama",
    "tokenizer.ggml.tokens": tokens,
    "tokenizer.ggml.scores": [0, 0, 0, -4, -3, -1, -2, 0],
    "tokenizer.ggml.token_type": [2, 3, 3, 1, 1, 1, 1, 6],
    "tokenizer.ggml.unknown_token_id": 0,
    "tokenizer.ggml.bos_token_id": 1,
  };
  const load = (changes: Record<string, unknown> = {}) =>
    loadGgufTokenizer(new Map<string, unknown>(Object.entries({ ...base, ...changes })));

  it("merges by score, puts BOS before a text that asks for it, and strips the prefix when decoding", () => {
    const tokenizer = load();
    expect([...tokenizer.encodeOrdinary("aaa")]).toEqual([5, 6]);
    expect(tokenizer.encodeDetailed("aaa").ids).toEqual([1, 5, 6]);
    expect(tokenizer.decode([5, 6])).toBe("aaa");
    expect([...tokenizer.encodeOrdinary("<s>")]).not.toContain(1);
  });

  it("leaves out the space where the file says so", () => {
    expect([...load({ "tokenizer.ggml.add_space_prefix": false }).encodeOrdinary("aa")]).toEqual([6]);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      "another kind",
      { "tokenizer.ggml.model": "rwkv" },
      /UNSUPPORTED_TOKENIZER.*"rwkv".*Supported: bert, gpt2, llama, t5/,
    ],
    [
      "another pre-tokenizer",
      { "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "nope" },
      /UNSUPPORTED_TOKENIZER.*"nope"/,
    ],
    ["no vocabulary", { "tokenizer.ggml.tokens": undefined }, /INVALID_TOKENIZER.*tokens/],
    [
      "scores for other tokens",
      { "tokenizer.ggml.scores": [1] },
      /INVALID_TOKENIZER.*1 entries for 8 tokens/,
    ],
    ["tokens that are no strings", { "tokenizer.ggml.tokens": [1] }, /INVALID_TOKENIZER.*tokens/],
  ])("refuses %s", (_name, changes, message) => {
    expect(faultOf(() => load(changes))).toMatch(message);
  });

  it("knows an expression for every pre-tokenizer that it names", () => {
    const names = /Supported: (.*)\./.exec(
      faultOf(() => load({ "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "?" })),
    )?.[1];
    const alphabet = {
      "tokenizer.ggml.model": "gpt2",
      "tokenizer.ggml.tokens": ["a"],
      "tokenizer.ggml.scores": [0],
      "tokenizer.ggml.token_type": [1],
    };
    expect(names?.split(", ").length).toBeGreaterThan(50);
    for (const pre of names?.split(", ") ?? []) {
      expect([...load({ ...alphabet, "tokenizer.ggml.pre": pre }).encodeOrdinary("aaa")]).toEqual([0, 0, 0]);
    }
  });
});
