// Remembers the IDs of short pieces: words repeat. Bounded; when full it forgets everything.

import type { IdSink } from "../id-sink.ts";
import type { TokenModel } from "./model.ts";
import { PieceTokens } from "./piece-tokens.ts";

const longestPiece = 64;
const mostPieces = 50_000;
const mostIds = 1 << 18;

export class PieceMemo {
  private readonly model: TokenModel;
  /** Where the IDs of a piece are: how many, then they. */
  private readonly places = new Map<string, number>();
  private ids: Uint32Array = new Uint32Array(1 << 12);
  private used = 0;
  private readonly fresh = new PieceTokens();

  constructor(model: TokenModel) {
    this.model = model;
  }

  /** Sends the IDs of a piece to `sink`; false if it has had enough. */
  send(piece: string, sink: IdSink): boolean {
    const place = this.places.get(piece);
    if (place !== undefined) return sink.add(this.ids, this.ids[place]!, place + 1);
    const { fresh } = this;
    fresh.clear();
    this.model.encodePiece(piece, fresh);
    if (piece.length <= longestPiece) this.remember(piece, fresh);
    return sink.add(fresh.ids, fresh.count);
  }

  private remember(piece: string, { ids, count }: PieceTokens): void {
    if (this.places.size === mostPieces || this.used + 1 + count > mostIds) {
      this.places.clear();
      this.used = 0;
    }
    while (this.used + 1 + count > this.ids.length) this.grow();
    this.places.set(piece, this.used);
    this.ids[this.used++] = count;
    for (let i = 0; i < count; i++) this.ids[this.used++] = ids[i]!;
  }

  private grow(): void {
    const wide = new Uint32Array(this.ids.length * 2);
    wide.set(this.ids);
    this.ids = wide;
  }
}
