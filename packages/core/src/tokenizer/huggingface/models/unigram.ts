// Unigram language model: of all ways to spell a piece with tokens, the one whose scores add up highest (Viterbi).

import { encodeUtf8 } from "../../../bytes/index.ts";
import { characterLength } from "../aligned-text.ts";
import { invalidTokenizer } from "../faults.ts";
import type { JsonNode } from "../json-node.ts";
import { byteTokens } from "./bpe.ts";
import { Lattice, unknownCharacter } from "./lattice.ts";
import type { TokenModel } from "./model.ts";
import type { PieceTokens } from "./piece-tokens.ts";
import { ScoredTokens } from "./scored-tokens.ts";
import { TokenTrie } from "./token-trie.ts";
import type { TokenVocabulary } from "./vocabulary.ts";

export interface UnigramSettings {
  readonly tokens: ScoredTokens;
  readonly unknownId?: number | undefined;
  readonly byteFallback?: boolean;
  /** IDs that text must never become. */
  readonly reserved?: ReadonlySet<number>;
}

/** How much less likely an unknown character is than the least likely token. */
const unknownPenalty = 10;

export class UnigramModel implements TokenModel {
  readonly vocabulary: TokenVocabulary;
  private readonly scores: Float64Array;
  private readonly trie = new TokenTrie();
  private readonly lattice = new Lattice();
  private readonly unknownId: number | undefined;
  private readonly unknownScore: number;
  private readonly byteIds: readonly number[] | undefined;
  private readonly reserved: ReadonlySet<number>;

  constructor(settings: UnigramSettings, path: string) {
    const { unknownId, reserved = new Set() } = settings;
    const { vocabulary, scores } = settings.tokens;
    if (unknownId !== undefined && unknownId >= vocabulary.size) {
      throw invalidTokenizer(
        path,
        `unk_id ${unknownId} is outside the vocabulary of ${vocabulary.size} tokens.`,
      );
    }
    this.vocabulary = vocabulary;
    this.scores = scores;
    this.unknownId = unknownId;
    this.unknownScore = scores.reduce((least, score) => Math.min(least, score), Infinity) - unknownPenalty;
    this.byteIds = settings.byteFallback === true ? byteTokens(this.vocabulary) : undefined;
    this.reserved = reserved;
    vocabulary.tokens.forEach((token, id) => {
      if (token && !reserved.has(id)) this.trie.insert(token, id);
    });
  }

  static fromJson(node: JsonNode, reserved: ReadonlySet<number>): UnigramModel {
    const unknown = node.child("unk_id");
    return new UnigramModel(
      {
        tokens: ScoredTokens.fromJson(node.child("vocab")),
        unknownId: unknown.isNull ? undefined : unknown.index(),
        byteFallback: node.child("byte_fallback").boolean(false),
        reserved,
      },
      node.path,
    );
  }

  encodePiece(piece: string, out: PieceTokens): void {
    const { lattice } = this;
    this.findBestPath(piece);
    for (let start = 0; start < piece.length; ) {
      let end = lattice.next(start);
      const id = lattice.tokenBefore(end);
      if (id !== unknownCharacter) out.add(id, start, end);
      else {
        // Neighbouring unknown characters are one token.
        while (end < piece.length && lattice.tokenBefore(lattice.next(end)) === unknownCharacter)
          end = lattice.next(end);
        this.addUnknown(piece.slice(start, end), start, end, out);
      }
      start = end;
    }
  }

  /** Adds what stands for characters that are no tokens one by one. Together they may be one that is too unlikely. */
  private addUnknown(text: string, start: number, end: number, out: PieceTokens): void {
    const id = this.vocabulary.idOf(text);
    if (id !== undefined && !this.reserved.has(id)) out.add(id, start, end);
    else if (this.byteIds !== undefined) {
      for (const byte of encodeUtf8(text)) out.add(this.byteIds[byte]!, start, end);
    } else if (this.unknownId !== undefined) out.add(this.unknownId, start, end);
    else
      throw invalidTokenizer(
        "$.model.unk_id",
        `${JSON.stringify(text)} needs an unknown token; there is none.`,
      );
  }

  /** Fills the lattice. Of equally good spellings the one found first wins, as in the reference. */
  private findBestPath(piece: string): void {
    const { lattice } = this;
    lattice.reset(piece.length);
    for (let start = 0; start < piece.length; ) {
      const end = start + characterLength(piece, start);
      if (!this.offerTokens(piece, start, end))
        lattice.offer(start, end, lattice.scoreAt(start) + this.unknownScore, unknownCharacter);
      start = end;
    }
    lattice.finish(piece.length);
  }

  /** Offers every token at `start`; says whether one of exactly one character is among them. */
  private offerTokens(piece: string, start: number, characterEnd: number): boolean {
    const { lattice, scores, trie } = this;
    const score = lattice.scoreAt(start);
    let reached = false;
    let node = 0;
    for (let at = start; at < piece.length; ) {
      node = trie.child(node, piece.charCodeAt(at++));
      if (node === 0) break;
      const id = trie.idAt(node);
      if (id < 0) continue;
      lattice.offer(start, at, score + scores[id]!, id);
      if (at === characterEnd) reached = true;
    }
    return reached;
  }
}
