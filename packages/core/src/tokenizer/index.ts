export { type Merges, mergeSymbols } from "./bpe/merge.ts";
export { MergeTable } from "./bpe/merge-table.ts";
export { createEncoding, type EncodingDefinition } from "./create-encoding.ts";
export { encodingOfModel, extendEncoding, replaceSpecialTokens } from "./derive-encoding.ts";
export { SimpleBytePairEncoding } from "./educational.ts";
export { type DecodedWithOffsets, type EncodedWithOffsets, Encoding } from "./encoding.ts";
export type { Normalization } from "./encoding-base.ts";
export { alphabet as byteAlphabet, alphabetToBytes, bytesToAlphabet } from "./huggingface/byte-alphabet.ts";
export {
  type AddedToken,
  compileTokenizerJson,
  type DetailedTokens,
  type EncodeDetailedOptions,
  type GgufTokenizerOptions,
  HuggingFaceTokenizer,
  kimiPattern,
  type LoadTokenizerOptions,
  loadGgufTokenizer,
  loadTekken,
  loadTokenizerJson,
} from "./huggingface/index.ts";
export { type MetricsHook, setMetricsHook, type TokenizerMetrics } from "./metrics.ts";
export type { OffsetUnit } from "./offsets.ts";
export { createPackedEncoding, type PackedEncodingDefinition } from "./packed-encoding.ts";
export { LETTER, LOWER, MARK, NUMBER, SPACE, UPPER } from "./pretokenize/character-classes.ts";
export { knownPatterns } from "./pretokenize/shipped-patterns.ts";
export {
  allCharacterClasses as characterClasses,
  PUNCTUATION,
  SYMBOL,
} from "./pretokenize/sign-classes.ts";
export type { EncodingEncodeOptions } from "./rank-tokenizer.ts";
export { parseTiktoken, type Ranks, serialiseTiktoken } from "./ranks.ts";
export { SpecialTokenError } from "./special-token-error.ts";
export type { SpecialTokenMap } from "./special-token-map.ts";
export type { SplitOptions } from "./split.ts";
export { TokenLimitError } from "./token-limit-error.ts";
export type {
  DecodeOptions,
  EncodeOptions,
  SpecialTokenSet,
  StreamDecoder,
  StreamEncoder,
  TokenCounter,
  TokenCounterMark,
  Tokenizer,
} from "./tokenizer.ts";
export type { UnstableEncoding } from "./unstable.ts";
export { buildTrie, type RankedToken } from "./vocabulary/build-trie.ts";
export {
  BLOCK_BITS as packedBlockBits,
  packedChecksum,
  readPacked,
  type Sections as PackedSections,
} from "./vocabulary/packed.ts";
export { bytesOf as tokenBytesOf, tokenTableOf } from "./vocabulary/token-table.ts";
export { childCount, splitOf, type Trie, tokenAt } from "./vocabulary/trie.ts";
export { unpackVocabulary } from "./vocabulary/unpack.ts";
