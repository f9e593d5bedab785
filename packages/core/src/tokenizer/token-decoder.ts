// IDs to bytes and text, for one vocabulary and one set of special tokens.

import { decodeUtf8, decodeUtf8Strict, encodeUtf8, validUtf8Length } from "../bytes/index.ts";
import { TokenwireError } from "../errors.ts";
import { refuse } from "./arguments.ts";
import type { OtherToken } from "./decode/bulk-decoder.ts";
import type { EncodingBase } from "./encoding-base.ts";
import { joinBytes } from "./join-arrays.ts";
import type { SpecialTokens } from "./special-tokens.ts";
import type { DecodeOptions } from "./tokenizer.ts";
import { bytesOf, sizeOf } from "./vocabulary/token-table.ts";

/** Decodes with the vocabulary of an encoding base and a set of special tokens. */
export class TokenDecoder {
  readonly #name: string;
  readonly #base: EncodingBase;
  readonly #special: SpecialTokens;

  constructor(name: string, base: EncodingBase, special: SpecialTokens) {
    this.#name = name;
    this.#base = base;
    this.#special = special;
  }

  /**
   * Bytes of one token; none for a special one if these are left out. Do not write to them. Raises INVALID_TOKEN, with the
   * position in the sequence if given.
   */
  bytesOf(id: number, index?: number, skipSpecialTokens = false): Uint8Array {
    const { table } = this.#base;
    if (sizeOf(table, id) > 0) return bytesOf(table, id);
    const special = this.#special.nameOf(id);
    if (special === undefined) throw invalidToken(this.#name, id, index);
    return encodeUtf8(skipSpecialTokens ? "" : special);
  }

  /** Bytes of a sequence. Raises INVALID_TOKEN. */
  decodeBytes(ids: ArrayLike<number>, skipSpecialTokens?: boolean): Uint8Array {
    const { bulk } = this.#base;
    const other: OtherToken = (id, index) => this.bytesOf(id, index, skipSpecialTokens);
    if (bulk !== undefined) return bulk.decodeBytes(ids, other);
    // Of a single part, joining makes no copy.
    return joinBytes(Array.from(ids, other)).slice();
  }

  /** Text of one token if it is text by itself, else undefined. Raises INVALID_TOKEN. */
  textOf(id: number, index?: number): string | undefined {
    const { texts } = this.#base;
    const known = texts.texts[id];
    if (known !== undefined) return known ?? undefined;
    // These belong to the encoding, not to the vocabulary.
    const special = this.#special.nameOf(id);
    if (special !== undefined) return special;
    const bytes = this.bytesOf(id, index);
    const text = validUtf8Length(bytes) === bytes.length ? decodeUtf8(bytes) : null;
    texts.set(id, text);
    return text ?? undefined;
  }

  /** Text of a sequence. Raises INVALID_TOKEN, and INVALID_UTF8 if `errors` is "strict". */
  decode(ids: ArrayLike<number>, { errors = "replace", skipSpecialTokens }: DecodeOptions = {}): string {
    if (errors === "strict") return decodeUtf8Strict(this.decodeBytes(ids, skipSpecialTokens));
    if (errors !== "replace") refuse('errors must be "replace" or "strict"', errors);
    const { bulk } = this.#base;
    if (bulk === undefined) return decodeUtf8(this.decodeBytes(ids, skipSpecialTokens));
    return bulk.decode(ids, (id, index) => this.bytesOf(id, index, skipSpecialTokens));
  }
}

function invalidToken(encoding: string, id: number, index: number | undefined): TokenwireError {
  const where = index === undefined ? "" : ` at index ${index}`;
  const why = Number.isInteger(id) && id >= 0 ? `is not in ${encoding}` : "is not a token ID";
  return new TokenwireError(
    "INVALID_TOKEN",
    `Invalid token for decoding: ${String(id)}${where} ${why}. Check that the IDs come from the same encoding.`,
  );
}
