// Feeds texts to a kernel: short ones whole, long ones block by block, cut where that cannot change the result. So
// memory does not grow with the text, and a block stays in the processor's cache.

import { joinIds } from "./join-arrays.ts";
import type { Kernel } from "./kernel.ts";
import { type CutRule, lastSafeCutInText, nextSafeCutInText } from "./pretokenize/safe-cut.ts";

/** Texts up to this many UTF-16 units are encoded at once; longer ones in blocks of this size. */
const BLOCK_UNITS = 1 << 15;

const utf8 = new TextEncoder();

/** Called with the length in bytes of each block, which the kernel's input then holds. Returning true ends the text. */
type BlockSink = (count: number) => boolean;

export class TextEngine {
  /** What encodes. May be replaced at any time, even while it is asked for room or encodes. */
  kernel: Kernel;
  readonly #cuts: CutRule;

  constructor(kernel: Kernel, cuts: CutRule) {
    this.kernel = kernel;
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
    return joinIds(parts);
  }

  /** Number of IDs of `text`; more than `limit` may be any number above it. */
  count(text: string, limit: number = Number.POSITIVE_INFINITY): number {
    if (text.length <= BLOCK_UNITS || this.#cuts === "none") return this.#count(this.#write(text));
    let total = 0;
    this.#eachBlock(text, (length) => {
      total += this.#count(length);
      return total > limit;
    });
    return total;
  }

  /** Encodes what the kernel's input holds. */
  #run(length: number): Uint32Array {
    const { kernel } = this;
    // In this order: encoding may move the IDs to a larger array.
    const count = kernel.encode(length);
    return kernel.ids.slice(0, count);
  }

  /** Counts what the kernel's input holds. */
  #count(length: number): number {
    return this.kernel.count(length);
  }

  /** Writes a whole text to the kernel's input; returns its length in bytes. */
  #write(text: string): number {
    return utf8.encodeInto(text, this.kernel.input(text.length * 3)).written;
  }

  #eachBlock(text: string, sink: BlockSink): void {
    for (let start = 0; start < text.length; ) {
      const end = this.#blockEnd(text, start);
      if (sink(this.#write(text.slice(start, end)))) return;
      start = end;
    }
  }

  /** End of the block that starts at `start`: the last safe cut that keeps it small, or else the first. */
  #blockEnd(text: string, start: number): number {
    const limit = start + BLOCK_UNITS;
    if (limit >= text.length) return text.length;
    const cut = lastSafeCutInText(text, start, this.#cuts, limit);
    return cut > 0 ? cut : nextSafeCutInText(text, limit - 1, this.#cuts);
  }
}
