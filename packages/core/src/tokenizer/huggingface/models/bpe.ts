// Byte-pair encoding over the characters of a piece, with everything tokenizer.json can ask of it: unknown tokens,
// byte fallback, affixes, whole-piece look-up. Merges are ranked by pair, not by the bytes they make.

import { encodeUtf8 } from "../../../bytes/index.ts";
import { mergeSymbols } from "../../bpe/merge.ts";
import type { MergeTable } from "../../bpe/merge-table.ts";
import { characterLength } from "../aligned-text.ts";
import type { TokenModel } from "./model.ts";
import { PieceTokens } from "./piece-tokens.ts";
import type { TokenVocabulary } from "./vocabulary.ts";

export interface BpeSettings {
  readonly vocabulary: TokenVocabulary;
  readonly merges: MergeTable;
  readonly unknownToken?: string | undefined;
  /** Joins neighbouring unknown characters into one token. */
  readonly fuseUnknown?: boolean;
  /** Writes characters outside the vocabulary as `<0xHH>` tokens. */
  readonly byteFallback?: boolean;
  /** A piece that is a token needs no merges. */
  readonly ignoreMerges?: boolean;
  readonly continuingPrefix?: string | undefined;
  readonly wordSuffix?: string | undefined;
  /** IDs that text must never become: control tokens that share the vocabulary. */
  readonly reserved?: ReadonlySet<number>;
}

export class BpeModel implements TokenModel {
  readonly settings: BpeSettings;
  readonly vocabulary: TokenVocabulary;
  private readonly reserved: ReadonlySet<number>;
  private readonly byteIds: readonly number[] | undefined;
  private readonly unknownId: number | undefined;
  private readonly symbols = new SymbolList();
  private positions: Int32Array = new Int32Array(64);
  private readonly wordStarts: WordStarts | undefined;

  constructor(settings: BpeSettings) {
    this.settings = settings;
    this.vocabulary = settings.vocabulary;
    this.reserved = settings.reserved ?? new Set();
    this.byteIds = settings.byteFallback ? byteTokens(settings.vocabulary) : undefined;
    this.unknownId =
      settings.unknownToken === undefined ? undefined : settings.vocabulary.idOf(settings.unknownToken);
    this.wordStarts = WordStarts.of(settings);
  }

  encodePiece(piece: string, out: PieceTokens): void {
    if (piece === "") return;
    const whole = this.settings.ignoreMerges === true ? this.textId(piece) : undefined;
    if (whole !== undefined) {
      out.add(whole, 0, piece.length);
      return;
    }
    const { ids, starts, ends, count } = this.symbolsOf(piece);
    if (this.positions.length < count) this.positions = new Int32Array(2 * count);
    const { positions } = this;
    const left = mergeSymbols(ids, count, this.settings.merges, positions);
    for (let i = 0; i < left; i++) {
      const last = i + 1 < left ? positions[i + 1]! - 1 : count - 1;
      out.add(ids[i]!, starts[positions[i]!]!, ends[last]!);
    }
  }

  nextCut(piece: string, start: number): number {
    return this.wordStarts?.next(piece, start) ?? piece.length;
  }

  /** ID of a token that text may become. */
  private textId(token: string): number | undefined {
    const id = this.vocabulary.idOf(token);
    return id !== undefined && this.reserved.has(id) ? undefined : id;
  }

  /** What a piece starts as, before any merge. */
  private symbolsOf(piece: string): PieceTokens {
    const { symbols } = this;
    const { continuingPrefix = "", wordSuffix = "" } = this.settings;
    symbols.clear();
    for (let start = 0; start < piece.length; ) {
      const end = start + characterLength(piece, start);
      const prefix = start > 0 ? continuingPrefix : "";
      const suffix = end === piece.length ? wordSuffix : "";
      this.addCharacter(prefix + piece.slice(start, end) + suffix, start, end);
      start = end;
    }
    symbols.flushUnknown();
    return symbols.tokens;
  }

  private addCharacter(symbol: string, start: number, end: number): void {
    const { symbols } = this;
    const id = this.textId(symbol);
    if (id !== undefined) symbols.add(id, start, end);
    else if (this.byteIds !== undefined) {
      // A pending unknown token stays pending here: the reference emits it after these bytes.
      for (const byte of encodeUtf8(symbol)) symbols.tokens.add(this.byteIds[byte]!, start, end);
    } else if (this.unknownId !== undefined)
      symbols.addUnknown(this.unknownId, start, end, this.settings.fuseUnknown === true);
  }
}

/** The symbols that a piece starts as. */
class SymbolList {
  readonly tokens = new PieceTokens();
  /** An unknown token that the next character may belong to as well. */
  private unknown: { readonly id: number; readonly start: number; end: number } | undefined;

  clear(): void {
    this.tokens.clear();
  }

  add(id: number, start: number, end: number): void {
    this.flushUnknown();
    this.tokens.add(id, start, end);
  }

  /** With `fuse`, neighbouring unknown characters are one token. */
  addUnknown(id: number, start: number, end: number, fuse: boolean): void {
    if (fuse && this.unknown !== undefined) {
      this.unknown.end = end;
      return;
    }
    this.flushUnknown();
    this.unknown = { id, start, end };
  }

  flushUnknown(): void {
    if (this.unknown === undefined) return;
    this.tokens.add(this.unknown.id, this.unknown.start, this.unknown.end);
    this.unknown = undefined;
  }
}

/** The IDs of `<0x00>` to `<0xFF>`, or undefined if one is missing. */
export function byteTokens(vocabulary: TokenVocabulary): number[] | undefined {
  const ids: number[] = [];
  for (let byte = 0; byte < 256; byte++) {
    const id = vocabulary.idOf(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
    if (id === undefined) return undefined;
    ids.push(id);
  }
  return ids;
}

/**
 * Where a text without pre-tokenization may be cut: before a `▁` that follows a character after which no token
 * continues with `▁`. No token spans such a place, so both sides merge independently.
 */
class WordStarts {
  private readonly joining: ReadonlySet<string>;

  private constructor(joining: ReadonlySet<string>) {
    this.joining = joining;
  }

  static of({ vocabulary, continuingPrefix, wordSuffix, ignoreMerges }: BpeSettings): WordStarts | undefined {
    const affixes = continuingPrefix !== undefined || wordSuffix !== undefined;
    if (affixes || ignoreMerges === true || vocabulary.idOf("▁") === undefined) return undefined;
    const joining = new Set<string>();
    for (const token of vocabulary.tokens) {
      if (token === undefined) continue;
      for (let at = token.indexOf("▁", 1); at > 0; at = token.indexOf("▁", at + 1))
        joining.add(token[at - 1]!);
    }
    return new WordStarts(joining);
  }

  /** The next place after `start` to cut at; the end of the text if there is none. */
  next(text: string, start: number): number {
    for (let at = text.indexOf("▁", start + 1); at > 0; at = text.indexOf("▁", at + 1)) {
      if (!this.joining.has(text[at - 1]!)) return at;
    }
    return text.length;
  }
}
