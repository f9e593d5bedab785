// The tiktoken-compatible tokenizer: byte-level BPE by rank. This class is the public face; the work is done by the
// text engine (text to IDs), the token decoder (IDs to text) and one file per further feature.

import { encodeUtf8 } from "../bytes/index.ts";
import { TokenwireError } from "../errors.ts";
import {
  requireBytes,
  requireIds,
  requireInteger,
  requireLimit,
  requireText,
  requireTexts,
} from "./arguments.ts";
import type { EncodingBase, Normalization } from "./encoding-base.ts";
import { GrowingTextCounter } from "./growing-text-counter.ts";
import { joinIds } from "./join-arrays.ts";
import { isMeasuring, measure } from "./metrics.ts";
import { type OffsetUnit, offsetsOf } from "./offsets.ts";
import { PieceReader } from "./piece-reader.ts";
import { type SpecialRules, SpecialTokens } from "./special-tokens.ts";
import { encodeToLimit, type SplitOptions, splitAtTokens, splitByTokens } from "./split.ts";
import { ByteStreamDecoder } from "./stream-decoder.ts";
import { CuttingStreamEncoder } from "./stream-encoder.ts";
import { TokenDecoder } from "./token-decoder.ts";
import { TokenLimitError } from "./token-limit-error.ts";
import type {
  DecodeOptions,
  EncodeOptions,
  StreamDecoder,
  StreamEncoder,
  TokenCounter,
  Tokenizer,
} from "./tokenizer.ts";
import { completionsOf, type UnstableEncoding } from "./unstable.ts";
import { findToken, NO_TOKEN } from "./vocabulary/trie.ts";

export interface EncodingEncodeOptions extends EncodeOptions {
  /** Raise TOKEN_LIMIT_EXCEEDED if the text has more tokens. Default: no limit. */
  readonly maxTokens?: number;
}

/** Text and the start of each token in it. */
export interface DecodedWithOffsets {
  readonly text: string;
  readonly offsets: Uint32Array;
}

/** IDs and the start of each in the text. */
export interface EncodedWithOffsets {
  readonly ids: Uint32Array;
  readonly offsets: Uint32Array;
}

/**
 * An encoding: vocabulary, pattern and special tokens under a name. Made by `getEncoding`, `createEncoding` and their
 * kin; encodings over the same vocabulary share its tables.
 *
 *     const encoding = getEncoding("o200k_base");
 *     encoding.encode("hello world");          // Uint32Array [24912, 2375]
 *     encoding.decode([24912, 2375]);          // "hello world"
 *     encoding.countUpTo(document, 8_000);     // number, or undefined as soon as it is more
 */
export class Encoding implements Tokenizer {
  readonly name: string;
  /** The model that this encoding was asked for by; what metrics report. Undefined for one asked for by its name. */
  readonly model: string | undefined;
  /** One more than the largest ID. */
  readonly vocabSize: number;
  readonly specialTokens: ReadonlyMap<string, number>;
  /** What encodings with the same vocabulary and pattern share. */
  readonly base: EncodingBase;
  readonly #special: SpecialTokens;
  readonly #decoder: TokenDecoder;

  constructor(name: string, base: EncodingBase, specialTokens: ReadonlyMap<string, number>, model?: string) {
    this.name = name;
    this.model = model;
    this.base = base;
    this.specialTokens = specialTokens;
    this.#special = new SpecialTokens(specialTokens);
    this.#decoder = new TokenDecoder(name, base, this.#special);
    let largest = base.idCount - 1;
    for (const id of specialTokens.values()) largest = Math.max(largest, id);
    this.vocabSize = largest + 1;
  }

  /**
   * Makes the tables that the first long text or the first decoding would have to wait for (some 20 ms with 200,000
   * tokens): for servers, at their start. Never needed for correct results.
   */
  prepare(): void {
    this.base.prepare();
  }

  /** The regular expression that defines the pieces, as its publisher writes it. */
  get pattern(): string {
    return this.base.preTokenizer.pattern;
  }

  /** The Unicode normalization applied to text before it is encoded, if any. */
  get normalization(): Normalization | undefined {
    return this.base.normalization;
  }

  /** The largest ID. */
  get maxTokenValue(): number {
    return this.vocabSize - 1;
  }

  /** ID of `<|endoftext|>`. Raises INVALID_TOKEN if the encoding has none. */
  get eotToken(): number {
    const id = this.specialTokens.get("<|endoftext|>");
    if (id === undefined)
      throw new TokenwireError("INVALID_TOKEN", `${this.name} has no token <|endoftext|>.`);
    return id;
  }

  /** The special tokens' texts. */
  get specialTokensSet(): ReadonlySet<string> {
    return new Set(this.specialTokens.keys());
  }

  /**
   * IDs of `text`. A special token in the text raises SPECIAL_TOKEN_IN_TEXT (a `SpecialTokenError`) unless it is
   * allowed, and then becomes its ID; `disallowedSpecial: []` makes all others plain text. Lone surrogates count as
   * U+FFFD. Raises INVALID_ARGUMENT if `text` is not a string, TOKEN_LIMIT_EXCEEDED above `maxTokens`.
   */
  encode(text: string, options?: EncodingEncodeOptions): Uint32Array {
    requireText(text);
    if (isMeasuring()) {
      return measure(
        this,
        "encode",
        () => this.#encode(text, options),
        (ids) => ({ tokens: ids.length, bytes: encodeUtf8(text).length }),
      );
    }
    return this.#encode(text, options);
  }

  #encode(text: string, options: EncodingEncodeOptions = {}): Uint32Array {
    const { maxTokens } = options;
    if (maxTokens !== undefined) requireLimit(maxTokens, "maxTokens");
    const rules = this.#special.rules(options, true);
    this.#special.check(text, rules);
    const ids = this.#encodeSegments(text, rules);
    if (maxTokens !== undefined && ids.length > maxTokens) throw new TokenLimitError(ids.length, maxTokens);
    return ids;
  }

  /** IDs of `text`; special tokens in it are plain text. */
  encodeOrdinary(text: string): Uint32Array {
    requireText(text);
    if (isMeasuring()) return this.encode(text, { disallowedSpecial: [] });
    return this.base.engine.encode(this.base.normalize(text));
  }

  /** Text between special tokens is encoded as a text of its own, as tiktoken does. */
  #encodeSegments(text: string, { allowed }: SpecialRules): Uint32Array {
    const { base } = this;
    let match = allowed && this.#special.findAllowed(text, 0, allowed);
    if (match === undefined || allowed === undefined) return base.engine.encode(base.normalize(text));
    const parts: Uint32Array[] = [];
    let start = 0;
    for (; match !== undefined; match = this.#special.findAllowed(text, start, allowed)) {
      if (match.index > start) parts.push(base.engine.encode(base.normalize(text.slice(start, match.index))));
      parts.push(Uint32Array.of(this.specialTokens.get(match.token)!));
      start = match.index + match.token.length;
    }
    if (start < text.length) parts.push(base.engine.encode(base.normalize(text.slice(start))));
    return joinIds(parts);
  }

  /** `encode` of each text. */
  encodeBatch(texts: readonly string[], options?: EncodingEncodeOptions): Uint32Array[] {
    requireTexts(texts);
    return texts.map((text) => this.encode(text, options));
  }

  /** `encodeOrdinary` of each text. */
  encodeOrdinaryBatch(texts: readonly string[]): Uint32Array[] {
    requireTexts(texts);
    return texts.map((text) => this.encodeOrdinary(text));
  }

  /** Number of tokens of `text`. Never raises for special tokens in it unless `disallowedSpecial` asks for that. */
  count(text: string, options?: EncodeOptions): number {
    requireText(text);
    if (!isMeasuring()) return this.#count(text, Number.POSITIVE_INFINITY, options);
    return measure(
      this,
      "count",
      () => this.#count(text, Number.POSITIVE_INFINITY, options),
      (tokens) => ({ tokens, bytes: encodeUtf8(text).length }),
    );
  }

  /** The count if it is at most `limit`, else undefined: a long text is not read to its end. */
  countUpTo(text: string, limit: number, options?: EncodeOptions): number | undefined {
    requireText(text);
    requireLimit(limit, "limit");
    const count = this.#count(text, limit, options);
    return count > limit ? undefined : count;
  }

  #count(text: string, limit: number, options: EncodeOptions | undefined): number {
    const { engine } = this.base;
    if (options === undefined) return engine.count(this.base.normalize(text), limit);
    const rules = this.#special.rules(options, false);
    this.#special.check(text, rules);
    const { allowed } = rules;
    if (allowed === undefined) return engine.count(this.base.normalize(text), limit);
    let total = 0;
    let start = 0;
    while (total <= limit) {
      const match = this.#special.findAllowed(text, start, allowed);
      total += engine.count(this.base.normalize(text.slice(start, match?.index)), limit - total);
      if (match === undefined) break;
      total++;
      start = match.index + match.token.length;
    }
    return total;
  }

  /** Text of `ids`. Raises INVALID_TOKEN for an ID that is not in the encoding, INVALID_UTF8 if `errors` is "strict". */
  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    requireIds(ids);
    if (!isMeasuring()) return this.#decoder.decode(ids, options);
    return measure(
      this,
      "decode",
      () => this.#decoder.decode(ids, options),
      (text) => ({ tokens: ids.length, bytes: encodeUtf8(text).length }),
    );
  }

  /** Bytes of `ids`; they need not be valid UTF-8. Raises INVALID_TOKEN. */
  decodeBytes(ids: ArrayLike<number>): Uint8Array {
    requireIds(ids);
    return this.#decoder.decodeBytes(ids);
  }

  /** `decode` of each sequence. */
  decodeBatch(batch: readonly ArrayLike<number>[], options: DecodeOptions = {}): string[] {
    return batch.map((ids) => this.decode(ids, options));
  }

  /** Bytes of one token. Raises INVALID_TOKEN. */
  decodeSingleTokenBytes(id: number): Uint8Array {
    return this.#decoder.requireBytes(id).slice();
  }

  /** Bytes of each token. Raises INVALID_TOKEN. */
  decodeTokensBytes(ids: ArrayLike<number>): Uint8Array[] {
    requireIds(ids);
    return Array.from(ids, (id, index) => this.#decoder.requireBytes(id, index).slice());
  }

  /**
   * Text of `ids` and where each token starts in it, in code points unless `unit` says otherwise. A token that begins
   * inside a character starts where the character does. Raises INVALID_UTF8, because offsets into replaced text would
   * be wrong.
   */
  decodeWithOffsets(
    ids: ArrayLike<number>,
    options: { readonly unit?: OffsetUnit } = {},
  ): DecodedWithOffsets {
    const text = this.decode(ids, { errors: "strict" });
    return { text, offsets: offsetsOf(this.decodeTokensBytes(ids), options.unit ?? "codepoint") };
  }

  /** As `encode`, with the start of each token in the text, in UTF-16 units unless `unit` says otherwise. */
  encodeWithOffsets(
    text: string,
    options: EncodeOptions & { readonly unit?: OffsetUnit } = {},
  ): EncodedWithOffsets {
    const ids = this.encode(text, options);
    return { ids, offsets: offsetsOf(this.decodeTokensBytes(ids), options.unit ?? "utf16") };
  }

  isSpecialToken(id: number): boolean {
    return this.#special.nameOf(id) !== undefined;
  }

  /** Decodes IDs as they arrive; exact where tokens split characters. */
  createDecoder(options: DecodeOptions = {}): StreamDecoder {
    return new ByteStreamDecoder(this.#decoder, options);
  }

  /** Encodes text as it arrives, with the IDs of the whole: for files and streams of any size. */
  createEncoder(options: EncodeOptions = {}): StreamEncoder {
    // A special token with white space in it could lie across a cut.
    const mayCut = ![...this.specialTokens.keys()].some((token) => /\s/.test(token));
    const safeCut = (text: string): number => this.base.safeCut(text, text.length);
    return new CuttingStreamEncoder((text) => this.encode(text, options), mayCut ? safeCut : undefined);
  }

  /** Counts text as it grows; the count is always that of the whole text. */
  createCounter(): TokenCounter {
    return new GrowingTextCounter(this);
  }

  /**
   * ID of the token with exactly these bytes, or of the special token with this text: `encodeSingleToken("hello")`.
   * Raises INVALID_TOKEN if there is none.
   */
  encodeSingleToken(token: string | Uint8Array): number {
    const bytes = typeof token === "string" ? encodeUtf8(token) : token;
    const id = findToken(this.base.trie, bytes);
    if (id !== NO_TOKEN) return id;
    const special = typeof token === "string" ? this.specialTokens.get(token) : undefined;
    if (special !== undefined) return special;
    const shown = typeof token === "string" ? JSON.stringify(token) : `[${token.join(", ")}]`;
    throw new TokenwireError(
      "INVALID_TOKEN",
      `No single token of ${this.name} is ${shown}. Use encode() for text.`,
    );
  }

  /** IDs of one piece: merged as if the pattern did not split it. */
  encodeSinglePiece(piece: string | Uint8Array): Uint32Array {
    return this.#reader().encodePiece(typeof piece === "string" ? encodeUtf8(piece) : piece);
  }

  /** IDs of bytes that need not be valid UTF-8: `decodeBytes` gives them back. */
  encodeBytes(bytes: Uint8Array): Uint32Array {
    requireBytes(bytes);
    return this.#reader().encodeBytes(bytes);
  }

  /** The pieces that the pattern cuts `text` into. */
  split(text: string): string[] {
    requireText(text);
    return this.#reader().split(this.base.normalize(text));
  }

  /** Encodes text that may go on: see `UnstableEncoding`. Can be slow: it tries tokens of the whole vocabulary. */
  encodeWithUnstable(text: string, options: EncodeOptions = {}): UnstableEncoding {
    const ids = this.encode(text, options);
    const reader = this.#reader();
    const { allowed } = this.#special.rules(options, true);
    const { stable, rest } = reader.splitUnstable(ids, this.#textAfterSpecials(text, allowed));
    const completions = rest.length === 0 ? [] : completionsOf(rest, reader);
    return { stable, completions };
  }

  #textAfterSpecials(text: string, allowed: ReadonlySet<string> | undefined): string {
    let start = 0;
    if (allowed !== undefined) {
      for (
        let match = this.#special.findAllowed(text, 0, allowed);
        match !== undefined;
        match = this.#special.findAllowed(text, start, allowed)
      ) {
        start = match.index + match.token.length;
      }
    }
    return this.base.normalize(text.slice(start));
  }

  /** Bytes of all ordinary tokens, sorted as byte strings. */
  tokenByteValues(): Uint8Array[] {
    const { sorted } = this.base;
    return Array.from(sorted.ids, (id) => sorted.bytesOf(id).slice());
  }

  /** The first IDs of `encodeOrdinary(text)`: at most `limit`, and never a part of a character. */
  encodeToLimit(text: string, limit: number): Uint32Array {
    requireText(text);
    requireInteger(limit, "limit", 0);
    return encodeToLimit(this, text, limit);
  }

  /**
   * Cuts `text` so that `head` has at most `limit` tokens, between characters, and `head + tail` is the text. The head
   * has at least one character, even if that alone has more tokens.
   */
  splitAtTokens(text: string, limit: number): { readonly head: string; readonly tail: string } {
    requireText(text);
    requireInteger(limit, "limit", 1);
    return splitAtTokens(this, text, limit);
  }

  /**
   * Cuts `text` between characters into chunks of at most `maxTokens` tokens, of which each repeats about the last
   * `overlap` tokens of the one before (default 0: then the chunks join to the text).
   */
  splitByTokens(text: string, options: SplitOptions): string[] {
    requireText(text);
    return splitByTokens(this, text, options);
  }

  #reader(): PieceReader {
    return new PieceReader(this.base);
  }
}
