// Unigram language model: of all ways to spell a piece with tokens, the one whose scores add up highest (Viterbi).

import { encodeUtf8 } from "../../../bytes/index.ts";
import { characterLength } from "../aligned-text.ts";
import { invalidTokenizer } from "../faults.ts";
import type { JsonNode } from "../json-node.ts";
import { byteTokens } from "./bpe.ts";
import { noTokens, PieceBuilder, type PieceTokens, type TokenModel } from "./model.ts";
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
  private readonly vocabulary: TokenVocabulary;
  private readonly scores: Float64Array;
  private readonly trie = new TokenTrie();
  private readonly unknownId: number | undefined;
  private readonly unknownScore: number;
  private readonly byteIds: readonly number[] | undefined;
  private readonly reserved: ReadonlySet<number>;

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

  get vocabSize(): number {
    return this.vocabulary.size;
  }

  idOf(token: string): number | undefined {
    return this.vocabulary.idOf(token);
  }

  tokenOf(id: number): string | undefined {
    return this.vocabulary.tokenOf(id);
  }

  encodePiece(piece: string): PieceTokens {
    if (piece === "") return noTokens;
    const builder = new PieceBuilder();
    const starts = this.bestPath(piece);
    for (let i = 0; i < starts.length; ) {
      const start = starts[i]!.at;
      let next = i + 1;
      // Neighbouring unknown characters are one token.
      if (starts[i]!.unknown) while (starts[next]?.unknown === true) next++;
      const end = starts[next]?.at ?? piece.length;
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

  /** Where the tokens of the best spelling start. Of equally good ones the earliest found wins, as in the reference. */
  private bestPath(piece: string): { readonly at: number; readonly unknown: boolean }[] {
    const length = piece.length;
    const best = new Float64Array(length + 1).fill(-Infinity);
    const startOf = new Int32Array(length + 1).fill(-1);
    const unknown = new Uint8Array(length + 1);
    best[0] = 0;
    for (let start = 0; start < length; ) {
      const characterEnd = start + characterLength(piece, start);
      const reached = this.extend(piece, start, characterEnd, best, startOf, unknown);
      if (!reached) improve(start, characterEnd, best[start]! + this.unknownScore, 1, best, startOf, unknown);
      start = characterEnd;
    }
    const path: { readonly at: number; readonly unknown: boolean }[] = [];
    for (let end = length; end > 0; end = startOf[end]!)
      path.push({ at: startOf[end]!, unknown: unknown[end] === 1 });
    return path.reverse();
  }

  /** Tries every token at `start`; says whether one of exactly one character is among them. */
  private extend(
    piece: string,
    start: number,
    characterEnd: number,
    best: Float64Array,
    startOf: Int32Array,
    unknown: Uint8Array,
  ): boolean {
    let reached = false;
    let node = 0;
    for (let at = start; at < piece.length; ) {
      node = this.trie.child(node, piece.charCodeAt(at++));
      if (node === 0) break;
      const id = this.trie.idAt(node);
      if (id < 0) continue;
      improve(start, at, best[start]! + this.scores[id]!, 0, best, startOf, unknown);
      if (at === characterEnd) reached = true;
    }
    return reached;
  }
}

function improve(
  start: number,
  end: number,
  score: number,
  isUnknown: 0 | 1,
  best: Float64Array,
  startOf: Int32Array,
  unknown: Uint8Array,
): void {
  if (startOf[end] !== -1 && score <= best[end]!) return;
  best[end] = score;
  startOf[end] = start;
  unknown[end] = isUnknown;
}
