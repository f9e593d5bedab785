// The tokens in order of their bytes, for questions about prefixes: which tokens begin with these bytes.

import { bytesOf, sizeOf, type TokenTable } from "./token-table.ts";

/** Order of byte strings as of unsigned numbers, shorter first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

export class SortedTokens {
  readonly #table: TokenTable;
  /** IDs in order of bytes. */
  readonly ids: Uint32Array;

  constructor(table: TokenTable) {
    this.#table = table;
    const ids: number[] = [];
    for (let id = 0; id < table.idCount; id++) if (sizeOf(table, id) > 0) ids.push(id);
    this.ids = Uint32Array.from(ids.sort((a, b) => compareBytes(this.bytesOf(a), this.bytesOf(b))));
  }

  bytesOf(id: number): Uint8Array {
    return bytesOf(this.#table, id);
  }

  /** IDs of all tokens that begin with `prefix`, in order of bytes; a token equal to `prefix` is one of them. */
  withPrefix(prefix: Uint8Array): Uint32Array {
    const first = this.#lowerBound((bytes) => compareBytes(bytes, prefix) < 0);
    const end = this.#lowerBound((bytes) => compareBytes(bytes.subarray(0, prefix.length), prefix) <= 0);
    return this.ids.subarray(first, end);
  }

  /** The first position whose token is not `before` the one looked for. */
  #lowerBound(before: (bytes: Uint8Array) => boolean): number {
    let low = 0;
    let high = this.ids.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(this.bytesOf(this.ids[middle]!))) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
