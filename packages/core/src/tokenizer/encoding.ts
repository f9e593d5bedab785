// The tiktoken-compatible tokenizer: byte-level BPE by rank, over a packed or built vocabulary.

import { encodeUtf8 } from "../bytes/index.ts";
import { TokenwireError } from "../errors.ts";
import type { PieceEncoder } from "./bpe/piece-encoder.ts";
import type { Scanner } from "./pretokenize/scanner.ts";
import { type SpecialRules, SpecialTokens } from "./special-tokens.ts";
import { ByteStreamDecoder } from "./stream-decoder.ts";
import { PlainTextEncoder } from "./text-encoder.ts";
import { type TokenBytes, TokenDecoder } from "./token-decoder.ts";
import type { DecodeOptions, EncodeOptions, StreamDecoder, TokenCounter, Tokenizer } from "./tokenizer.ts";
import { findToken, NO_TOKEN, type Trie } from "./vocabulary/trie.ts";

/** What encodings of one family share: vocabulary, pattern and the tables made from them. */
export interface EncodingBase {
  readonly pattern: string;
  readonly scan: Scanner;
  readonly tokens: TokenBytes;
  readonly pieces: PieceEncoder;
  readonly canonical: boolean;
}

export class Encoding implements Tokenizer {
  readonly name: string;
  readonly vocabSize: number;
  readonly specialTokens: ReadonlyMap<string, number>;
  readonly base: EncodingBase;
  readonly #trie: Trie;
  readonly #special: SpecialTokens;
  readonly #encoder: PlainTextEncoder;
  readonly #decoder: TokenDecoder;

  constructor(name: string, base: EncodingBase, specialTokens: ReadonlyMap<string, number>) {
    this.name = name;
    this.base = base;
    this.specialTokens = specialTokens;
    this.#trie = base.tokens.trie;
    this.#special = new SpecialTokens(specialTokens);
    this.#encoder = new PlainTextEncoder(base.scan, base.pieces);
    this.#decoder = new TokenDecoder(name, base.tokens, this.#special);
    this.vocabSize = Math.max(this.#trie.idCount, ...[...specialTokens.values()].map((id) => id + 1));
  }

  encode(text: string, options: EncodeOptions = {}): Uint32Array {
    return this.#encode(text, this.#special.rules(options, true));
  }

  encodeOrdinary(text: string): Uint32Array {
    this.#encoder.reset();
    this.#encoder.append(text);
    return this.#encoder.take();
  }

  #encode(text: string, rules: SpecialRules): Uint32Array {
    this.#special.check(text, rules);
    this.#encoder.reset();
    this.#append(text, rules);
    return this.#encoder.take();
  }

  #append(text: string, rules: SpecialRules): void {
    let start = 0;
    for (
      let match = rules.allowed && this.#special.findAllowed(text, 0, rules.allowed);
      match !== undefined;
      match = rules.allowed && this.#special.findAllowed(text, start, rules.allowed)
    ) {
      this.#encoder.append(text.slice(start, match.index));
      this.#encoder.push(this.specialTokens.get(match.token)!);
      start = match.index + match.token.length;
    }
    this.#encoder.append(start === 0 ? text : text.slice(start));
  }

  count(text: string, options: EncodeOptions = {}): number {
    const rules = this.#special.rules(options, false);
    this.#special.check(text, rules);
    this.#encoder.reset();
    this.#append(text, rules);
    return this.#encoder.length;
  }

  countUpTo(text: string, limit: number, options: EncodeOptions = {}): number | undefined {
    const count = this.count(text, options);
    return count > limit ? undefined : count;
  }

  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    return this.#decoder.decode(ids, options);
  }

  decodeBytes(ids: ArrayLike<number>): Uint8Array {
    return this.#decoder.decodeBytes(ids);
  }

  isSpecialToken(id: number): boolean {
    return this.#special.nameOf(id) !== undefined;
  }

  createDecoder(options: DecodeOptions = {}): StreamDecoder {
    return new ByteStreamDecoder(this.#decoder, options);
  }

  createCounter(): TokenCounter {
    const encoding = this;
    let text = "";
    let count = 0;
    return {
      get count() {
        return count;
      },
      append(more) {
        text += more;
        count = encoding.count(text);
      },
      mark() {
        return { count, length: text.length } as { count: number };
      },
      rollback(mark) {
        text = text.slice(0, (mark as { count: number; length: number }).length);
        count = mark.count;
      },
    };
  }

  /** ID of the token with exactly these bytes, or of the special token with this text. Raises INVALID_TOKEN. */
  encodeSingleToken(token: string | Uint8Array): number {
    const bytes = typeof token === "string" ? encodeUtf8(token) : token;
    const id = findToken(this.#trie, bytes);
    if (id !== NO_TOKEN) return id;
    const special = typeof token === "string" ? this.specialTokens.get(token) : undefined;
    if (special !== undefined) return special;
    throw new TokenwireError("INVALID_TOKEN", `No single token of ${this.name} is ${JSON.stringify(token)}.`);
  }
}
