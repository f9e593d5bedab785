// What a model is: it turns one piece of text into tokens of its vocabulary.

import type { IdSink } from "../id-sink.ts";
import type { TokenVocabulary } from "./vocabulary.ts";

/** The tokens of one piece in order; `starts` and `ends` are UTF-16 units of the piece. */
export interface PieceTokens {
  readonly ids: Uint32Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

export interface TokenModel {
  readonly vocabulary: TokenVocabulary;
  encodePiece(piece: string): PieceTokens;
  /** Sends the IDs of `encodePiece` to `sink`, where a model can do so without collecting them first. */
  addIds?(piece: string, sink: IdSink): boolean;
}

export const noTokens: PieceTokens = {
  ids: new Uint32Array(0),
  starts: new Uint32Array(0),
  ends: new Uint32Array(0),
};

/** Collects the tokens of a piece. */
export class PieceBuilder {
  private readonly ids: number[] = [];
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];

  add(id: number, start: number, end: number): void {
    this.ids.push(id);
    this.starts.push(start);
    this.ends.push(end);
  }

  finish(): PieceTokens {
    return {
      ids: Uint32Array.from(this.ids),
      starts: Uint32Array.from(this.starts),
      ends: Uint32Array.from(this.ends),
    };
  }
}
