import {
  BPETokenizer,
  convertHFTokenizer,
  LongestMatchTokenizer,
  makeMap,
  pickTokenizer,
  tokenize,
} from "@tokenwire/core/codec";
import { getEncoding } from "@tokenwire/encodings";
import { describe, expect, it } from "vitest";
import { encodingMap } from "./maps.ts";
import { texts } from "./texts.ts";

describe("map tokenizers", () => {
  it.each(["cl100k_base", "o200k_base", "p50k_base", "r50k_base"] as const)(
    "%s: the ids of the encoding itself",
    (name) => {
      const tokenizer = new BPETokenizer(encodingMap(name));
      const encoding = getEncoding(name);
      for (const text of texts) expect(tokenizer.encode(text)).toEqual([...encoding.encodeOrdinary(text)]);
    },
  );

  it("takes special tokens in text for text unless they are allowed", () => {
    const map = encodingMap("cl100k_base");
    const text = "a<|endoftext|>b";
    expect(tokenize(map, text)).not.toContain(100257);
    expect(tokenize(map, text, { allowedSpecial: "all" })).toEqual([64, 100257, 65]);
    expect(tokenize(map, text, { allowedSpecial: ["<|endoftext|>"] })).toEqual([64, 100257, 65]);
    expect(() => tokenize(map, text, { disallowedSpecial: "all" })).toThrow(
      /<\|endoftext\|> found at index 1/,
    );
    expect(() => tokenize(map, "a", { allowedSpecial: ["<|nope|>"] })).toThrow(
      /no special token "<\|nope\|>"/,
    );
  });

  it("replaces lone surrogates", () => {
    const map = encodingMap("cl100k_base");
    expect(tokenize(map, "a\ud83d")).toEqual(tokenize(map, "a\ufffd"));
  });

  it("matches the longest entry where there are no merges", () => {
    const map = makeMap({
      id: "a/b",
      version: "2",
      vocab_size: 5,
      vocab: { a: 0, ab: 1, abc: 2, "<|x|>": 3 },
      special_tokens: { "<|x|>": 3, end: 4 },
    });
    const tokenizer = pickTokenizer(map);
    expect(tokenizer).toBeInstanceOf(LongestMatchTokenizer);
    expect(tokenizer.encode("abcaba")).toEqual([2, 1, 0]);
    expect(tokenizer.encode("a<|x|><|end|>", { allowedSpecial: "all" })).toEqual([0, 3, 4]);
    expect(() => tokenizer.encode("a😀")).toThrow(/no entry for "😀" at index 1/);
    expect(new LongestMatchTokenizer(map, { onUnknown: "legacy-zero" }).encode("😀a")).toEqual([0, 0, 0]);
    const unknown = makeMap({ ...map, ext: { unk_id: 4 } });
    expect(new LongestMatchTokenizer(unknown).encode("😀a")).toEqual([4, 0]);
  });

  it("refuses models that are not byte-pair", () => {
    const map = makeMap({
      id: "a/b",
      version: "2",
      vocab_size: 1,
      vocab: { a: 0 },
      ext: { model: "unigram" },
    });
    expect(() => pickTokenizer(map)).toThrow(/unigram/);
  });

  it("emits whole pieces where merges are ignored", () => {
    const base = {
      id: "a/b",
      version: "2",
      vocab_size: 4,
      encoder: "byte_level",
      pre_tokenizer_program: { version: 1, ops: [{ op: "letters" }] },
    } as const;
    const vocab = { a: 0, b: 1, c: 2, abc: 3 };
    expect(tokenize(makeMap({ ...base, vocab, merges: [] }), "abc")).toEqual([0, 1, 2]);
    expect(tokenize(makeMap({ ...base, vocab, merges: [], ext: { ignore_merges: true } }), "abc")).toEqual([
      3,
    ]);
  });
});

describe("convertHFTokenizer", () => {
  const gpt2Like = {
    model: {
      type: "BPE",
      vocab: { a: 0, b: 1, ab: 2, Ġ: 3, "<tool_call>": 4, "</tool_call>": 5 },
      merges: [["a", "b"]],
    },
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: true },
    decoder: { type: "ByteLevel" },
    added_tokens: [
      {
        id: 6,
        content: "<|end|>",
        special: true,
        normalized: false,
        lstrip: false,
        rstrip: false,
        single_word: false,
      },
    ],
  };

  it("writes what the file says", () => {
    const map = convertHFTokenizer(gpt2Like, {
      id: "acme/tiny",
      tokenizerConfig: { chat_template: "… <tool_call> …", eos_token: { content: "<|end|>" } },
    });
    expect(Object.keys(map)).toEqual([
      "id",
      "version",
      "vocab_size",
      "vocab",
      "encoder",
      "merges",
      "pre_tokenizer_pattern",
      "pre_tokenizer_program",
      "special_tokens",
      "tool_calling",
      "ext",
    ]);
    expect(map).toMatchObject({
      vocab_size: 7,
      encoder: "byte_level",
      merges: ["a b"],
      pre_tokenizer_program: { version: 1 },
      special_tokens: { "<|end|>": 6, "<tool_call>": 4, "</tool_call>": 5 },
      tool_calling: { convention: "qwen25", args_format: "json" },
      ext: { schema: 1, max_id: 6, eos_ids: [6] },
    });
    expect(tokenize(map, "ab a")).toEqual([2, 3, 0]);
  });

  it("keeps what only ext can say", () => {
    const map = convertHFTokenizer(
      {
        ...gpt2Like,
        normalizer: { type: "NFC" },
        pre_tokenizer: { type: "ByteLevel", add_prefix_space: true },
      },
      { id: "acme/tiny" },
    );
    expect(map.ext).toMatchObject({ normalizers: [{ type: "nfc" }], add_prefix_space: true });
    expect(tokenize(map, "ab")).toEqual([3, 2]);
  });

  it("reads the sentencepiece shape", () => {
    const vocab = Object.fromEntries(
      Array.from({ length: 256 }, (_, byte) => [
        `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
        byte + 3,
      ]),
    );
    const map = convertHFTokenizer(
      {
        model: {
          type: "BPE",
          vocab: { "<unk>": 0, ...vocab, "▁": 259, a: 260, "▁a": 261 },
          merges: ["▁ a"],
          byte_fallback: true,
          unk_token: "<unk>",
        },
        normalizer: {
          type: "Sequence",
          normalizers: [
            { type: "Prepend", prepend: "▁" },
            { type: "Replace", pattern: { String: " " }, content: "▁" },
          ],
        },
        decoder: {
          type: "Sequence",
          decoders: [
            { type: "Replace", pattern: { String: "▁" }, content: " " },
            { type: "ByteFallback" },
            { type: "Fuse" },
            { type: "Strip", content: " ", start: 1, stop: 0 },
          ],
        },
      },
      { id: "acme/llama" },
    );
    expect(map).toMatchObject({
      encoder: "metaspace",
      byte_fallback_start: 3,
      byte_fallback_end: 258,
      ext: { metaspace: { prepend: "always" }, decoder: { strip_left: 1 }, unk_id: 0 },
    });
    expect(tokenize(map, "a aé")).toEqual([261, 261, 0xc3 + 3, 0xa9 + 3]);
  });

  it.each([
    [{ type: "Whitespace" }, /Whitespace/],
    [{ type: "Punctuation", behavior: "Isolated" }, /Contiguous/],
    [
      {
        type: "Sequence",
        pretokenizers: [
          { type: "Split", pattern: { Regex: "x+" }, behavior: "Isolated", invert: false },
          { type: "ByteLevel" },
        ],
      },
      /not recognised/,
    ],
  ])("refuses what no program expresses: %j", (node, message) => {
    expect(() => convertHFTokenizer({ ...gpt2Like, pre_tokenizer: node }, { id: "a/b" })).toThrow(message);
  });

  it("fails loudly for a convention whose markers are missing", () => {
    expect(() => convertHFTokenizer(gpt2Like, { id: "a/b", convention: "phi4" })).toThrow(/<\|tool\|>/);
    expect(() => convertHFTokenizer({ model: {} }, { id: "a/b" })).toThrow(/model.vocab/);
  });
});
