// Piece-level operations that are not on the hot path: splitting, single pieces, bytes that are not text.

import { decodeUtf8, encodeUtf8, validUtf8Length } from "../bytes/index.ts";
import type { EncodingBase } from "./encoding-base.ts";
import { joinBytes, joinIds } from "./join-arrays.ts";
import { PADDING } from "./kernel.ts";
import type { CompletionTools } from "./unstable.ts";
import type { SortedTokens } from "./vocabulary/sorted-tokens.ts";
import { lengthOf } from "./vocabulary/trie.ts";

export class PieceReader implements CompletionTools {
  readonly #base: EncodingBase;

  constructor(base: EncodingBase) {
    this.#base = base;
  }

  get sorted(): SortedTokens {
    return this.#base.sorted;
  }

  lengthOf(id: number): number {
    return lengthOf(this.#base.trie, id);
  }

  encodeText(bytes: Uint8Array): Uint32Array {
    return this.#base.engine.encode(decodeUtf8(bytes));
  }

  /** IDs of bytes as one piece. */
  encodePiece(bytes: Uint8Array): Uint32Array {
    if (bytes.length === 0) return new Uint32Array(0);
    const out = new Uint32Array(bytes.length);
    const padded = withPadding(bytes);
    return out.slice(0, this.#base.pieces.encode(padded, 0, bytes.length, out, 0));
  }

  /** The pieces of `text`, from which text that the pattern does not match is missing. */
  split(text: string): string[] {
    const bytes = encodeUtf8(text);
    return this.#pieceRanges(bytes).map(([start, end]) => decodeUtf8(bytes.subarray(start, end)));
  }

  #pieceRanges(bytes: Uint8Array): [start: number, end: number][] {
    const padded = withPadding(bytes);
    const scan = this.#base.preTokenizer.scannerFor(padded, bytes.length);
    const ranges: [number, number][] = [];
    for (let start = 0; start < bytes.length; ) {
      const end = scan(padded, start, bytes.length);
      if (end > 0) ranges.push([start, end]);
      start = Math.abs(end);
    }
    return ranges;
  }

  /** IDs of any bytes, valid UTF-8 or not. */
  encodeBytes(bytes: Uint8Array): Uint32Array {
    const valid = validUtf8Length(bytes);
    const text = decodeUtf8(bytes.subarray(0, valid));
    const ids = this.#base.engine.encode(text);
    if (valid === bytes.length) return ids;
    // What follows the text could have changed its last piece, so that piece is merged anew with the other bytes.
    const { stable, rest } = this.splitUnstable(ids, text);
    return joinIds([stable, this.encodePiece(joinBytes([rest, bytes.subarray(valid)]))]);
  }

  /**
   * Divides `ids`, whose last part encodes `lastText`, before the tokens of the last piece, and before the white-space
   * tokens in front of it if it is white space itself. `rest` is the bytes of those tokens.
   */
  splitUnstable(
    ids: Uint32Array,
    lastText: string,
  ): { readonly stable: Uint32Array; readonly rest: Uint8Array } {
    const bytes = encodeUtf8(lastText);
    const last = this.#pieceRanges(bytes).at(-1);
    if (last === undefined) return { stable: ids, rest: new Uint8Array(0) };
    let first = ids.length - this.encodePiece(bytes.subarray(last[0], last[1])).length;
    if (this.#isBlank(ids[first]!)) while (first > 0 && this.#isBlank(ids[first - 1]!)) first--;
    return { stable: ids.slice(0, first), rest: this.#bytesOf(ids.subarray(first)) };
  }

  #bytesOf(ids: Uint32Array): Uint8Array {
    return joinBytes(Array.from(ids, (id) => this.sorted.bytesOf(id)));
  }

  /** Whether a token consists of spaces, line feeds and tabs; special tokens do not. */
  #isBlank(id: number): boolean {
    if (id >= this.#base.trie.idCount || this.lengthOf(id) === 0) return false;
    return this.sorted.bytesOf(id).every((byte) => byte === 32 || byte === 10 || byte === 9);
  }
}

function withPadding(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(bytes.length + PADDING);
  padded.set(bytes);
  return padded;
}
