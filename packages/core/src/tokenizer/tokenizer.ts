// The interface that every tokenizer implements, whatever its origin (tiktoken ranks, tokenizer.json, tekken, GGUF).

/** `"all"`: every special token of the tokenizer; otherwise the named ones. */
export type SpecialTokenSet = "all" | Iterable<string>;

export interface EncodeOptions {
  /** Special tokens that become their ID when found in the text. Default: none. */
  readonly allowedSpecial?: SpecialTokenSet;
  /** Special tokens that raise SPECIAL_TOKEN_IN_TEXT. Default: `"all"`, less the allowed ones. `[]`: treat as text. */
  readonly disallowedSpecial?: SpecialTokenSet;
}

export interface DecodeOptions {
  /** `"replace"` (default): U+FFFD for invalid UTF-8, as WHATWG decodes. `"strict"`: raise INVALID_UTF8. */
  readonly errors?: "replace" | "strict";
  /** Leave special tokens out of the text. Default: false. */
  readonly skipSpecialTokens?: boolean;
}

/** Turns IDs into text as they arrive. A character whose bytes are incomplete is held until it is complete. */
export interface StreamDecoder {
  /** The text that these IDs complete; may be empty. */
  push(ids: ArrayLike<number>): string;
  /** The text of a token that is text by itself, where nothing waits for it; undefined, else. Changes nothing. */
  textOf?(id: number): string | undefined;
  /** What was held back: U+FFFD for an incomplete character, else empty. The decoder can be used anew. */
  end(): string;
}

/** A running token count of text that grows at its end. */
export interface TokenCounter {
  /** Tokens of all text appended so far, exactly as one call of `count` on the whole would give. */
  readonly count: number;
  append(text: string): void;
  /** A mark to return to. */
  mark(): TokenCounterMark;
  /** Forgets all text appended since the mark. */
  rollback(mark: TokenCounterMark): void;
}

/** Opaque position of a `TokenCounter`. */
export interface TokenCounterMark {
  readonly count: number;
}

/** Turns text into IDs as it arrives. The joined results are those of one `encode` of all text. */
export interface StreamEncoder {
  /** The IDs that this text settles; may be empty. */
  push(text: string): Uint32Array;
  /** The IDs of what was held back. The encoder can be used anew. */
  end(): Uint32Array;
}

export interface Tokenizer {
  readonly name: string;
  /** One more than the largest ID. */
  readonly vocabSize: number;
  readonly specialTokens: ReadonlyMap<string, number>;
  /** IDs of `text` under tiktoken's rules for special tokens: one in the text is an error unless allowed. */
  encode(text: string, options?: EncodeOptions): Uint32Array;
  /** IDs of `text`; special tokens in it are plain text. */
  encodeOrdinary(text: string): Uint32Array;
  /** Number of tokens without materialising them. Special tokens in `text` are plain text unless options say so. */
  count(text: string, options?: EncodeOptions): number;
  /** The count, or undefined as soon as it is known to exceed `limit`. */
  countUpTo(text: string, limit: number, options?: EncodeOptions): number | undefined;
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string;
  decodeBytes(ids: ArrayLike<number>): Uint8Array;
  isSpecialToken(id: number): boolean;
  createDecoder(options?: DecodeOptions): StreamDecoder;
  createCounter(): TokenCounter;
  /** Encodes text as it arrives, for texts that are too long for one go. Absent: only whole texts can be encoded. */
  createEncoder?(options?: EncodeOptions): StreamEncoder;
}
