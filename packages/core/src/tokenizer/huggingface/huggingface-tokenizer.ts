// The tokenizer that a tokenizer.json, a tekken.json, a rank file or GGUF metadata describes.

import type { OffsetUnit } from "../offsets.ts";
import { SpecialTokens } from "../special-tokens.ts";
import { CuttingStreamEncoder } from "../stream-encoder.ts";
import type {
  DecodeOptions,
  EncodeOptions,
  StreamDecoder,
  StreamEncoder,
  TokenCounter,
  Tokenizer,
} from "../tokenizer.ts";
import { type AddedToken, checkAddedTokens, type TokenFilter } from "./added-tokens.ts";
import type { Decoder } from "./decoders/index.ts";
import type { EncodedTokens } from "./encoded.ts";
import { IdCount, IdList, type IdSink } from "./id-sink.ts";
import type { TokenModel } from "./models/index.ts";
import type { Normalizer } from "./normalizers/index.ts";
import { convertOffsets } from "./offset-unit.ts";
import { Pipeline } from "./pipeline.ts";
import { PipelineCounter } from "./pipeline-counter.ts";
import { type PostProcessor, postProcess } from "./postprocessors/index.ts";
import type { PreTokenizer } from "./pretokenizers/index.ts";
import { safeCutBesideControl, safeCutOf } from "./safe-cut.ts";
import { PipelineDecoder } from "./token-decoder.ts";

/** Everything a tokenizer consists of. Loaders for other formats than tokenizer.json fill it in themselves. */
export interface TokenizerParts {
  readonly name: string;
  readonly addedTokens: readonly AddedToken[];
  readonly normalizer?: Normalizer | undefined;
  readonly preTokenizers: readonly PreTokenizer[];
  readonly model: TokenModel;
  readonly postProcessors?: readonly PostProcessor[];
  readonly decoder: Decoder;
  /** Whether an added token may only come from trusted text. */
  readonly isControl: (token: AddedToken) => boolean;
}

export interface EncodeDetailedOptions {
  /** A second text: `encodeDetailed(question, { pair: passage })`. */
  readonly pair?: string;
  /** Adds what the post-processor puts around a text (`[CLS]`, `<s>`). Default: true. */
  readonly addSpecialTokens?: boolean;
  /** What offsets count. Default: `"utf16"`, the units of JavaScript strings. */
  readonly offsetUnit?: OffsetUnit;
}

/** Tokens with their strings and the ranges they stand for. */
export interface DetailedTokens extends EncodedTokens {
  readonly tokens: string[];
}

/**
 * A tokenizer with Hugging Face's pipeline behind the common interface.
 *
 * `specialTokens` lists the control tokens: those that the file marks special, and markers such as `<think>` that it
 * adds beside the vocabulary. Text becomes one of them only if `allowedSpecial` names it. Other added tokens are words
 * and always recognised. `skipSpecialTokens` leaves out those that the file marks special, as Hugging Face does, so
 * that markers which parsers look for stay in the text.
 */
export class HuggingFaceTokenizer implements Tokenizer {
  readonly name: string;
  readonly vocabSize: number;
  readonly specialTokens: ReadonlyMap<string, number>;
  private readonly parts: TokenizerParts;
  private readonly pipeline: Pipeline;
  private readonly decoder: PipelineDecoder;
  private readonly special: SpecialTokens;
  private readonly control: ReadonlySet<AddedToken>;
  private readonly addedIds: ReadonlyMap<string, number>;

  constructor(parts: TokenizerParts) {
    const { addedTokens, model, normalizer } = parts;
    checkAddedTokens(addedTokens, (token) => model.vocabulary.idOf(token));
    this.name = parts.name;
    this.parts = parts;
    this.vocabSize = addedTokens.reduce((size, token) => Math.max(size, token.id + 1), model.vocabulary.size);
    this.control = new Set(addedTokens.filter((token) => token.content !== "" && parts.isControl(token)));
    this.specialTokens = new Map([...this.control].map((token) => [token.content, token.id]));
    this.addedIds = new Map(addedTokens.map((token) => [token.content, token.id]));
    this.special = new SpecialTokens(this.specialTokens);
    this.pipeline = new Pipeline({ addedTokens, normalizer, preTokenizers: parts.preTokenizers, model });
    this.decoder = new PipelineDecoder(parts.name, model, parts.decoder, addedTokens, normalizer);
  }

  encode(text: string, options: EncodeOptions = {}): Uint32Array {
    return this.encodeList(text, this.filter(text, options, true));
  }

  encodeOrdinary(text: string): Uint32Array {
    return this.encodeList(text, this.ordinary);
  }

  count(text: string, options: EncodeOptions = {}): number {
    return this.run(text, this.filter(text, options, false), new IdCount()).count;
  }

  countUpTo(text: string, limit: number, options: EncodeOptions = {}): number | undefined {
    const { count } = this.run(text, this.filter(text, options, false), new IdCount(limit));
    return count > limit ? undefined : count;
  }

  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    return this.decoder.decode(ids, options);
  }

  decodeBytes(ids: ArrayLike<number>): Uint8Array {
    return this.decoder.decodeBytes(ids);
  }

  /** True for control tokens: those in `specialTokens` and all that `skipSpecialTokens` leaves out. */
  isSpecialToken(id: number): boolean {
    return this.special.nameOf(id) !== undefined || this.decoder.isSpecial(id);
  }

  createDecoder(options: DecodeOptions = {}): StreamDecoder {
    return this.decoder.stream(options);
  }

  createCounter(): TokenCounter {
    return new PipelineCounter((text) => this.count(text), safeCutOf(this.parts));
  }

  /** Encodes text as it arrives. Where no place for a cut is known to be safe, everything waits for the end. */
  createEncoder(options: EncodeOptions = {}): StreamEncoder {
    return new CuttingStreamEncoder((text) => this.encode(text, options), safeCutBesideControl(this.parts));
  }

  /** The string of a token, as the vocabulary writes it; undefined if there is no such ID. */
  tokenOf(id: number): string | undefined {
    return this.decoder.tokenOf(id);
  }

  /** The ID of a token written as the vocabulary writes it. */
  idOf(token: string): number | undefined {
    return this.addedIds.get(token) ?? this.parts.model.vocabulary.idOf(token);
  }

  /**
   * What Hugging Face's `encode` gives: all added tokens recognised, special tokens put around the text, offsets.
   *
   * @example tokenizer.encodeDetailed("Hi").offsets   // [[0, 0], [0, 2], [0, 0]]
   */
  encodeDetailed(text: string, options: EncodeDetailedOptions = {}): DetailedTokens {
    const { pair, addSpecialTokens = true, offsetUnit = "utf16" } = options;
    const everything = (): boolean => true;
    const texts = (pair === undefined ? [text] : [text, pair]).map((source) => {
      const encoded = this.pipeline.encodeAligned(source, everything);
      return { ...encoded, offsets: convertOffsets(source, encoded.offsets, offsetUnit) };
    });
    const tokenOf = (id: number): string | undefined => this.decoder.tokenOf(id);
    const joined = postProcess(this.parts.postProcessors ?? [], texts, addSpecialTokens, tokenOf);
    return { ...joined, tokens: joined.ids.map((id) => tokenOf(id) ?? "") };
  }

  private readonly ordinary: TokenFilter = (token) => !this.control.has(token);

  /** Which added tokens to match, after the check for those that must not occur. */
  private filter(text: string, options: EncodeOptions, disallowedByDefault: boolean): TokenFilter {
    const rules = this.special.rules(options, disallowedByDefault);
    this.special.check(text, rules);
    const { allowed } = rules;
    if (allowed === undefined) return this.ordinary;
    return (token) => !this.control.has(token) || allowed.has(token.content);
  }

  private encodeList(text: string, wanted: TokenFilter): Uint32Array {
    return this.run(text, wanted, new IdList()).finish();
  }

  private run<T extends IdSink>(text: string, wanted: TokenFilter, sink: T): T {
    this.pipeline.encode(text, wanted, sink);
    return sink;
  }
}
