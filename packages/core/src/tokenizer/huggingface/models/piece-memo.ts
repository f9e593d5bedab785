// Remembers the tokens of short pieces: words repeat. Bounded; when full it forgets everything.

import type { PieceTokens } from "./model.ts";

const longestPiece = 64;
const capacity = 50_000;

export class PieceMemo {
  private readonly known = new Map<string, PieceTokens>();
  private readonly encode: (piece: string) => PieceTokens;

  /** `encode` must depend on the piece alone. */
  constructor(encode: (piece: string) => PieceTokens) {
    this.encode = encode;
  }

  tokensOf(piece: string): PieceTokens {
    if (piece.length > longestPiece) return this.encode(piece);
    const known = this.known.get(piece);
    if (known !== undefined) return known;
    const tokens = this.encode(piece);
    if (this.known.size >= capacity) this.known.clear();
    this.known.set(piece, tokens);
    return tokens;
  }
}
