// The memory of one kernel and the compiled code that works on it.

import { kernelWasm } from "../generated/kernel-wasm.ts";
import type { Sections } from "../vocabulary/packed.ts";
import type { Arena, Trie } from "../vocabulary/trie.ts";
import type { Unpacker } from "../vocabulary/unpack.ts";
import { type WasmHost, type WasmMemory, wasmExports, wasmMemory } from "./host.ts";
import * as layout from "./memory-layout.ts";

const PAGE = 0x10000;

/** What the compiled kernel offers: the exports of assembly/kernel.ts. */
export interface KernelExports {
  setTrie(nodes: number, labels: number, tokens: number): void;
  setSizes(
    nodes: number,
    ids: number,
    limit: number,
    tokens: number,
    inner: number,
    splitOverflows: number,
  ): void;
  unpack(
    children: number,
    isToken: number,
    idsLow: number,
    idsHigh: number,
    splits: number,
    splitOverflow: number,
  ): number;
  fillPairs(pairs: number): void;
  setFamily(
    family: number,
    maxDigits: number,
    word: number,
    newlines: number,
    contractions: number,
    slashes: number,
  ): void;
  encode(length: number): number;
  count(length: number): number;
  encodePart(length: number, isNext: boolean): number;
}

/** Memory for a kernel; the vocabulary's arrays are laid out behind the tables of fixed size. It never grows. */
export class KernelMemory implements Unpacker {
  readonly #host: WasmHost;
  #memory: WasmMemory | undefined;
  #exports: KernelExports | undefined;

  constructor(host: WasmHost) {
    this.#host = host;
  }

  /** The bytes, once the vocabulary has asked for its part. */
  get buffer(): ArrayBuffer | undefined {
    return this.#memory?.buffer;
  }

  readonly arena: Arena = (totalBytes) => {
    // Past the end there is a page that may be read.
    const memory = wasmMemory(this.#host, layout.VOCABULARY + totalBytes + PAGE);
    this.#memory = memory;
    let next = layout.VOCABULARY;
    return (byteLength) => {
      const byteOffset = next;
      next += (byteLength + 15) & ~15;
      return { buffer: memory.buffer, byteOffset };
    };
  };

  /**
   * The compiled code, told where `trie`, which must lie in this memory, has its arrays. Throws whatever the host
   * throws where WebAssembly or its SIMD instructions are missing or forbidden.
   */
  exportsFor(trie: Trie): KernelExports {
    this.#exports ??= wasmExports(this.#host, kernelWasm, this.#memory) as KernelExports;
    this.#exports.setTrie(trie.nodes.byteOffset, trie.labels.byteOffset, trie.tokens.byteOffset);
    return this.#exports;
  }

  unpack(trie: Trie, sections: Sections, limit: number): boolean {
    const { file } = sections;
    const buffer = this.buffer;
    if (buffer === undefined || file.length > layout.LONG_ARENA_END - layout.LONG_ARENA) return false;
    let exports: KernelExports;
    try {
      exports = this.exportsFor(trie);
    } catch {
      // No SIMD, or compiling is forbidden here: choosing the kernel will come to the same result.
      return false;
    }
    new Uint8Array(buffer, layout.LONG_ARENA, file.length).set(file);
    const at = (section: { readonly byteOffset: number }): number =>
      layout.LONG_ARENA + section.byteOffset - file.byteOffset;
    const { nodeCount, idCount, tokenCount, innerCount, splitOverflow } = sections;
    exports.setSizes(nodeCount, idCount, limit, tokenCount, innerCount, splitOverflow.length);
    const done = exports.unpack(
      at(sections.children),
      at(sections.tokens),
      at(sections.idsLow),
      at(sections.idsHigh),
      at(sections.splits),
      at(splitOverflow),
    );
    if (done === 0) return false;
    exports.fillPairs(trie.pairs.byteOffset);
    return true;
  }
}
