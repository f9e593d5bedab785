// What encodings with the same vocabulary and pattern share, whatever their special tokens.

import type { PieceEncoder } from "./bpe/piece-encoder.ts";
import { type Backend, chooseKernel } from "./fast/choose-kernel.ts";
import type { KernelMemory } from "./fast/kernel-memory.ts";
import type { PreTokenizer } from "./pretokenize/known-pre-tokenizer.ts";
import { lastSafeCutInText } from "./pretokenize/safe-cut.ts";
import { TextCache } from "./text-cache.ts";
import { TextEngine } from "./text-engine.ts";
import { SortedTokens } from "./vocabulary/sorted-tokens.ts";
import { type TokenTable, tokenTableOf } from "./vocabulary/token-table.ts";
import type { Trie } from "./vocabulary/trie.ts";

/** Unicode normalization that an encoding applies to text first. */
export type Normalization = "NFC";

export class EncodingBase {
  readonly trie: Trie;
  readonly preTokenizer: PreTokenizer;
  readonly normalization: Normalization | undefined;
  readonly pieces: PieceEncoder;
  readonly engine: TextEngine;
  readonly backend: Backend;
  #texts: TextCache | undefined;
  #table: TokenTable | undefined;
  #sorted: SortedTokens | undefined;

  constructor(
    trie: Trie,
    pieces: PieceEncoder,
    preTokenizer: PreTokenizer,
    normalization: Normalization | undefined,
    memory: KernelMemory | undefined,
  ) {
    this.trie = trie;
    this.preTokenizer = preTokenizer;
    this.normalization = normalization;
    this.pieces = pieces;
    const { kernel, backend } = chooseKernel(trie, preTokenizer, pieces, memory);
    this.backend = backend;
    this.engine = new TextEngine(kernel, preTokenizer.cuts);
  }

  /** Texts of tokens that have been decoded. */
  get texts(): TextCache {
    this.#texts ??= new TextCache(this.trie.idCount);
    return this.#texts;
  }

  /** Bytes of all tokens, made when first needed. */
  get table(): TokenTable {
    this.#table ??= tokenTableOf(this.trie);
    return this.#table;
  }

  /** The tokens in order of bytes, made when first needed. */
  get sorted(): SortedTokens {
    this.#sorted ??= new SortedTokens(this.table);
    return this.#sorted;
  }

  /** A place in `text` before `position` where cutting leaves the tokens as they are, or 0 if none is found. */
  safeCut(text: string, position: number): number {
    return lastSafeCutInText(text.slice(0, position), 0, this.preTokenizer.cuts);
  }

  normalize(text: string): string {
    return this.normalization === undefined ? text : text.normalize(this.normalization);
  }
}
