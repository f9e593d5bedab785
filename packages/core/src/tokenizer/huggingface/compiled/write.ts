// Writes the compiled form of a tokenizer.json.

import { decodeUtf8, decodeUtf8Strict, encodeUtf8 } from "../../../bytes/index.ts";
import { unsupportedTokenizer } from "../faults.ts";
import { JsonNode } from "../json-node.ts";
import { loadTokenizerJson } from "../load-tokenizer-json.ts";
import { buildMergeTable, ScoredTokens, TokenVocabulary } from "../models/index.ts";
import { checksumOf, HEADER, MAGIC, NO_TOKEN, padded, sectionLengths } from "./layout.ts";
import { isCompiled, sampleHash } from "./read.ts";

/**
 * What `loadTokenizerJson` reads in a small part of the time that a tokenizer.json takes: its vocabulary and merges are
 * indexed already. To be made again for another version of this package.
 *
 * @throws TokenwireError as `loadTokenizerJson` does
 * @example
 * writeFileSync("tokenizer.twt", compileTokenizerJson(readFileSync("tokenizer.json")));
 * const tokenizer = loadTokenizerJson(readFileSync("tokenizer.twt"));
 */
export function compileTokenizerJson(json: string | Uint8Array): Uint8Array {
  if (typeof json !== "string" && isCompiled(json)) return json;
  // Whatever is wrong with it is told here rather than when it is loaded.
  loadTokenizerJson(json);
  const text = typeof json === "string" ? json : decodeUtf8Strict(json);
  const root = JSON.parse(text.replace(/^\ufeff/, "")) as { model: Record<string, unknown> };
  const model = new JsonNode(root).child("model");
  const vocab = model.child("vocab");
  const scored = Array.isArray(vocab.value) ? ScoredTokens.fromJson(vocab) : undefined;
  const vocabulary = scored?.vocabulary ?? TokenVocabulary.fromJson(vocab);
  const merges = mergesOf(model, vocabulary);
  const rest = { ...root, model: { ...root.model, vocab: null, ...(merges && { merges: null }) } };
  return layOut(encodeUtf8(JSON.stringify(rest)), vocabulary, merges, scored?.scores);
}

function mergesOf(model: JsonNode, vocabulary: TokenVocabulary): Int32Array | undefined {
  const { path, value } = model.child("merges");
  if (!Array.isArray(value)) return undefined;
  const continuingPrefix = model.child("continuing_subword_prefix").optionalString() ?? "";
  return buildMergeTable(value, vocabulary, { path, continuingPrefix }).toArray();
}

function layOut(
  json: Uint8Array,
  { tokens, index }: TokenVocabulary,
  merges: Int32Array = new Int32Array(0),
  scores?: Float64Array,
): Uint8Array {
  const all = tokens.join("");
  const texts = encodeUtf8(all);
  if (decodeUtf8(texts) !== all)
    throw unsupportedTokenizer("$.model.vocab", "a token is not well-formed text.");
  const lengths = Uint32Array.from(tokens, (token) => token?.length ?? NO_TOKEN);
  const sections = [json, texts, lengths, index.slots, merges, scores ?? new Float64Array(0)];
  const sizes = {
    tokens: tokens.length,
    slots: index.slots.length,
    merges: merges.length / 4,
    json: json.length,
    texts: texts.length,
    hasScores: scores !== undefined,
  };
  const file = new Uint8Array(sectionLengths(sizes).reduce((sum, length) => sum + padded(length), HEADER));
  const header = new Uint32Array(file.buffer, 0, HEADER / 4);
  header.set([MAGIC, 0, sampleHash(), 0, sizes.tokens, sizes.slots, sizes.merges]);
  header.set([sizes.json, sizes.texts, sizes.hasScores ? 1 : 0], 7);
  let at = HEADER;
  for (const { buffer, byteOffset, byteLength } of sections) {
    file.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += padded(byteLength);
  }
  header[1] = checksumOf(file);
  return file;
}
