// What a model is: it turns one piece of text into tokens of its vocabulary.

import type { PieceTokens } from "./piece-tokens.ts";
import type { TokenVocabulary } from "./vocabulary.ts";

export interface TokenModel {
  readonly vocabulary: TokenVocabulary;
  /** Appends the tokens of `piece`, which depend on nothing else. */
  encodePiece(piece: string, out: PieceTokens): void;
  /** The first place behind `start` where cutting the piece changes none of its tokens, or its end. */
  nextCut?(piece: string, start: number): number;
}
