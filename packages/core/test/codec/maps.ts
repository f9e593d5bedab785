// Maps for tests: of our encodings, and small random ones.

import { makeMap, mapFromEncoding, type TokenizerMap } from "@tokenwire/core/codec";
import { type EncodingName, getEncoding } from "@tokenwire/encodings";

const known = new Map<string, TokenizerMap>();

/** The map of one of our encodings. */
export function encodingMap(name: EncodingName): TokenizerMap {
  const map = known.get(name) ?? mapFromEncoding(getEncoding(name), { id: `openai/${name}` });
  known.set(name, map);
  return map;
}

/** A metaspace map over a few characters whose merges are drawn at random: vocabularies nobody trained. */
export function randomMetaspaceMap(
  next: (below: number) => number,
  prepend: "always" | "first" | "never",
): TokenizerMap {
  const alphabet = ["▁", "a", "b", "c", "日", "é"];
  const tokens = [...alphabet];
  const merges: string[] = [];
  for (let count = 0; count < 60; count++) {
    const left = tokens[next(tokens.length)]!;
    const right = tokens[next(tokens.length)]!;
    const joined = left + right;
    if (joined.length > 9 || tokens.includes(joined)) continue;
    tokens.push(joined);
    merges.push(`${left} ${right}`);
  }
  const vocab: Record<string, number> = {};
  for (let byte = 0; byte < 256; byte++)
    vocab[`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`] = byte;
  for (const [index, token] of tokens.entries()) vocab[token] = 256 + index;
  vocab["</s>"] = 256 + tokens.length;
  return makeMap({
    id: "test/metaspace",
    version: "2",
    vocab_size: 257 + tokens.length,
    vocab,
    encoder: "metaspace",
    merges,
    byte_fallback_start: 0,
    byte_fallback_end: 255,
    special_tokens: { "</s>": 256 + tokens.length },
    ext: { metaspace: { prepend } },
  });
}
