// What a parser needs to know of a vocabulary: the bytes of each token. It holds no merge tables, so a parser can be
// shipped without an encoder.

import { isTokenwireError } from "../errors.ts";
import type { Tokenizer } from "../tokenizer/index.ts";
import { firstSpecialToken, lastReservedToken, markerTexts } from "./tokens.ts";
import { decodeUtf8Lossy, validUtf8Prefix } from "./utf8-tail.ts";

/** Looks up the bytes of a token; undefined for an id outside the vocabulary. */
export type TokenBytes = (id: number) => Uint8Array | undefined;

/** The text of tokens, filled in as they are met: most streams use a small part of the vocabulary. */
export class TokenTable {
  /** Text of each id that is valid UTF-8 by itself; null for the others; undefined until looked up. */
  private readonly texts: (string | null | undefined)[];
  private readonly bytesOf: TokenBytes;
  /** Bytes of the tokens that are no text by themselves; there are some 1,500 of them. */
  private readonly partial: Map<number, Uint8Array> = new Map();

  constructor(bytesOf: TokenBytes, vocabSize: number) {
    this.bytesOf = bytesOf;
    this.texts = new Array<string | null | undefined>(vocabSize).fill(undefined);
  }

  /** The text of a token that is valid UTF-8 alone; null when its bytes must be looked at. */
  text(id: number): string | null {
    const known = this.texts[id];
    return known === undefined ? this.load(id) : known;
  }

  /** The bytes of a token; undefined for an unknown id. */
  bytes(id: number): Uint8Array | undefined {
    const known = this.partial.get(id);
    if (known !== undefined) return known;
    return id < this.texts.length ? this.bytesOf(id) : undefined;
  }

  private load(id: number): string | null {
    const bytes = this.bytes(id);
    if (bytes === undefined) return null;
    const text = validUtf8Prefix(bytes) === bytes.length ? decodeUtf8Lossy(bytes) : null;
    if (text === null) this.partial.set(id, bytes);
    this.texts[id] = text;
    return text;
  }
}

/** The table of a tokenizer. */
export function tokenTableOf(tokenizer: Tokenizer): TokenTable {
  return new TokenTable((id) => {
    try {
      return tokenizer.decodeBytes([id]);
    } catch (error) {
      if (isTokenwireError(error) && error.code === "INVALID_TOKEN") return undefined;
      throw error;
    }
  }, tokenizer.vocabSize);
}

/**
 * The table of a packed vocabulary: the bytes of all ordinary tokens one after the other, and where each begins (one
 * more offset than tokens). Special tokens are added: the structural ones, and reserved ones up to `lastSpecial`.
 *
 * @param lastSpecial 201088 for openai-harmony's vocabulary, 201087 for tiktoken's
 */
export function tokenTableFromBytes(
  bytes: Uint8Array,
  offsets: Uint32Array,
  lastSpecial: number = lastReservedToken,
): TokenTable {
  const encoder = new TextEncoder();
  return new TokenTable((id) => {
    if (id < offsets.length - 1) return bytes.subarray(offsets[id]!, offsets[id + 1]!);
    if (id < firstSpecialToken || id > lastSpecial) return undefined;
    return encoder.encode(markerTexts.get(id) ?? `<|reserved_${id}|>`);
  }, lastSpecial + 1);
}
