// The table of models.

import { unsupportedTokenizer } from "../faults.ts";
import type { JsonNode } from "../json-node.ts";
import { readBpe } from "./bpe-file.ts";
import type { TokenModel } from "./model.ts";
import { UnigramModel } from "./unigram.ts";
import { WordLevelModel } from "./word-level.ts";
import { WordPieceModel } from "./word-piece.ts";

type ReadModel = (node: JsonNode, reserved: ReadonlySet<number>) => TokenModel;

const models: Readonly<Record<string, ReadModel>> = {
  BPE: readBpe,
  Unigram: (node, reserved) => UnigramModel.fromJson(node, reserved),
  WordLevel: (node, reserved) => new WordLevelModel(node, reserved),
  WordPiece: (node, reserved) => WordPieceModel.fromJson(node, reserved),
};

/** The model of a file. IDs in `reserved` are never produced from text. */
export function readModel(node: JsonNode, reserved: ReadonlySet<number>): TokenModel {
  const type = node.child("type").isNull ? guessType(node) : node.child("type").string();
  const read = Object.hasOwn(models, type) ? models[type] : undefined;
  if (read === undefined) {
    const known = Object.keys(models).join(", ");
    throw unsupportedTokenizer(node.path, `model "${type}" is not supported. Supported: ${known}.`);
  }
  return read(node, reserved);
}

/** Very old files do not say what their model is; its fields do. */
function guessType(node: JsonNode): string {
  if (!node.child("merges").isNull) return "BPE";
  if (Array.isArray(node.child("vocab").value)) return "Unigram";
  return node.child("continuing_subword_prefix").isNull ? "WordLevel" : "WordPiece";
}

export { buildMergeTable } from "./bpe-file.ts";
export { MergeEntries } from "./merge-entries.ts";
export type { TokenModel } from "./model.ts";
export { PieceMemo } from "./piece-memo.ts";
export { PieceTokens } from "./piece-tokens.ts";
export { ScoredTokens } from "./scored-tokens.ts";
export { TokenIndex, tokenHash } from "./token-index.ts";
export { TokenVocabulary } from "./vocabulary.ts";
