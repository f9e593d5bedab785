// Looks tokens up in a packed vocabulary where it lies: what the first texts of a program need, long before unpacking
// the whole would pay. `children` and `tokens` are bit vectors, on which two questions answer everything: how many bits
// are set before a position (rank), and where the n-th one is (select). Tables in the file answer them per block.

import { BLOCK_BITS, bitAt, idAt, type Sections } from "./packed.ts";
import { NO_TOKEN } from "./trie.ts";

const BLOCK_WORDS = BLOCK_BITS / 32;

/** A place in `children`: where the bits of a node start, and how many nodes with children come before. */
interface Place {
  bit: number;
  inner: number;
}

export class PackedSearch {
  readonly #sections: Sections;
  readonly #limit: number;
  readonly #place: Place = { bit: 0, inner: 0 };

  /** Tokens with IDs of `idLimit` and above are not found. */
  constructor(sections: Sections, idLimit: number = sections.idCount) {
    this.#sections = sections;
    this.#limit = idLimit;
  }

  /** ID of the token with exactly the bytes of `bytes[start..end)`, or NO_TOKEN. */
  find(bytes: Uint8Array, start: number, end: number): number {
    let node = 0;
    for (let i = start; i < end; i++) {
      node = this.#childOf(node, bytes[i]!);
      if (node === 0) return NO_TOKEN;
    }
    return node === 0 ? NO_TOKEN : this.#tokenAt(node);
  }

  #childOf(node: number, byte: number): number {
    const { labels, children } = this.#sections;
    this.#seek(node);
    const { bit } = this.#place;
    // Before this place there are `node` zeros; the ones are edges, each to the next node after the root.
    let child = bit - node + 1;
    for (let at = bit; bitAt(children, at) === 1; at++, child++) {
      if (labels[child] === byte) return child;
    }
    return 0;
  }

  #tokenAt(node: number): number {
    const { children, tokens } = this.#sections;
    this.#seek(node);
    const { bit, inner } = this.#place;
    if (bitAt(children, bit) === 1 && bitAt(tokens, inner) === 0) return NO_TOKEN;
    const index = node - inner + this.#tokensBefore(inner);
    const id = idAt(this.#sections, index);
    return id < this.#limit ? id : NO_TOKEN;
  }

  /** How many of the first `inner` nodes with children end a token. */
  #tokensBefore(inner: number): number {
    const { tokens, tokensBefore } = this.#sections;
    const block = Math.floor(inner / BLOCK_BITS);
    let count = tokensBefore[block]!;
    const last = inner >> 5;
    for (let word = block * BLOCK_WORDS; word < last; word++) count += ones(tokens[word]!);
    return count + ones(tokens[last]! & ((1 << (inner & 31)) - 1));
  }

  /** Moves to the bits of a node: behind as many zeros as nodes come before it. */
  #seek(node: number): void {
    const place = this.#place;
    if (node === 0) {
      place.bit = 0;
      place.inner = 0;
      return;
    }
    const { children, nodesBefore, innerBefore } = this.#sections;
    let low = 0;
    let high = nodesBefore.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (nodesBefore[middle]! < node) low = middle;
      else high = middle - 1;
    }
    let wanted = node - nodesBefore[low]!;
    let inner = innerBefore[low]!;
    let word = low * BLOCK_WORDS;
    let before = word > 0 ? children[word - 1]! >>> 31 : 0;
    for (; word < children.length; word++) {
      const bits = children[word]!;
      const zeros = 32 - ones(bits);
      if (zeros >= wanted) break;
      wanted -= zeros;
      inner += ones(~bits & ((bits << 1) | before));
      before = bits >>> 31;
    }
    let bits = children[word]!;
    let bit = word * 32;
    for (; wanted > 0; bit++) {
      const isZero = (bits & 1) === 0;
      if (isZero) wanted--;
      if (isZero && before === 1) inner++;
      before = bits & 1;
      bits >>>= 1;
    }
    place.bit = bit;
    place.inner = inner;
  }
}

/** Number of ones in 32 bits. */
function ones(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
