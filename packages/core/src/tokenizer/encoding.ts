// The tiktoken-compatible encoding: the public face, with what tiktoken and bpe-openai offer beyond a tokenizer. One file
// per feature does the work.

import { encodeUtf8 } from "../bytes/index.ts";
import { TokenwireError } from "../errors.ts";
import { requireBytes, requireIds, requireInteger, requireText, requireTexts } from "./arguments.ts";
import { type OffsetUnit, offsetsOf } from "./offsets.ts";
import { PieceReader } from "./piece-reader.ts";
import { type EncodingEncodeOptions, RankTokenizer } from "./rank-tokenizer.ts";
import { encodeToLimit, type SplitOptions, splitAtTokens, splitByTokens } from "./split.ts";
import type { DecodeOptions, EncodeOptions } from "./tokenizer.ts";
import { completionsOf, type UnstableEncoding } from "./unstable.ts";
import { findToken, NO_TOKEN } from "./vocabulary/trie.ts";

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
export class Encoding extends RankTokenizer {
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

  /** `decode` of each sequence. */
  decodeBatch(batch: readonly ArrayLike<number>[], options: DecodeOptions = {}): string[] {
    return batch.map((ids) => this.decode(ids, options));
  }

  /** Bytes of one token. Raises INVALID_TOKEN. */
  decodeSingleTokenBytes(id: number): Uint8Array {
    return this.decoder.bytesOf(id).slice();
  }

  /** Bytes of each token. Raises INVALID_TOKEN. */
  decodeTokensBytes(ids: ArrayLike<number>): Uint8Array[] {
    requireIds(ids);
    return Array.from(ids, (id, index) => this.decoder.bytesOf(id, index).slice());
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

  /**
   * ID of the token with exactly these bytes, or of the special token with this text: `encodeSingleToken("hello")`.
   * Raises INVALID_TOKEN if there is none.
   */
  encodeSingleToken(token: string | Uint8Array): number {
    const isText = typeof token === "string";
    const id = findToken(this.base.trie, isText ? encodeUtf8(token) : token);
    if (id !== NO_TOKEN) return id;
    const special = isText ? this.specialTokens.get(token) : undefined;
    if (special !== undefined) return special;
    const shown = JSON.stringify(isText ? token : [...token]);
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
    const { allowed } = this.special.rules(options, true);
    let last = text;
    if (allowed !== undefined) for (const { part } of this.special.segments(text, allowed)) last = part;
    const { stable, rest } = reader.splitUnstable(ids, this.base.normalize(last));
    const completions = rest.length === 0 ? [] : completionsOf(rest, reader);
    return { stable, completions };
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
