// Where rendering writes to. Each piece of text is encoded by itself: encoding joined text would give other ids.

import type { Tokenizer } from "../tokenizer/index.ts";
import { TokenBuffer } from "./token-buffer.ts";
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
  /** A content part. */
  content(text: string, contentIndex: number): void;
  /** Ids that a model sampled, used as they are. */
  sampled(ids: ArrayLike<number>, part: MessagePart): void;
}

/** Encodes pieces, remembering the ids of header words. */
export class PieceEncoder {
  readonly tokenizer: Tokenizer;
  private readonly words: Map<string, Uint32Array> = new Map();

  constructor(tokenizer: Tokenizer) {
    this.tokenizer = tokenizer;
  }

  encode(text: string): Uint32Array {
    return this.tokenizer.encodeOrdinary(wellFormed(text));
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

/** The plain sink: ids and nothing else. */
export class TokenWriter implements TokenSink {
  readonly tokens: TokenBuffer = new TokenBuffer(1024);
  private readonly pieces: PieceEncoder;

  constructor(pieces: PieceEncoder) {
    this.pieces = pieces;
  }

  marker(id: number): void {
    this.tokens.push(id);
  }

  word(text: string): void {
    this.tokens.append(this.pieces.word(text));
  }

  content(text: string): void {
    this.tokens.append(this.pieces.encode(text));
  }

  sampled(ids: ArrayLike<number>): void {
    this.tokens.append(ids);
  }
}
