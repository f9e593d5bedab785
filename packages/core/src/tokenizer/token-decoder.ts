// IDs to bytes and text, for one vocabulary and one set of special tokens.

import { decodeUtf8, decodeUtf8Strict, encodeUtf8, validUtf8Length } from "../bytes/index.ts";
import { TokenwireError } from "../errors.ts";
import type { OtherToken } from "./decode/bulk-decoder.ts";
import type { EncodingBase } from "./encoding-base.ts";
import type { SpecialTokens } from "./special-tokens.ts";
import type { DecodeOptions } from "./tokenizer.ts";
import { bytesOf, sizeOf, startOf } from "./vocabulary/token-table.ts";

const NO_BYTES = new Uint8Array(0);

/** Decodes with the vocabulary of an encoding base and a set of special tokens. */
export class TokenDecoder {
  readonly #base: EncodingBase;
  readonly #specialTexts: ReadonlyMap<number, string>;
  readonly #specialBytes: Map<number, Uint8Array> = new Map();
  readonly #name: string;
  /** Special tokens for the bulk decoder: with their text, and left out. */
  readonly #special: OtherToken;
  readonly #skipped: OtherToken;

  constructor(name: string, base: EncodingBase, special: SpecialTokens) {
    this.#name = name;
    this.#base = base;
    this.#special = (id, index) => this.requireBytes(id, index);
    this.#skipped = (id, index) => (this.#specialBytes.has(id) ? NO_BYTES : this.requireBytes(id, index));
    this.#specialTexts = special.idSet;
    for (const [id, token] of special.idSet) this.#specialBytes.set(id, encodeUtf8(token));
  }

  /** Bytes of one token, or undefined if the ID has none. Do not write to the result. */
  bytesOf(id: number): Uint8Array | undefined {
    const { table } = this.#base;
    return sizeOf(table, id) > 0 ? bytesOf(table, id) : this.#specialBytes.get(id);
  }

  /** As `bytesOf`. Raises INVALID_TOKEN, with the position in the sequence if given. */
  requireBytes(id: number, index?: number): Uint8Array {
    const bytes = this.bytesOf(id);
    if (bytes === undefined) throw invalidToken(this.#name, id, index);
    return bytes;
  }

  /** Bytes of a sequence. Raises INVALID_TOKEN. */
  decodeBytes(ids: ArrayLike<number>, skipSpecialTokens = false): Uint8Array {
    const { bulk } = this.#base;
    const other = skipSpecialTokens ? this.#skipped : this.#special;
    return bulk === undefined ? this.#decodePlainly(ids, other) : bulk.decodeBytes(ids, other);
  }

  #decodePlainly(ids: ArrayLike<number>, other: OtherToken): Uint8Array {
    const { table } = this.#base;
    let out = new Uint8Array(8 * ids.length);
    let length = 0;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      const size = sizeOf(table, id);
      const source = size > 0 ? table.bytes : other(id, i);
      let from = size > 0 ? startOf(table, id) : 0;
      const end = size > 0 ? from + size : source.length;
      if (length + end - from > out.length) {
        const longer = new Uint8Array(2 * (length + end - from));
        longer.set(out);
        out = longer;
      }
      // Tokens are a few bytes long: a loop costs less than a view and a copy.
      while (from < end) out[length++] = source[from++]!;
    }
    return out.slice(0, length);
  }

  /** Text of one token if it is text by itself, else undefined. Raises INVALID_TOKEN. */
  textOf(id: number, index?: number): string | undefined {
    const known = this.#base.texts.texts[id];
    if (known !== undefined) return known ?? undefined;
    const special = this.#specialTexts.get(id);
    if (special !== undefined) return special;
    const bytes = this.requireBytes(id, index);
    const text = validUtf8Length(bytes) === bytes.length ? decodeUtf8(bytes) : null;
    this.#base.texts.set(id, text);
    return text ?? undefined;
  }

  /** Text of a sequence. Raises INVALID_TOKEN, and INVALID_UTF8 if `errors` is "strict". */
  decode(
    ids: ArrayLike<number>,
    { errors = "replace", skipSpecialTokens = false }: DecodeOptions = {},
  ): string {
    if (errors !== "replace" && errors !== "strict") throw unknownMode(errors);
    if (errors === "strict") return decodeUtf8Strict(this.decodeBytes(ids, skipSpecialTokens));
    const { bulk } = this.#base;
    const other = skipSpecialTokens ? this.#skipped : this.#special;
    return bulk === undefined ? decodeUtf8(this.#decodePlainly(ids, other)) : bulk.decode(ids, other);
  }
}

function unknownMode(errors: unknown): TokenwireError {
  return new TokenwireError(
    "INVALID_ARGUMENT",
    `errors must be "replace" or "strict", got ${JSON.stringify(errors)}.`,
  );
}

function invalidToken(encoding: string, id: number, index: number | undefined): TokenwireError {
  const where = index === undefined ? "" : ` at index ${index}`;
  const why = Number.isInteger(id) && id >= 0 ? `is not in ${encoding}` : "is not a token ID";
  return new TokenwireError(
    "INVALID_TOKEN",
    `Invalid token for decoding: ${String(id)}${where} ${why}. Check that the IDs come from the same encoding.`,
  );
}
