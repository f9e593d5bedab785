// The vocabulary of a Unigram model: tokens with their log probabilities.

import { invalidTokenizer } from "../faults.ts";
import type { JsonNode } from "../json-node.ts";
import { TokenVocabulary } from "./vocabulary.ts";

export class ScoredTokens {
  readonly vocabulary: TokenVocabulary;
  /** By ID. */
  readonly scores: Float64Array;

  constructor(vocabulary: TokenVocabulary, scores: Float64Array) {
    this.vocabulary = vocabulary;
    this.scores = scores;
  }

  /** Reads `[[token, score], …]`; of a compiled file they are there already. */
  static fromJson(node: JsonNode): ScoredTokens {
    if (node.value instanceof ScoredTokens) return node.value;
    if (!Array.isArray(node.value)) node.expected("an array of [token, score]");
    const tokens: string[] = [];
    const scores: number[] = [];
    for (const entry of node.value as unknown[]) {
      const [token, score] = Array.isArray(entry) ? (entry as unknown[]) : [];
      if (typeof token !== "string" || typeof score !== "number") {
        throw invalidTokenizer(
          `${node.path}[${tokens.length}]`,
          `expected [token, score], got ${JSON.stringify(entry)}.`,
        );
      }
      tokens.push(token);
      scores.push(score);
    }
    return new ScoredTokens(new TokenVocabulary(tokens), Float64Array.from(scores));
  }
}
