// What encodings with the same vocabulary and pattern share, whatever their special tokens. Each part is made when it is
// first needed: a program that encodes one sentence should not wait for what a million would need.

import type { PieceEncoder } from "./bpe/piece-encoder.ts";
import { type BulkDecoder, createBulkDecoder } from "./decode/bulk-decoder.ts";
import { type Backend, type ChosenKernel, chooseKernel } from "./fast/choose-kernel.ts";
import type { KernelMemory } from "./fast/kernel-memory.ts";
import type { PreTokenizer } from "./pretokenize/known-pre-tokenizer.ts";
import { lastSafeCutInText } from "./pretokenize/safe-cut.ts";
import { StartKernel } from "./start-kernel.ts";
import { TextCache } from "./text-cache.ts";
import { TextEngine } from "./text-engine.ts";
import type { PackedSearch } from "./vocabulary/packed-search.ts";
import { SortedTokens } from "./vocabulary/sorted-tokens.ts";
import { type TokenTable, tokenTableOf } from "./vocabulary/token-table.ts";
import type { Trie } from "./vocabulary/trie.ts";

/** Unicode normalization that an encoding applies to text first. */
export type Normalization = "NFC";

/** A vocabulary ready for use. */
export interface LoadedVocabulary {
  readonly trie: Trie;
  readonly pieces: PieceEncoder;
  /** The memory that the trie lies in, if a fast kernel may use it. */
  readonly memory: KernelMemory | undefined;
}

/** A vocabulary that is loaded on demand. */
export interface VocabularySource {
  /** One more than the largest ID. */
  readonly idCount: number;
  load(): LoadedVocabulary;
  /** Finds tokens before anything is loaded. */
  readonly search?: PackedSearch;
}

export class EncodingBase {
  readonly preTokenizer: PreTokenizer;
  readonly normalization: Normalization | undefined;
  /** One more than the largest ID of the vocabulary. */
  readonly idCount: number;
  /** Forgotten once it is loaded, with the packed form that it holds. */
  #source: VocabularySource | undefined;
  #loaded: (LoadedVocabulary & ChosenKernel) | undefined;
  #engine: TextEngine | undefined;
  #texts: TextCache | undefined;
  /** Null: this host cannot have one. */
  #bulk: BulkDecoder | null | undefined;
  #table: TokenTable | undefined;
  #sorted: SortedTokens | undefined;

  constructor(
    source: VocabularySource,
    preTokenizer: PreTokenizer,
    normalization: Normalization | undefined,
  ) {
    this.preTokenizer = preTokenizer;
    this.normalization = normalization;
    this.idCount = source.idCount;
    this.#source = source;
    const { search } = source;
    if (search !== undefined) {
      const longPieces: PieceEncoder = { encode: (...piece) => this.pieces.encode(...piece) };
      const kernel = new StartKernel(preTokenizer, search, longPieces, () => this.#load().kernel);
      this.#engine = new TextEngine(kernel, preTokenizer.cuts);
    }
  }

  #load(): LoadedVocabulary & ChosenKernel {
    if (this.#source !== undefined) {
      const vocabulary = this.#source.load();
      const { trie, pieces, memory } = vocabulary;
      this.#loaded = { ...vocabulary, ...chooseKernel(trie, this.preTokenizer, pieces, memory) };
      this.#source = undefined;
      // From now on the faster one.
      if (this.#engine !== undefined) this.#engine.kernel = this.#loaded.kernel;
    }
    return this.#loaded!;
  }

  get trie(): Trie {
    return this.#load().trie;
  }

  get pieces(): PieceEncoder {
    return this.#load().pieces;
  }

  get backend(): Backend {
    return this.#load().backend;
  }

  /** Encodes texts. */
  get engine(): TextEngine {
    this.#engine ??= new TextEngine(this.#load().kernel, this.preTokenizer.cuts);
    return this.#engine;
  }

  /** Makes now what the first long text and the first decoding would have to wait for. */
  prepare(): void {
    this.#load();
    void this.table;
  }

  /** Texts of tokens that have been decoded. */
  get texts(): TextCache {
    this.#texts ??= new TextCache(this.idCount);
    return this.#texts;
  }

  /** Decodes in compiled code, where the kernel is compiled code as well. Made when first needed. */
  get bulk(): BulkDecoder | undefined {
    if (this.#bulk === undefined) {
      this.#bulk = (this.backend === "wasm" && createBulkDecoder(this.trie)) || null;
    }
    return this.#bulk ?? undefined;
  }

  /** Bytes of all tokens, made when first needed. */
  get table(): TokenTable {
    this.#table ??= this.bulk?.table ?? tokenTableOf(this.trie);
    return this.#table;
  }

  /** The tokens in order of bytes, made when first needed. */
  get sorted(): SortedTokens {
    this.#sorted ??= new SortedTokens(this.table);
    return this.#sorted;
  }

  /** A place in `text` before `position` where cutting leaves the tokens as they are, or 0 if none is found. */
  safeCut(text: string, position: number): number {
    return lastSafeCutInText(text, 0, this.preTokenizer.cuts, position);
  }

  normalize(text: string): string {
    return this.normalization === undefined ? text : text.normalize(this.normalization);
  }
}
