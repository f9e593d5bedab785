// The memory of one bulk decoder and the compiled code that works on it (assembly/decoder.ts): room for one block of IDs,
// for the bytes they stand for, and for these as UTF-16; then the bytes of all tokens.

import { type WasmHost, type WasmMemory, wasmExports, wasmMemory } from "../fast/host.ts";
import { decoderWasm } from "../generated/decoder-wasm.ts";
import { type TokenTable, tokenTableOf } from "../vocabulary/token-table.ts";
import type { Trie } from "../vocabulary/trie.ts";

// Where everything lies: the same numbers as in assembly/decoder.ts.
const IDS = 0x10;
const BYTES = 0x10010;
const WIDE = 0x40020;
const TOKENS = 0xa0040;

/** Bytes after which a block is full. The longest token has room behind them. */
export const FULL = 0x20000;

/** What the compiled decoder offers: the exports of assembly/decoder.ts. */
interface DecoderExports {
  setTokens(count: number): void;
  copy(from: number, to: number, length: number): number;
  stoppedAt(): number;
  widen(length: number): number;
}

export interface DecoderMemory {
  readonly exports: DecoderExports;
  /** All tokens; a part of this memory. */
  readonly table: TokenTable;
  /** Where the IDs of a block are written. */
  readonly ids: Uint32Array;
  /** Where their bytes appear. */
  readonly bytes: Uint8Array;
  /** Where the UTF-16 units of the bytes appear. */
  readonly wide: Uint8Array;
}

/** Memory for the tokens of `trie`. Throws whatever the host throws where SIMD instructions are missing or forbidden. */
export function createDecoderMemory(host: WasmHost, trie: Trie): DecoderMemory {
  let memory: WasmMemory | undefined;
  const table = tokenTableOf(trie, (size) => {
    memory = wasmMemory(host, TOKENS + size);
    return { buffer: memory.buffer, byteOffset: TOKENS };
  });
  const exports = wasmExports(host, decoderWasm, memory) as DecoderExports;
  const { buffer } = table.bytes;
  exports.setTokens(trie.idCount);
  return {
    exports,
    table,
    ids: new Uint32Array(buffer, IDS, (BYTES - IDS) / 4),
    bytes: new Uint8Array(buffer, BYTES, WIDE - BYTES),
    wide: new Uint8Array(buffer, WIDE, TOKENS - WIDE),
  };
}
