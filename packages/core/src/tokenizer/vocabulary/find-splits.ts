// Recovers from which two parts each token was merged: a rank file does not say, and backtracking needs to know.

import { Backtracker } from "../bpe/backtrack.ts";
import type { RankedToken } from "./build-trie.ts";
import { findToken, NO_TOKEN, type Trie } from "./trie.ts";

/**
 * Fills `trie.splits`. Returns false if some token of two or more bytes is not the merge of two of lower rank: then
 * it never results from merging, only from looking up a whole piece.
 */
export function findSplits(trie: Trie, tokens: readonly RankedToken[]): boolean {
  // In order of rank, so that the splits of both parts are known when a token's own is looked for.
  const backtracker = new Backtracker(trie);
  const byRank = [...tokens].sort((a, b) => a.id - b.id);
  let canonical = true;
  for (const { bytes, id } of byRank) {
    if (bytes.length === 1) continue;
    const split = splitOf(trie, backtracker, bytes, id);
    if (split === 0) canonical = false;
    trie.splits[id] = split;
  }
  return canonical;
}

function splitOf(trie: Trie, backtracker: Backtracker, bytes: Uint8Array, id: number): number {
  for (let left = trie.shorter[id]!; left !== NO_TOKEN; left = trie.shorter[left]!) {
    const length = trie.lengths[left]!;
    const right = findToken(trie, bytes, length);
    if (!canMerge(trie, left, id) || !canMerge(trie, right, id)) continue;
    if (backtracker.isValidPair(left, right, bytes, length, id)) return length;
  }
  return 0;
}

/** Whether merging can produce `part` before the token `id`. */
function canMerge({ lengths, splits }: Trie, part: number, id: number): boolean {
  return part !== NO_TOKEN && part < id && (lengths[part] === 1 || splits[part] !== 0);
}
