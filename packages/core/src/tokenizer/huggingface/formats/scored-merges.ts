// SentencePiece's BPE: two neighbours merge if together they are a token, the token of the highest score first. As a
// merge table: every way to cut a token into two tokens is a merge, ranked by the score of the whole.

import { MergeTable } from "../../bpe/merge-table.ts";
import { characterLength } from "../aligned-text.ts";
import type { TokenVocabulary } from "../models/vocabulary.ts";

/** `reserved` tokens neither merge nor come out of a merge. Tokens of equal score have equal rank: the leftmost wins. */
export function scoredMerges(
  vocabulary: TokenVocabulary,
  scores: readonly number[],
  reserved: ReadonlySet<number>,
): MergeTable {
  const ranks = rankByScore(scores);
  const merges: number[] = [];
  vocabulary.tokens.forEach((token, id) => {
    if (token === undefined || reserved.has(id)) return;
    for (let at = characterLength(token, 0); at < token.length; at += characterLength(token, at)) {
      const left = vocabulary.index.find(token, 0, at);
      if (left < 0 || reserved.has(left)) continue;
      const right = vocabulary.index.find(token, at, token.length);
      if (right >= 0 && !reserved.has(right)) merges.push(left, right, id);
    }
  });
  const table = new MergeTable(merges.length / 3);
  for (let i = 0; i < merges.length; i += 3) {
    table.set(merges[i]!, merges[i + 1]!, ranks[merges[i + 2]!]!, merges[i + 2]!);
  }
  return table;
}

/** Rank 0 for the highest score; equal scores share a rank. */
function rankByScore(scores: readonly number[]): Int32Array {
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const ranks = new Int32Array(scores.length);
  let rank = 0;
  order.forEach((id, i) => {
    if (i > 0 && scores[id] !== scores[order[i - 1]!]) rank++;
    ranks[id] = rank;
  });
  return ranks;
}
