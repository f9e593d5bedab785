// A vocabulary of whole pieces.

import { invalidTokenizer } from "../faults.ts";
import type { JsonNode } from "../json-node.ts";
import type { TokenModel } from "./model.ts";
import type { PieceTokens } from "./piece-tokens.ts";
import { TokenVocabulary } from "./vocabulary.ts";

export class WordLevelModel implements TokenModel {
  readonly vocabulary: TokenVocabulary;
  private readonly unknownId: number | undefined;
  private readonly unknownToken: string;
  private readonly reserved: ReadonlySet<number>;

  constructor(node: JsonNode, reserved: ReadonlySet<number>) {
    this.vocabulary = TokenVocabulary.fromJson(node.child("vocab"));
    this.unknownToken = node.child("unk_token").optionalString() ?? "<unk>";
    this.unknownId = this.vocabulary.idOf(this.unknownToken);
    this.reserved = reserved;
  }

  encodePiece(piece: string, out: PieceTokens): void {
    if (piece === "") return;
    const known = this.vocabulary.idOf(piece);
    const id = known !== undefined && !this.reserved.has(known) ? known : this.unknownId;
    if (id === undefined) {
      throw invalidTokenizer(
        "$.model",
        `${JSON.stringify(piece)} is not in the vocabulary, and neither is the unknown token "${this.unknownToken}".`,
      );
    }
    out.add(id, 0, piece.length);
  }
}
