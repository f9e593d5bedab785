// Encodes long pieces in compiled code, part by part, because a part has to fit the kernel's memory.
//
// Parts overlap. Where two of them have a token in common, the tokens of the first up to it and those of the second
// after it are the encoding of both together: a sequence of tokens is an encoding if each adjacent pair is valid, and
// each pair of this one occurs in one of the parts.

import type { PieceEncoder } from "../bpe/piece-encoder.ts";
import { lengthOf, type Trie } from "../vocabulary/trie.ts";
import type { KernelExports } from "./kernel-memory.ts";
import * as layout from "./memory-layout.ts";

/** Shorter pieces are not worth a call. */
const SHORTEST = 2048;
/** Longest part, in bytes. */
const PART = 0x10000;
/** Tokens that a part repeats of the one before. The first of them nearly always is common to both. */
const OVERLAP = 32;

export class LongPieces implements PieceEncoder {
  readonly #exports: KernelExports;
  readonly #input: Uint8Array;
  readonly #output: Uint32Array;
  readonly #trie: Trie;
  readonly #plain: PieceEncoder;

  /** `plain` encodes what is too short, and pieces whose parts have no token in common. */
  constructor(exports: KernelExports, buffer: ArrayBuffer, trie: Trie, plain: PieceEncoder) {
    this.#exports = exports;
    this.#input = new Uint8Array(buffer, layout.INPUT, PART);
    this.#output = new Uint32Array(buffer, layout.OUTPUT, PART);
    this.#trie = trie;
    this.#plain = plain;
  }

  encode(bytes: Uint8Array, start: number, end: number, out: Uint32Array, at: number): number {
    if (end - start < SHORTEST) return this.#plain.encode(bytes, start, end, out, at);
    let write = this.#encodePart(bytes, start, end, out, at, at);
    for (let done = start + PART; write >= 0 && done < end; ) {
      const first = write - OVERLAP;
      const from = done - this.#bytesOf(out, first, write);
      // Tokens of thousands of bytes: the overlap would be longer than the part.
      if (from + PART <= done || first < at) write = -1;
      else write = this.#encodePart(bytes, from, end, out, first, write);
      done = from + PART;
    }
    return write < 0 ? this.#plain.encode(bytes, start, end, out, at) : write;
  }

  /**
   * Encodes a part of a piece from byte `start` on, where `out[first..write)` start as well, and joins its IDs to these.
   * Returns the position after the last ID, or -1 if the two have no token in common.
   */
  #encodePart(
    bytes: Uint8Array,
    start: number,
    end: number,
    out: Uint32Array,
    first: number,
    write: number,
  ): number {
    const length = Math.min(PART, end - start);
    this.#input.set(bytes.subarray(start, start + length));
    // In a text that repeats itself, all parts are the same.
    const count = this.#exports.encodePart(length, first < write && length === PART);
    const ids = this.#output;
    let before = first;
    let after = 0;
    // By how many bytes the tokens passed in `out` are longer than those passed in `ids`.
    let ahead = 0;
    while (before < write && after < count) {
      if (ahead === 0 && out[before] === ids[after]) break;
      if (ahead <= 0) ahead += lengthOf(this.#trie, out[before++]!);
      else ahead -= lengthOf(this.#trie, ids[after++]!);
    }
    if (first < write && (before === write || after === count)) return -1;
    out.set(ids.subarray(after, count), before);
    return before + count - after;
  }

  #bytesOf(ids: Uint32Array, from: number, to: number): number {
    let bytes = 0;
    for (let i = Math.max(from, 0); i < to; i++) bytes += lengthOf(this.#trie, ids[i]!);
    return bytes;
  }
}
