// What every tokenizer can do, for byte-level BPE by rank: encode, count and decode. The work is done by the text engine
// (text to IDs) and the token decoder (IDs to text); here are the rules for special tokens, and the checks of arguments.

import { requireIds, requireLimit, requireText } from "./arguments.ts";
import type { EncodingBase, Normalization } from "./encoding-base.ts";
import { GrowingTextCounter } from "./growing-text-counter.ts";
import { joinIds } from "./join-arrays.ts";
import { report, startMeasuring } from "./metrics.ts";
import { SpecialTokens } from "./special-tokens.ts";
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

export interface EncodingEncodeOptions extends EncodeOptions {
  /** Raise TOKEN_LIMIT_EXCEEDED if the text has more tokens. Default: no limit. */
  readonly maxTokens?: number;
}

/** A vocabulary, a pattern and special tokens under a name: `Encoding` without what is particular to tiktoken. */
export class RankTokenizer implements Tokenizer {
  readonly name: string;
  /** The model that this encoding was asked for by; what metrics report. Undefined for one asked for by its name. */
  readonly model: string | undefined;
  /** One more than the largest ID. */
  readonly vocabSize: number;
  readonly specialTokens: ReadonlyMap<string, number>;
  /** What encodings with the same vocabulary and pattern share. */
  readonly base: EncodingBase;
  protected readonly special: SpecialTokens;
  protected readonly decoder: TokenDecoder;

  constructor(name: string, base: EncodingBase, specialTokens: ReadonlyMap<string, number>, model?: string) {
    this.name = name;
    this.model = model;
    this.base = base;
    this.specialTokens = specialTokens;
    this.special = new SpecialTokens(specialTokens);
    this.decoder = new TokenDecoder(name, base, this.special);
    this.vocabSize = [...specialTokens.values()].reduce((size, id) => Math.max(size, id + 1), base.idCount);
  }

  /**
   * Makes the tables that the first long text or the first decoding would have to wait for (some 40 ms with 200,000
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

  /**
   * IDs of `text`. A special token in the text raises SPECIAL_TOKEN_IN_TEXT (a `SpecialTokenError`) unless it is
   * allowed, and then becomes its ID; `disallowedSpecial: []` makes all others plain text. Lone surrogates count as
   * U+FFFD. Raises INVALID_ARGUMENT if `text` is not a string, TOKEN_LIMIT_EXCEEDED above `maxTokens`.
   */
  encode(text: string, options?: EncodingEncodeOptions): Uint32Array {
    requireText(text);
    const start = startMeasuring();
    const ids = this.#encode(text, options);
    if (start !== undefined) report(this, "encode", start, ids.length, text);
    return ids;
  }

  #encode(text: string, options: EncodingEncodeOptions = {}): Uint32Array {
    const { maxTokens } = options;
    if (maxTokens !== undefined) requireLimit(maxTokens, "maxTokens");
    const rules = this.special.rules(options, true);
    this.special.check(text, rules);
    const { allowed } = rules;
    const ids = allowed === undefined ? this.#encodePlain(text) : this.#encodeSegments(text, allowed);
    if (maxTokens !== undefined && ids.length > maxTokens) throw new TokenLimitError(ids.length, maxTokens);
    return ids;
  }

  /** IDs of `text`; special tokens in it are plain text. */
  encodeOrdinary(text: string): Uint32Array {
    requireText(text);
    const start = startMeasuring();
    const ids = this.#encodePlain(text);
    if (start !== undefined) report(this, "encode", start, ids.length, text);
    return ids;
  }

  #encodePlain(text: string): Uint32Array {
    return this.base.engine.encode(this.base.normalize(text));
  }

  /** Text between special tokens is encoded as a text of its own, as tiktoken does. */
  #encodeSegments(text: string, allowed: ReadonlySet<string>): Uint32Array {
    const parts: Uint32Array[] = [];
    for (const { part, id } of this.special.segments(text, allowed)) {
      if (part !== "") parts.push(this.#encodePlain(part));
      if (id !== undefined) parts.push(Uint32Array.of(id));
    }
    return joinIds(parts);
  }

  /** Number of tokens of `text`. Never raises for special tokens in it unless `disallowedSpecial` asks for that. */
  count(text: string, options?: EncodeOptions): number {
    requireText(text);
    const start = startMeasuring();
    const tokens = this.#count(text, Number.POSITIVE_INFINITY, options);
    if (start !== undefined) report(this, "count", start, tokens, text);
    return tokens;
  }

  /** The count if it is at most `limit`, else undefined: a long text is not read to its end. */
  countUpTo(text: string, limit: number, options?: EncodeOptions): number | undefined {
    requireText(text);
    requireLimit(limit, "limit");
    const count = this.#count(text, limit, options);
    return count > limit ? undefined : count;
  }

  #count(text: string, limit: number, options: EncodeOptions | undefined): number {
    const { base } = this;
    const rules = options && this.special.rules(options, false);
    if (rules !== undefined) this.special.check(text, rules);
    if (rules?.allowed === undefined) return base.engine.count(base.normalize(text), limit);
    let total = 0;
    for (const { part, id } of this.special.segments(text, rules.allowed)) {
      total += base.engine.count(base.normalize(part), limit - total);
      if (id !== undefined) total++;
      if (total > limit) break;
    }
    return total;
  }

  /** Text of `ids`. Raises INVALID_TOKEN for an ID that is not in the encoding, INVALID_UTF8 if `errors` is "strict". */
  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    requireIds(ids);
    const start = startMeasuring();
    const text = this.decoder.decode(ids, options);
    if (start !== undefined) report(this, "decode", start, ids.length, text);
    return text;
  }

  /** Bytes of `ids`; they need not be valid UTF-8. Raises INVALID_TOKEN. */
  decodeBytes(ids: ArrayLike<number>): Uint8Array {
    requireIds(ids);
    return this.decoder.decodeBytes(ids);
  }

  isSpecialToken(id: number): boolean {
    return this.special.nameOf(id) !== undefined;
  }

  /** Decodes IDs as they arrive; exact where tokens split characters. */
  createDecoder(options: DecodeOptions = {}): StreamDecoder {
    return new ByteStreamDecoder(this.decoder, options);
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
}
