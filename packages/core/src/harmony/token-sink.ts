// Where rendering writes to. Each piece of text is encoded by itself: encoding joined text would give other ids.

import type { Tokenizer } from "../tokenizer/index.ts";
import { wellFormed } from "./well-formed.ts";

/** What a token of a rendered message is. */
export type MessagePart =
  | "start"
  | "role"
  | "name"
  | "recipient"
  | "channel"
  | "content_type"
  | "marker"
  | "content"
  | "terminator";

export interface TokenSink {
  /** One structural token. */
  marker(id: number, part: MessagePart): void;
  /** A piece of a header; the same few pieces come again and again. */
  word(text: string, part: MessagePart): void;
  /** A content part. `recurs`: the same text comes again and again, as in system messages. */
  content(text: string, contentIndex: number, recurs: boolean): void;
  /** Ids that a model sampled, used as they are. */
  sampled(ids: ArrayLike<number>, part: MessagePart): void;
}

/** Encodes pieces, remembering the ids of those that come again and again. */
export class PieceEncoder {
  readonly tokenizer: Tokenizer;
  private readonly words: Map<string, Uint32Array> = new Map();

  constructor(tokenizer: Tokenizer) {
    this.tokenizer = tokenizer;
  }

  encode(text: string): Uint32Array {
    return this.tokenizer.encodeOrdinary(wellFormed(text));
  }

  content(text: string, recurs: boolean): Uint32Array {
    return recurs ? this.word(text) : this.encode(text);
  }

  word(text: string): Uint32Array {
    const known = this.words.get(text);
    if (known !== undefined) return known;
    const ids = this.encode(text);
    // Recipients are in the caller's hands, so the memory they can take is bounded.
    if (text.length > 256) return ids;
    if (this.words.size >= 4096) this.words.clear();
    this.words.set(text, ids);
    return ids;
  }
}

/** The plain sink: ids and nothing else. Pieces stay as they are until all are there, so that each id is copied once. */
export class TokenWriter implements TokenSink {
  private readonly written: (number | ArrayLike<number>)[] = [];
  private length = 0;
  private readonly pieces: PieceEncoder;

  constructor(pieces: PieceEncoder) {
    this.pieces = pieces;
  }

  marker(id: number): void {
    this.written.push(id);
    this.length++;
  }

  word(text: string): void {
    this.sampled(this.pieces.word(text));
  }

  content(text: string, _contentIndex: number, recurs: boolean): void {
    this.sampled(this.pieces.content(text, recurs));
  }

  sampled(ids: ArrayLike<number>): void {
    this.written.push(ids);
    this.length += ids.length;
  }

  /** Everything written so far. */
  toTokens(): Uint32Array {
    const tokens = new Uint32Array(this.length);
    let at = 0;
    for (const piece of this.written) {
      if (typeof piece === "number") tokens[at++] = piece;
      else {
        tokens.set(piece, at);
        at += piece.length;
      }
    }
    return tokens;
  }
}
