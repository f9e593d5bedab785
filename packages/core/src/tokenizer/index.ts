export { type Merges, mergeSymbols } from "./bpe/merge.ts";
export { PairMerges } from "./bpe/merge-tables.ts";
export {
  createEncoding,
  createPackedEncoding,
  extendEncoding,
  type PackedEncodingDefinition,
  replaceSpecialTokens,
} from "./create-encoding.ts";
export { Encoding } from "./encoding.ts";
export { alphabet as byteAlphabet, alphabetToBytes, bytesToAlphabet } from "./huggingface/byte-alphabet.ts";
export {
  characterClasses,
  LETTER,
  LOWER,
  MARK,
  NUMBER,
  PUNCTUATION,
  SPACE,
  SYMBOL,
  UPPER,
} from "./pretokenize/character-classes.ts";
export { knownPatterns } from "./pretokenize/patterns.ts";
export { SpecialTokenError } from "./special-token-error.ts";
export type {
  DecodeOptions,
  EncodeOptions,
  SpecialTokenSet,
  StreamDecoder,
  TokenCounter,
  TokenCounterMark,
  Tokenizer,
} from "./tokenizer.ts";
export { buildTrie, compareBytes, type RankedToken } from "./vocabulary/build-trie.ts";
export { packedChecksum, unpackVocabulary } from "./vocabulary/packed.ts";
export { tokenTableOf } from "./vocabulary/token-table.ts";
