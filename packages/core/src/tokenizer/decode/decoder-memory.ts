// The memory of one bulk decoder and the compiled code that works on it (assembly/decoder.ts): the bytes of all tokens,
// and room for one block of IDs, for the bytes they stand for, and for these as UTF-16.

import { abort, codeOf, type WasmHost } from "../fast/host.ts";
import { decoderWasm } from "../generated/decoder-wasm.ts";
import { type TokenTable, tokenTableOf } from "../vocabulary/token-table.ts";
import { lengthOf, type Trie } from "../vocabulary/trie.ts";

/** What the compiled decoder offers: the exports of assembly/decoder.ts. */
interface DecoderExports {
  setLayout(ids: number, bytes: number, full: number, wide: number, offsets: number, count: number): void;
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
  /** Where their bytes appear; has room for what does not fit a block: one token of any length. */
  readonly bytes: Uint8Array;
  /** Where the UTF-16 units of the bytes appear. */
  readonly wide: Uint8Array;
}

/** IDs of a block. */
const IDS = 1 << 14;
/** Bytes after which a block is full. */
export const FULL: number = 1 << 17;
/** What vector instructions may write, and the mark that ends a text. */
const SLACK = 32;
const PAGE = 0x10000;

let compiled: object | undefined;

/** Memory for the tokens of `trie`. Throws whatever the host throws where SIMD instructions are missing or forbidden. */
export function createDecoderMemory(host: WasmHost, trie: Trie): DecoderMemory {
  compiled ??= new host.Module(codeOf(decoderWasm));
  const roomForBytes = FULL + longestOf(trie) + SLACK;
  // The tokens come last: their size is known when they are counted.
  const layout = layOut([4 * IDS, roomForBytes, 2 * roomForBytes]);
  const [ids, bytes, wide] = layout.starts as [number, number, number];
  let buffer = new ArrayBuffer(0);
  let memory: object | undefined;
  const table = tokenTableOf(trie, (size) => {
    const pages = Math.ceil((layout.end + size) / PAGE);
    const made = new host.Memory({ initial: pages, maximum: pages });
    memory = made;
    buffer = made.buffer;
    return { buffer, byteOffset: layout.end };
  });
  const exports = new host.Instance(compiled, { env: { memory, abort } }).exports as DecoderExports;
  exports.setLayout(ids, bytes, FULL, wide, table.offsets.byteOffset, trie.idCount);
  return {
    exports,
    table,
    ids: new Uint32Array(buffer, ids, IDS),
    bytes: new Uint8Array(buffer, bytes, roomForBytes),
    wide: new Uint8Array(buffer, wide, 2 * roomForBytes),
  };
}

/** Places for parts of the given sizes, one after another. Nothing lies at 0. */
function layOut(sizes: readonly number[]): { readonly starts: readonly number[]; readonly end: number } {
  let end = 16;
  const starts = sizes.map((size) => {
    const start = end;
    end = (end + size + 15) & ~15;
    return start;
  });
  return { starts, end };
}

function longestOf(trie: Trie): number {
  let longest = 0;
  for (let id = 0; id < trie.idCount; id++) longest = Math.max(longest, lengthOf(trie, id));
  return longest;
}
