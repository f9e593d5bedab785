export {
  createEncoding,
  createPackedEncoding,
  extendEncoding,
  type PackedEncodingDefinition,
  replaceSpecialTokens,
} from "./create-encoding.ts";
export { Encoding } from "./encoding.ts";
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
