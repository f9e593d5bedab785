// Tokenizers from files: tokenizer.json, tekken.json, rank files, GGUF metadata.

export type { AddedToken } from "./added-tokens.ts";
export { compileTokenizerJson } from "./compiled/write.ts";
export { type GgufTokenizerOptions, loadGgufTokenizer } from "./formats/gguf.ts";
export { kimiPattern } from "./formats/split-patterns.ts";
export { loadTekken } from "./formats/tekken.ts";
export {
  type DetailedTokens,
  type EncodeDetailedOptions,
  HuggingFaceTokenizer,
} from "./huggingface-tokenizer.ts";
export { type LoadTokenizerOptions, loadTokenizerJson } from "./load-tokenizer-json.ts";
