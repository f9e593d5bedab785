// Decodes sequences of IDs in compiled code, block by block: bytes first, then one string from them. Strings of ASCII,
// and of UTF-16 that the compiled code has made, are what a host creates fastest.

import { decodeUtf8, incompleteUtf8Tail, type NodeBuffer, nodeBuffer } from "../../bytes/index.ts";
import { wasmHost } from "../fast/host.ts";
import { joinBytes } from "../join-arrays.ts";
import type { TokenTable } from "../vocabulary/token-table.ts";
import type { Trie } from "../vocabulary/trie.ts";
import { createDecoderMemory, type DecoderMemory, FULL } from "./decoder-memory.ts";

/** Bytes for an ID that is no token of the vocabulary: a special token's, none to leave it out. Or raises. */
export type OtherToken = (id: number, index: number) => Uint8Array;

/** Given the length of a block whose bytes are complete, takes them, and says how many at its end it leaves. */
type BlockSink = (length: number) => number;

/** Stands for what is not an ID at all. */
const NO_ID = 0xffffffff;

export class BulkDecoder {
  readonly #memory: DecoderMemory;
  readonly #narrow: NodeBuffer | undefined;
  readonly #wide: NodeBuffer | undefined;

  constructor(memory: DecoderMemory) {
    this.#memory = memory;
    this.#narrow = nodeBuffer(memory.bytes);
    this.#wide = nodeBuffer(memory.wide);
  }

  /** The bytes of all tokens. */
  get table(): TokenTable {
    return this.#memory.table;
  }

  /** Bytes of `ids`, one after another. */
  decodeBytes(ids: ArrayLike<number>, other: OtherToken): Uint8Array {
    const { bytes } = this.#memory;
    const parts: Uint8Array[] = [];
    const rest = this.#eachBlock(ids, other, (length) => {
      parts.push(bytes.slice(0, length));
      return 0;
    });
    parts.push(bytes.slice(0, rest));
    return joinBytes(parts);
  }

  /** Text of `ids`, with U+FFFD for each maximal part that is not valid UTF-8. */
  decode(ids: ArrayLike<number>, other: OtherToken): string {
    const { bytes } = this.#memory;
    let text = "";
    const rest = this.#eachBlock(ids, other, (length) => {
      const tail = bytes.slice(length - incompleteUtf8Tail(bytes.subarray(0, length)), length);
      text += this.#textOf(length - tail.length);
      bytes.set(tail);
      return tail.length;
    });
    return text + this.#textOf(rest);
  }

  /** Copies the bytes of `ids`; `sink` takes those of each full block. Returns how many there are after the last. */
  #eachBlock(ids: ArrayLike<number>, other: OtherToken, sink: BlockSink): number {
    const { exports } = this.#memory;
    let length = 0;
    for (let start = 0; start < ids.length; ) {
      const count = this.#load(ids, start);
      for (let at = 0; at < count; ) {
        length = exports.copy(at, count, length);
        at = exports.stoppedAt();
        if (length >= FULL) length = sink(length);
        else if (at < count) {
          length = this.#append(other(ids[start + at]!, start + at), length, sink);
          at++;
        }
      }
      start += count;
    }
    return length;
  }

  /** Hands over the next IDs; returns how many. */
  #load(ids: ArrayLike<number>, start: number): number {
    const words = this.#memory.ids;
    const count = Math.min(words.length, ids.length - start);
    if (ids instanceof Uint32Array) {
      words.set(count === ids.length ? ids : ids.subarray(start, start + count));
      return count;
    }
    for (let i = 0; i < count; i++) {
      const id = ids[start + i];
      words[i] = typeof id === "number" && id >>> 0 === id ? id : NO_ID;
    }
    return count;
  }

  /** Adds bytes to the block, which is not full. */
  #append(token: Uint8Array, length: number, sink: BlockSink): number {
    const { bytes } = this.#memory;
    let end = length;
    for (let from = 0; from < token.length; ) {
      const part = token.subarray(from, from + FULL - end);
      bytes.set(part, end);
      from += part.length;
      end += part.length;
      if (end === FULL) end = sink(end);
    }
    return end;
  }

  /** Text of the first bytes of the block, which are not to be used afterwards. */
  #textOf(length: number): string {
    const { exports, bytes } = this.#memory;
    const narrow = this.#narrow;
    const units = narrow === undefined ? -1 : exports.widen(length);
    if (units < 0) return decodeUtf8(bytes.subarray(0, length));
    // As many units as bytes: ASCII.
    return units === length
      ? narrow!.toString("latin1", 0, length)
      : this.#wide!.toString("utf16le", 0, 2 * units);
  }
}

/** A decoder for the tokens of `trie`, or undefined where the host has no WebAssembly, or not what this one needs. */
export function createBulkDecoder(trie: Trie): BulkDecoder | undefined {
  const host = wasmHost();
  if (host === undefined) return undefined;
  try {
    return new BulkDecoder(createDecoderMemory(host, trie));
  } catch {
    // No SIMD, or compiling is forbidden here: tokens are then copied in TypeScript.
    return undefined;
  }
}
