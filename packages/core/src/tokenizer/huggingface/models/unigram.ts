// Unigram language model: of all ways to spell a piece with tokens, the one whose scores add up highest (Viterbi).

import { encodeUtf8 } from "../../../bytes/index.ts";
import { characterLength } from "../aligned-text.ts";
import { invalidTokenizer } from "../faults.ts";
import type { JsonNode } from "../json-node.ts";
import { byteTokens } from "./bpe.ts";
import { Lattice, type LatticeStep } from "./lattice.ts";
import { noTokens, PieceBuilder, type PieceTokens, type TokenModel } from "./model.ts";
import { PieceMemo } from "./piece-memo.ts";
import { TokenTrie } from "./token-trie.ts";
import { TokenVocabulary } from "./vocabulary.ts";

export interface UnigramSettings {
  readonly tokens: readonly string[];
  /** The log probability of each token. */
  readonly scores: readonly number[];
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

  private readonly memo = new PieceMemo((piece) => this.encodeAnew(piece));

  constructor(settings: UnigramSettings, path: string) {
    const { tokens, scores, unknownId, reserved = new Set() } = settings;
    if (unknownId !== undefined && unknownId >= tokens.length) {
      throw invalidTokenizer(
        path,
        `unk_id ${unknownId} is outside the vocabulary of ${tokens.length} tokens.`,
      );
    }
    this.vocabulary = new TokenVocabulary(tokens);
    this.scores = Float64Array.from(scores);
    this.unknownId = unknownId;
    this.unknownScore = scores.reduce((least, score) => Math.min(least, score), Infinity) - unknownPenalty;
    this.byteIds = settings.byteFallback === true ? byteTokens(this.vocabulary) : undefined;
    this.reserved = reserved;
    tokens.forEach((token, id) => {
      if (token !== "" && !reserved.has(id)) this.trie.insert(token, id);
    });
  }

  static fromJson(node: JsonNode, reserved: ReadonlySet<number>): UnigramModel {
    const tokens: string[] = [];
    const scores: number[] = [];
    const vocab = node.child("vocab");
    if (!Array.isArray(vocab.value)) vocab.expected("an array of [token, score]");
    for (const entry of vocab.value as unknown[]) {
      const [token, score] = Array.isArray(entry) ? (entry as unknown[]) : [];
      if (typeof token !== "string" || typeof score !== "number") {
        throw invalidTokenizer(
          `${vocab.path}[${tokens.length}]`,
          `expected [token, score], got ${JSON.stringify(entry)}.`,
        );
      }
      tokens.push(token);
      scores.push(score);
    }
    const unknown = node.child("unk_id");
    return new UnigramModel(
      {
        tokens,
        scores,
        unknownId: unknown.isNull ? undefined : unknown.index(),
        byteFallback: node.child("byte_fallback").boolean(false),
        reserved,
      },
      node.path,
    );
  }

  encodePiece(piece: string): PieceTokens {
    return this.memo.tokensOf(piece);
  }

  private encodeAnew(piece: string): PieceTokens {
    if (piece === "") return noTokens;
    const builder = new PieceBuilder();
    const steps = this.bestPath(piece);
    for (let i = 0; i < steps.length; ) {
      const { start, isUnknown } = steps[i]!;
      let next = i + 1;
      // Neighbouring unknown characters are one token.
      if (isUnknown) while (steps[next]?.isUnknown === true) next++;
      const end = steps[next]?.start ?? piece.length;
      this.emit(piece.slice(start, end), start, end, builder);
      i = next;
    }
    return builder.finish();
  }

  private emit(text: string, start: number, end: number, builder: PieceBuilder): void {
    const id = this.vocabulary.idOf(text);
    if (id !== undefined && !this.reserved.has(id)) builder.add(id, start, end);
    else if (this.byteIds !== undefined) {
      for (const byte of encodeUtf8(text)) builder.add(this.byteIds[byte]!, start, end);
    } else if (this.unknownId !== undefined) builder.add(this.unknownId, start, end);
    else
      throw invalidTokenizer(
        "$.model.unk_id",
        `${JSON.stringify(text)} needs an unknown token; there is none.`,
      );
  }

  /** The tokens of the best spelling. Of equally good ones the earliest found wins, as in the reference. */
  private bestPath(piece: string): LatticeStep[] {
    const { lattice } = this;
    lattice.reset(piece.length);
    for (let start = 0; start < piece.length; ) {
      const end = start + characterLength(piece, start);
      if (!this.offerTokens(piece, start, end)) {
        lattice.offer(start, end, lattice.scoreAt(start) + this.unknownScore, 1);
      }
      start = end;
    }
    return lattice.path(piece.length);
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
      lattice.offer(start, at, score + scores[id]!, 0);
      if (at === characterEnd) reached = true;
    }
    return reached;
  }
}
