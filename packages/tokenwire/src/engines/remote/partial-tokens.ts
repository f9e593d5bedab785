// Tokens that hold only part of a character, and the one way to spell given bytes with them.

import { isTokenwireError } from "@tokenwire/core";
import { encodeUtf8, incompleteUtf8Tail, validUtf8Length } from "@tokenwire/core/bytes";
import type { TokenBytesSource } from "../embedded/index.ts";
import type { TokenId } from "../engine.ts";

export class PartialTokens {
  readonly #source: TokenBytesSource;
  readonly #vocabSize: number;
  /** Ids by their bytes, one character per byte. */
  #ids: Map<string, TokenId> | undefined;

  /** @param vocabSize one more than the largest id. */
  constructor(source: TokenBytesSource, vocabSize: number) {
    this.#source = source;
    this.#vocabSize = vocabSize;
  }

  /**
   * The ids before `last` in a stretch of text that came in one piece because it was no text before `last`.
   *
   * @param count how many ids there are.
   * @returns undefined when no ids fit or several do.
   * @example
   * tokens.before("😀", 0x80, 2) // the ids of f0 9f and 98, if these are tokens and f0, 9f 98 are not both
   */
  before(text: string, last: TokenId, count: number): TokenId[] | undefined {
    const bytes = encodeUtf8(text);
    const end = this.#bytesOf(last);
    const rest = bytes.subarray(0, Math.max(0, bytes.length - end.length));
    const fits = end.every((byte, at) => bytes[rest.length + at] === byte);
    if (!fits) return undefined;
    const found = this.#spellings(rest, 0, count);
    return found.length === 1 ? found[0] : undefined;
  }

  /** At most two ways to spell `bytes` from `at` on; each token ends inside a character, for else it had been sent. */
  #spellings(bytes: Uint8Array, at: number, count: number): TokenId[][] {
    if (count === 0) return at === bytes.length ? [[]] : [];
    const ids = this.#partial();
    const found: TokenId[][] = [];
    for (let end = at + 1; end <= bytes.length && found.length < 2; end++) {
      if (incompleteUtf8Tail(bytes.subarray(0, end)) === 0) continue;
      const id = ids.get(latin1(bytes.subarray(at, end)));
      if (id === undefined) continue;
      for (const rest of this.#spellings(bytes, end, count - 1)) found.push([id, ...rest]);
    }
    return found;
  }

  #partial(): Map<string, TokenId> {
    if (this.#ids !== undefined) return this.#ids;
    this.#ids = new Map();
    for (let id = 0; id < this.#vocabSize; id++) {
      const bytes = this.#bytesOf(id);
      if (bytes.length > 0 && !isText(bytes)) this.#ids.set(latin1(bytes), id);
    }
    return this.#ids;
  }

  /** Nothing for ids that the vocabulary leaves out. */
  #bytesOf(id: TokenId): Uint8Array {
    try {
      return this.#source.decodeBytes([id]);
    } catch (error) {
      if (isTokenwireError(error)) return new Uint8Array();
      throw error;
    }
  }
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

function isText(bytes: Uint8Array): boolean {
  return validUtf8Length(bytes) === bytes.length;
}
