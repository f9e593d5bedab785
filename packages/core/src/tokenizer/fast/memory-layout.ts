// Where everything lies in the kernel's memory: the same numbers as in assembly/layout.ts.

import type { Arena } from "../vocabulary/trie.ts";
import type { WasmHost, WasmMemory } from "./host.ts";

export const MASKS = 0x400;
export const KINDS = 0x800;
export const SINGLES = 0xc00;
export const CLASSES = 0x10000;
export const CLASSES_END = 0x50000;
export const PAIRS = 0x50000;
export const CHARACTERS = 0x90000;
export const MEMO = 0xd0000;
export const SHORT_CACHE = 0x110000;
export const INPUT = 0x8b1000;
/** Longest block that the kernel takes, in bytes. */
export const MAX_BLOCK = 0x20000;
export const OUTPUT = 0x8d2000;
const VOCABULARY = 0x960000;
const PAGE = 0x10000;

/** Memory for a kernel; the vocabulary's arrays are laid out behind the tables of fixed size. It never grows. */
export class KernelMemory {
  readonly #host: WasmHost;
  #memory: WasmMemory | undefined;

  constructor(host: WasmHost) {
    this.#host = host;
  }

  /** The memory, once the vocabulary has asked for its part. */
  get memory(): WasmMemory | undefined {
    return this.#memory;
  }

  readonly arena: Arena = (totalBytes) => {
    const pages = Math.ceil((VOCABULARY + totalBytes) / PAGE) + 1;
    const memory = new this.#host.Memory({ initial: pages, maximum: pages });
    this.#memory = memory;
    let next = VOCABULARY;
    return (byteLength) => {
      const byteOffset = next;
      next += (byteLength + 15) & ~15;
      return { buffer: memory.buffer, byteOffset };
    };
  };
}
