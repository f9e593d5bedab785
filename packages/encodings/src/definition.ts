import type { knownPatterns } from "@tokenwire/core/tokenizer/packed";

/** Files in `data/` without the extension. */
export type VocabularyName = "cl100k_base" | "o200k_base" | "p50k_base" | "voyage3_base";

/** An encoding as plain data. */
export interface EncodingDefinition {
  readonly name: string;
  readonly pattern: keyof typeof knownPatterns;
  readonly vocabulary: VocabularyName;
  /** Tokens of this ID and above belong to another encoding that shares the vocabulary file. */
  readonly idLimit?: number;
  readonly normalization?: "NFC";
  /** A function, because some have over a thousand. */
  readonly specialTokens: () => ReadonlyMap<string, number>;
}
