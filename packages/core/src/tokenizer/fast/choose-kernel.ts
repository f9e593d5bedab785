// Chooses the kernel: WebAssembly where the host has it, plain TypeScript elsewhere.

import type { PieceEncoder } from "../bpe/piece-encoder.ts";
import { type Kernel, PlainKernel } from "../kernel.ts";
import type { PreTokenizer } from "../pretokenize/known-pre-tokenizer.ts";
import { childOf, NO_TOKEN, type Trie, tokenAt } from "../vocabulary/trie.ts";
import { FastKernel } from "./fast-kernel.ts";
import { wasmHost } from "./host.ts";
import { KernelMemory } from "./kernel-memory.ts";

/** Which kernel encodes. Both give the same IDs. */
export type Backend = "wasm" | "js";

/** A kernel and what it is. */
export interface ChosenKernel {
  readonly kernel: Kernel;
  readonly backend: Backend;
}

/** Memory that a fast kernel can share, or undefined where there is no WebAssembly. */
export function createKernelMemory(): KernelMemory | undefined {
  const host = wasmHost();
  return host && new KernelMemory(host);
}

/** The fastest kernel for a trie; only a trie that lies in `memory` can have the fast one. */
export function chooseKernel(
  trie: Trie,
  preTokenizer: PreTokenizer,
  pieces: PieceEncoder,
  memory: KernelMemory | undefined,
): ChosenKernel {
  const buffer = memory?.buffer;
  const { settings } = preTokenizer;
  if (memory !== undefined && buffer !== undefined && settings !== undefined && hasAllBytes(trie)) {
    try {
      const kernel = new FastKernel(memory, buffer, trie, preTokenizer, settings, pieces);
      return { kernel, backend: "wasm" };
    } catch {
      // No SIMD, or compiling is forbidden here (a content security policy): the plain kernel does the same, slower.
    }
  }
  return { kernel: new PlainKernel(preTokenizer, pieces), backend: "js" };
}

/** The fast kernel has no way to say that a byte has no token. */
function hasAllBytes(trie: Trie): boolean {
  for (let byte = 0; byte < 256; byte++) if (tokenAt(trie, childOf(trie, 0, byte)) === NO_TOKEN) return false;
  return true;
}
