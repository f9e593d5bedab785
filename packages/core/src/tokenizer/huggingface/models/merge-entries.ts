// The merges of a compiled file: with the IDs of their tokens.

import { MergeTable } from "../../bpe/merge-table.ts";

/** Numbers per merge: left, right, rank, merged. */
const fields = 4;

export class MergeEntries {
  private readonly entries: Int32Array;

  constructor(entries: Int32Array) {
    this.entries = entries;
  }

  /** The table of those that do not make a `reserved` token. */
  toTable(reserved: ReadonlySet<number>): MergeTable {
    const { entries } = this;
    const table = new MergeTable(entries.length / fields);
    for (let at = 0; at < entries.length; at += fields) {
      const merged = entries[at + 3]!;
      if (!reserved.has(merged)) table.set(entries[at]!, entries[at + 1]!, entries[at + 2]!, merged);
    }
    return table;
  }
}
