// Feeds texts to a kernel: short ones whole, long ones block by block, cut where that cannot change the result. So
// memory does not grow with the text, and a block stays in the processor's cache.

import type { Kernel } from "./kernel.ts";
import { type CutRule, lastSafeCut } from "./pretokenize/safe-cut.ts";

/** Texts up to this many UTF-16 units are encoded at once; longer ones in blocks of this size. */
const BLOCK_UNITS = 1 << 15;

const utf8 = new TextEncoder();

/** Called per block with the number of IDs at the start of `kernel.ids`. Returning true ends the text. */
type BlockSink = (count: number) => boolean;

export class TextEngine {
  readonly #kernel: Kernel;
  readonly #cuts: CutRule;

  constructor(kernel: Kernel, cuts: CutRule) {
    this.#kernel = kernel;
    this.#cuts = cuts;
  }

  /** IDs of `text` as a new array. */
  encode(text: string): Uint32Array {
    if (text.length <= BLOCK_UNITS || this.#cuts === "none") {
      return this.#run(this.#write(text));
    }
    const parts: Uint32Array[] = [];
    this.#eachBlock(text, (length) => {
      parts.push(this.#run(length));
      return false;
    });
    return concatenate(parts);
  }

  /** Number of IDs of `text`; more than `limit` may be any number above it. */
  count(text: string, limit: number = Number.POSITIVE_INFINITY): number {
    const kernel = this.#kernel;
    if (text.length <= BLOCK_UNITS || this.#cuts === "none") return kernel.count(this.#write(text));
    let total = 0;
    this.#eachBlock(text, (length) => {
      total += kernel.count(length);
      return total > limit;
    });
    return total;
  }

  /** Encodes what the kernel's input holds. */
  #run(length: number): Uint32Array {
    // In this order: encoding may move the IDs to a larger array.
    const count = this.#kernel.encode(length);
    return this.#kernel.ids.slice(0, count);
  }

  /** Writes a whole text to the kernel's input; returns its length in bytes. */
  #write(text: string): number {
    return utf8.encodeInto(text, this.#kernel.input(text.length * 3)).written;
  }

  #eachBlock(text: string, sink: BlockSink): void {
    let carried = 0;
    let capacity = BLOCK_UNITS * 3;
    for (let offset = 0; offset < text.length; ) {
      const end = blockEnd(text, offset);
      const units = end - offset;
      const previous = this.#kernel.input(capacity);
      if (carried + units * 3 > capacity) capacity = 2 * (carried + units * 3);
      const input = this.#kernel.input(capacity);
      // A larger buffer may be another one: what was carried must come along.
      if (input !== previous) input.set(previous.subarray(0, carried));
      const { written } = utf8.encodeInto(text.slice(offset, end), input.subarray(carried, capacity));
      const length = carried + written;
      offset = end;
      const cut = end === text.length ? length : lastSafeCut(input, carried, length, this.#cuts);
      // Without a safe cut, the block is extended by the next one.
      carried = length - cut;
      if (cut === 0) continue;
      const rest = carried > 0 ? input.slice(cut, length) : undefined;
      if (sink(cut)) return;
      if (rest !== undefined) this.#kernel.input(capacity).set(rest);
    }
  }
}

/** End of the block that starts at `offset`; never between the halves of a surrogate pair. */
function blockEnd(text: string, offset: number): number {
  const end = Math.min(offset + BLOCK_UNITS, text.length);
  const last = text.charCodeAt(end - 1);
  return end < text.length && last >= 0xd800 && last < 0xdc00 ? end - 1 : end;
}

function concatenate(parts: readonly Uint32Array[]): Uint32Array {
  if (parts.length === 1) return parts[0]!;
  const out = new Uint32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
