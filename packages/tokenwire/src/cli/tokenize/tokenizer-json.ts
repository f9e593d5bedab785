// An encoding as a Hugging Face tokenizer.json, so that tokenizers that read this format can be compared with it.

import { byteAlphabet, type Encoding, splitOf, tokenBytesOf } from "@tokenwire/core/tokenizer";

/**
 * The parsed tokenizer.json of an encoding, without its special tokens. Merges are in the order of the ranks; each
 * joins the two parts that byte-pair encoding of its token ends with.
 */
export function tokenizerJsonOf(encoding: Encoding): object {
  const { trie, table } = encoding.base;
  const vocab: Record<string, number> = {};
  const merges: [string, string][] = [];
  for (let id = 0; id < table.idCount; id++) {
    const bytes = tokenBytesOf(table, id);
    if (bytes.length === 0) continue;
    const token = Array.from(bytes, (byte) => byteAlphabet[byte]).join("");
    vocab[token] = id;
    const split = splitOf(trie, id);
    if (split > 0) merges.push([token.slice(0, split), token.slice(split)]);
  }
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false };
  const split = {
    type: "Split",
    pattern: { Regex: portable(encoding.pattern) },
    behavior: "Isolated",
    invert: false,
  };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: encoding.normalization === undefined ? null : { type: encoding.normalization },
    pre_tokenizer: { type: "Sequence", pretokenizers: [split, byteLevel] },
    post_processor: null,
    decoder: byteLevel,
    model: { type: "BPE", vocab, merges },
  };
}

/**
 * The pattern in what Oniguruma and JavaScript have in common. JavaScript has no possessive quantifiers: in the patterns
 * of the encodings they only save time, since what follows one never begins with what it repeats. In Oniguruma `$` is
 * the end of any line.
 */
function portable(pattern: string): string {
  return pattern.replace(/([+*?]|\{[\d,]+\})\+/g, "$1").replace(/\$(?=\||$)/g, "(?![\\s\\S])");
}
