// The WebAssembly kernel: the same results as PlainKernel, several times as fast. Its memory holds the vocabulary, the
// caches of pieces (bounded by their place in the layout) and one block of input and output.

import type { PieceEncoder } from "../bpe/piece-encoder.ts";
import { type Kernel, PADDING, PlainKernel } from "../kernel.ts";
import { characterClasses } from "../pretokenize/character-classes.ts";
import type { PreTokenizer } from "../pretokenize/known-pre-tokenizer.ts";
import type { ScannerSettings } from "../pretokenize/scanner-settings.ts";
import { childCount, childOf, firstChild, type Trie, tokenAt } from "../vocabulary/trie.ts";
import type { KernelExports, KernelMemory } from "./kernel-memory.ts";
import { LongPieces } from "./long-pieces.ts";
import * as layout from "./memory-layout.ts";

export class FastKernel implements Kernel {
  readonly #exports: KernelExports;
  readonly #input: Uint8Array;
  readonly #output: Uint32Array;
  /** For blocks that are too long for the memory: runs of a megabyte without a place to cut. */
  readonly #fallback: PlainKernel;
  /** What encodes the block that was asked room for last. */
  #active: KernelExports | PlainKernel;

  /**
   * A kernel over a trie that lies in `buffer`, the memory's. Throws whatever the host throws where WebAssembly or its
   * SIMD instructions are missing or forbidden.
   */
  constructor(
    memory: KernelMemory,
    buffer: ArrayBuffer,
    trie: Trie,
    preTokenizer: PreTokenizer,
    settings: ScannerSettings,
    pieces: PieceEncoder,
  ) {
    this.#exports = memory.exportsFor(trie);
    this.#active = this.#exports;
    this.#fallback = new PlainKernel(preTokenizer, new LongPieces(this.#exports, buffer, trie, pieces));
    this.#input = new Uint8Array(buffer, layout.INPUT, layout.MAX_BLOCK + PADDING);
    this.#output = new Uint32Array(buffer, layout.OUTPUT, layout.MAX_BLOCK + 4);
    fillTables(buffer, trie);
    const { family, maxDigits, word, newlines, contractions, slashes } = settings;
    this.#exports.setFamily(
      ["gpt2", "word", "case"].indexOf(family),
      maxDigits,
      word,
      ["none", "last-newline", "last-newline-unless-at-end"].indexOf(newlines),
      Number(contractions),
      Number(slashes),
    );
  }

  get ids(): Uint32Array {
    return this.#active === this.#exports ? this.#output : this.#fallback.ids;
  }

  input(capacity: number): Uint8Array {
    const fits = capacity <= layout.MAX_BLOCK;
    this.#active = fits ? this.#exports : this.#fallback;
    return fits ? this.#input : this.#fallback.input(capacity);
  }

  encode(length: number): number {
    return this.#active.encode(length);
  }

  count(length: number): number {
    return this.#active.count(length);
  }
}

/** Fills what the kernel reads but the trie does not hold. */
function fillTables(buffer: ArrayBuffer, trie: Trie): void {
  const bytes = new Uint8Array(buffer);
  for (let n = 0; n < 16; n++) bytes.fill(0xff, layout.MASKS + 16 * n, layout.MASKS + 17 * n);
  bytes.set(characterClasses.subarray(0, layout.CLASSES_END - layout.CLASSES), layout.CLASSES);
  const singles = new Int32Array(buffer, layout.SINGLES, 256);
  for (let byte = 0; byte < 256; byte++) singles[byte] = tokenAt(trie, childOf(trie, 0, byte));
  new Int32Array(buffer, layout.PAIRS, 65_536).set(trie.pairs);
  fillCharacters(new Int32Array(buffer, layout.CHARACTERS, 65_536), trie);
}

/** Nodes of all characters of three bytes, by code point. */
function fillCharacters(characters: Int32Array, trie: Trie): void {
  const { labels, pairs } = trie;
  for (let lead = 0xe0; lead < 0xf0; lead++) {
    for (let second = 0x80; second < 0xc0; second++) {
      const pair = pairs[(lead << 8) | second]!;
      if (pair === 0) continue;
      const end = firstChild(trie, pair) + childCount(trie, pair);
      for (let node = firstChild(trie, pair); node < end; node++) {
        const third = labels[node]!;
        if ((third & 0xc0) === 0x80)
          characters[((lead & 15) << 12) | ((second & 63) << 6) | (third & 63)] = node;
      }
    }
  }
}
