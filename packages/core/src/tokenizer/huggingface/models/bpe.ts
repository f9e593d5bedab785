// Byte-pair encoding over the characters of a piece, with everything tokenizer.json can ask of it: unknown tokens,
// byte fallback, affixes, whole-piece look-up. Merges are ranked by pair, not by the bytes they make.

import { encodeUtf8 } from "../../../bytes/index.ts";
import { mergeSymbols } from "../../bpe/merge.ts";
import type { MergeTable } from "../../bpe/merge-table.ts";
import { characterLength } from "../aligned-text.ts";
import type { IdSink } from "../id-sink.ts";
import { noTokens, PieceBuilder, type PieceTokens, type TokenModel } from "./model.ts";
import { PieceMemo } from "./piece-memo.ts";
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
  private readonly memo = new PieceMemo((word) => this.encodeWord(word));
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

  encodePiece(piece: string): PieceTokens {
    if (this.wordStarts === undefined) return this.memo.tokensOf(piece);
    const end = this.wordStarts.next(piece, 0);
    if (end === piece.length) return this.memo.tokensOf(piece);
    const builder = new PieceBuilder();
    for (let start = 0; start < piece.length; ) {
      const wordEnd = this.wordStarts.next(piece, start);
      const tokens = this.memo.tokensOf(piece.slice(start, wordEnd));
      for (let i = 0; i < tokens.ids.length; i++) {
        builder.add(tokens.ids[i]!, tokens.starts[i]! + start, tokens.ends[i]! + start);
      }
      start = wordEnd;
    }
    return builder.finish();
  }

  addIds(piece: string, sink: IdSink): boolean {
    for (let start = 0; start < piece.length; ) {
      const end = this.wordStarts?.next(piece, start) ?? piece.length;
      const { ids } = this.memo.tokensOf(piece.slice(start, end));
      if (!sink.add(ids, ids.length)) return false;
      start = end;
    }
    return true;
  }

  private encodeWord(word: string): PieceTokens {
    if (word === "") return noTokens;
    if (this.settings.ignoreMerges === true) {
      const whole = this.textId(word);
      if (whole !== undefined) return oneToken(whole, word.length);
    }
    const symbols = this.symbolsOf(word);
    const count = symbols.ids.length;
    const ids = Int32Array.from(symbols.ids);
    const positions = new Int32Array(count);
    const left = mergeSymbols(ids, count, this.settings.merges, positions);
    const tokens = { ids: new Uint32Array(left), starts: new Uint32Array(left), ends: new Uint32Array(left) };
    for (let i = 0; i < left; i++) {
      const last = i + 1 < left ? positions[i + 1]! - 1 : count - 1;
      tokens.ids[i] = ids[i]!;
      tokens.starts[i] = symbols.starts[positions[i]!]!;
      tokens.ends[i] = symbols.ends[last]!;
    }
    return tokens;
  }

  /** ID of a token that text may become. */
  private textId(token: string): number | undefined {
    const id = this.vocabulary.idOf(token);
    return id !== undefined && this.reserved.has(id) ? undefined : id;
  }

  private symbolsOf(word: string): SymbolList {
    const { continuingPrefix, wordSuffix } = this.settings;
    const symbols = new SymbolList(this.settings.fuseUnknown === true);
    for (let start = 0; start < word.length; ) {
      const end = start + characterLength(word, start);
      const character = word.slice(start, end);
      const prefix = start > 0 ? (continuingPrefix ?? "") : "";
      const suffix = end === word.length ? (wordSuffix ?? "") : "";
      this.addCharacter(symbols, prefix + character + suffix, start, end);
      start = end;
    }
    symbols.flushUnknown();
    return symbols;
  }

  private addCharacter(symbols: SymbolList, symbol: string, start: number, end: number): void {
    const id = this.textId(symbol);
    if (id !== undefined) symbols.add(id, start, end);
    else if (this.byteIds !== undefined) {
      // A pending unknown token stays pending here: the reference emits it after these bytes.
      for (const byte of encodeUtf8(symbol)) symbols.addPlain(this.byteIds[byte]!, start, end);
    } else if (this.unknownId !== undefined) symbols.addUnknown(this.unknownId, start, end);
  }
}

function oneToken(id: number, length: number): PieceTokens {
  return { ids: Uint32Array.of(id), starts: Uint32Array.of(0), ends: Uint32Array.of(length) };
}

/** The symbols that a piece starts as, with the units they cover. */
class SymbolList {
  readonly ids: number[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  private readonly fuse: boolean;
  private pending: { readonly id: number; readonly start: number; end: number } | undefined;

  constructor(fuse: boolean) {
    this.fuse = fuse;
  }

  add(id: number, start: number, end: number): void {
    this.flushUnknown();
    this.addPlain(id, start, end);
  }

  addPlain(id: number, start: number, end: number): void {
    this.ids.push(id);
    this.starts.push(start);
    this.ends.push(end);
  }

  addUnknown(id: number, start: number, end: number): void {
    if (this.fuse && this.pending !== undefined) {
      this.pending.end = end;
      return;
    }
    this.flushUnknown();
    this.pending = { id, start, end };
  }

  flushUnknown(): void {
    if (this.pending === undefined) return;
    this.addPlain(this.pending.id, this.pending.start, this.pending.end);
    this.pending = undefined;
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
