// Recovers from which two parts each token was merged: a rank file does not say, and backtracking needs to know.

import { Backtracker } from "../bpe/backtrack.ts";
import type { RankedToken } from "./build-trie.ts";
import { findToken, lengthOf, NO_TOKEN, setSplit, shorterThan, splitOf, type Trie } from "./trie.ts";

/**
 * Finds the splits of all tokens. Returns false if some token of two or more bytes is not the merge of two of lower rank: then
 * it never results from merging, only from looking up a whole piece.
 */
export function findSplits(trie: Trie, tokens: readonly RankedToken[]): boolean {
  // In order of rank, so that the splits of both parts are known when a token's own is looked for.
  const backtracker = new Backtracker(trie);
  const byRank = [...tokens].sort((a, b) => a.id - b.id);
  let canonical = true;
  for (const { bytes, id } of byRank) {
    if (bytes.length === 1) continue;
    const split = findSplit(trie, backtracker, bytes, id);
    if (split === 0) canonical = false;
    setSplit(trie, id, split);
  }
  return canonical;
}

function findSplit(trie: Trie, backtracker: Backtracker, bytes: Uint8Array, id: number): number {
  for (let left = shorterThan(trie, id); left !== NO_TOKEN; left = shorterThan(trie, left)) {
    const length = lengthOf(trie, left);
    const right = findToken(trie, bytes, length);
    if (!canMerge(trie, left, id) || !canMerge(trie, right, id)) continue;
    if (backtracker.isValidPair(left, right, bytes, length, id)) return length;
  }
  return 0;
}

/** Whether merging can produce `part` before the token `id`. */
function canMerge(trie: Trie, part: number, id: number): boolean {
  return part !== NO_TOKEN && part < id && (lengthOf(trie, part) === 1 || splitOf(trie, part) !== 0);
}
