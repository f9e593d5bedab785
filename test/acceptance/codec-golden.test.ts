// IDs of real tokenizers: maps built from their vocabularies encode as the originals do, and decode back.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { convertHFTokenizer, detokenize, type TokenizerMap, tokenize } from "@tokenwire/core/codec";
import { readGguf } from "@tokenwire/core/gguf";
import { describe, expect, it } from "vitest";

const shared = join(import.meta.dirname, "../../../shared/acceptance");

interface Sample {
  readonly text: string;
  readonly ids: readonly number[];
}

interface Vocabulary {
  readonly tokens: readonly string[];
  readonly merges: readonly string[];
  readonly scores: readonly number[];
  readonly types: readonly number[];
}

const CONTROL = 3;

function vocabularyOf(name: string): Vocabulary | undefined {
  const path = join(shared, "tokenizers", `ggml-vocab-${name}.gguf`);
  if (!existsSync(path)) return undefined;
  const { metadata } = readGguf(readFileSync(path))!;
  const list = <T>(key: string): readonly T[] =>
    Array.from((metadata.get(`tokenizer.ggml.${key}`) ?? []) as unknown as ArrayLike<T>);
  return {
    tokens: list("tokens"),
    merges: list("merges"),
    scores: list("scores"),
    types: list("token_type"),
  };
}

/** The merges that sentencepiece scores imply: every way to make a token of two, best score first. */
function mergesOfScores({ tokens, scores }: Vocabulary): string[] {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const merges: {
    readonly text: string;
    readonly score: number;
    readonly left: number;
    readonly right: number;
  }[] = [];
  for (const [id, token] of tokens.entries()) {
    const characters = [...token];
    for (let cut = 1; cut < characters.length; cut++) {
      const left = ids.get(characters.slice(0, cut).join(""));
      const right = ids.get(characters.slice(cut).join(""));
      if (left === undefined || right === undefined) continue;
      merges.push({ text: `${tokens[left]} ${tokens[right]}`, score: scores[id]!, left, right });
    }
  }
  merges.sort((a, b) => b.score - a.score || a.left - b.left || a.right - b.right);
  return merges.map(({ text }) => text);
}

const qwenPattern =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

function addedTokens({ tokens, types }: Vocabulary): object[] {
  return tokens.flatMap((content, id) => (types[id] === CONTROL ? [{ id, content, special: true }] : []));
}

function qwen(vocabulary: Vocabulary): TokenizerMap {
  return convertHFTokenizer(
    {
      normalizer: { type: "NFC" },
      pre_tokenizer: {
        type: "Sequence",
        pretokenizers: [
          { type: "Split", pattern: { Regex: qwenPattern }, behavior: "Isolated", invert: false },
          { type: "ByteLevel", add_prefix_space: false, use_regex: false },
        ],
      },
      decoder: { type: "ByteLevel" },
      model: {
        type: "BPE",
        vocab: Object.fromEntries(vocabulary.tokens.map((token, id) => [token, id])),
        merges: vocabulary.merges,
      },
      added_tokens: addedTokens(vocabulary),
    },
    { id: "qwen/qwen2" },
  );
}

function llama(vocabulary: Vocabulary): TokenizerMap {
  return convertHFTokenizer(
    {
      normalizer: {
        type: "Sequence",
        normalizers: [
          { type: "Prepend", prepend: "▁" },
          { type: "Replace", pattern: { String: " " }, content: "▁" },
        ],
      },
      pre_tokenizer: null,
      decoder: {
        type: "Sequence",
        decoders: [
          { type: "Replace", pattern: { String: "▁" }, content: " " },
          { type: "ByteFallback" },
          { type: "Fuse" },
          { type: "Strip", content: " ", start: 1, stop: 0 },
        ],
      },
      model: {
        type: "BPE",
        byte_fallback: true,
        unk_token: "<unk>",
        vocab: Object.fromEntries(vocabulary.tokens.map((token, id) => [token, id])),
        merges: mergesOfScores(vocabulary),
      },
      added_tokens: addedTokens(vocabulary),
    },
    { id: "meta-llama/llama-2" },
  );
}

function read<T>(name: string): T | undefined {
  const path = join(shared, "codec", name);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as T) : undefined;
}

function check(map: TokenizerMap, samples: readonly Sample[]): void {
  expect(samples.length).toBeGreaterThan(5);
  for (const { text, ids } of samples) {
    expect({ text, ids: tokenize(map, text) }).toEqual({ text, ids });
    expect(detokenize(map, ids)).toBe(text.normalize("NFC"));
  }
}

describe.skipIf(!existsSync(shared))("acceptance: golden ids", () => {
  const qwenVocabulary = vocabularyOf("qwen2");
  const qwenSamples = read<{ readonly samples: readonly Sample[] }>("qwen2-golden.json")?.samples;
  it.skipIf(!qwenVocabulary || !qwenSamples)("qwen2", () => check(qwen(qwenVocabulary!), qwenSamples!));

  const metaspace =
    read<{ readonly models: Readonly<Record<string, readonly Sample[]>> }>("metaspace-golden.json")?.models ??
    {};
  const llamaVocabulary = vocabularyOf("llama-spm");
  const maps: Readonly<Record<string, () => TokenizerMap>> = llamaVocabulary
    ? { "llama-2": () => llama(llamaVocabulary) }
    : {};
  for (const [model, samples] of Object.entries(metaspace)) {
    const map = maps[model];
    // Only the vocabularies that are here can be checked; the others show as skipped.
    it.skipIf(!map)(model, () => check(map!(), samples));
  }
});
