// IDs to bytes and text, for one vocabulary and one set of special tokens.

import { decodeUtf8, decodeUtf8Strict, encodeUtf8 } from "../bytes/index.ts";
import { TokenwireError } from "../errors.ts";
import type { EncodingBase } from "./encoding-base.ts";
import type { SpecialTokens } from "./special-tokens.ts";
import type { DecodeOptions } from "./tokenizer.ts";
import { lengthOf } from "./vocabulary/trie.ts";

/** Decodes with the vocabulary of an encoding base and a set of special tokens. */
export class TokenDecoder {
  readonly #base: EncodingBase;
  readonly #specialBytes: Map<number, Uint8Array> = new Map();
  readonly #name: string;

  constructor(name: string, base: EncodingBase, special: SpecialTokens) {
    this.#name = name;
    this.#base = base;
    for (const [id, token] of special.idSet) this.#specialBytes.set(id, encodeUtf8(token));
  }

  /** Bytes of one token, or undefined if the ID has none. Do not write to the result. */
  bytesOf(id: number): Uint8Array | undefined {
    const { trie } = this.#base;
    if (id >= 0 && id < trie.idCount && lengthOf(trie, id) > 0) {
      const { table } = this.#base;
      return table.bytes.subarray(table.offsets[id]!, table.offsets[id + 1]!);
    }
    return this.#specialBytes.get(id);
  }

  /** As `bytesOf`. Raises INVALID_TOKEN, with the position in the sequence if given. */
  requireBytes(id: number, index?: number): Uint8Array {
    const bytes = Number.isInteger(id) ? this.bytesOf(id) : undefined;
    if (bytes === undefined) throw invalidToken(this.#name, id, index);
    return bytes;
  }

  /** Bytes of a sequence. Raises INVALID_TOKEN. */
  decodeBytes(ids: ArrayLike<number>, skipSpecialTokens = false): Uint8Array {
    const parts: Uint8Array[] = [];
    let length = 0;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      if (skipSpecialTokens && this.#specialBytes.has(id)) continue;
      const bytes = this.requireBytes(id, i);
      parts.push(bytes);
      length += bytes.length;
    }
    const out = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }

  /** Text of a sequence. Raises INVALID_TOKEN, and INVALID_UTF8 if `errors` is "strict". */
  decode(
    ids: ArrayLike<number>,
    { errors = "replace", skipSpecialTokens = false }: DecodeOptions = {},
  ): string {
    const bytes = this.decodeBytes(ids, skipSpecialTokens);
    return errors === "strict" ? decodeUtf8Strict(bytes) : decodeUtf8(bytes);
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
