// The fast path for byte-level BPE: text as UTF-8 bytes, cut by a hand-written scanner where the pattern is known,
// merged without ever spelling out the byte alphabet. Gives the same IDs as the general pipeline.

import { encodeUtf8 } from "../../bytes/index.ts";
import { mergeSymbols } from "../bpe/merge.ts";
import type { Scanner } from "../pretokenize/scanner.ts";
import { AlignedText } from "./aligned-text.ts";
import { alphabet } from "./byte-alphabet.ts";
import { scanDeepseek } from "./deepseek-scanner.ts";
import { deepseek3 } from "./formats/split-patterns.ts";
import type { IdSink } from "./id-sink.ts";
import { BpeModel } from "./models/bpe.ts";
import type { TokenModel } from "./models/model.ts";
import { PieceCache } from "./piece-cache.ts";
import { ByteLevelPreTokenizer } from "./pretokenizers/byte-level.ts";
import type { PreTokenizer } from "./pretokenizers/pre-tokenizer.ts";
import { SplitPreTokenizer } from "./pretokenizers/split.ts";
import { toPaddedUtf8 } from "./utf8-buffer.ts";

/** IDs are handed on whenever this many have gathered. */
const batch = 4096;

export class ByteLevelEncoder {
  private readonly model: BpeModel;
  private readonly byteIds: Int32Array;
  /** Makes all cuts in one pass, where there is such a scanner. */
  private readonly scan: Scanner | undefined;
  /** Makes the last cut, after those of `splitters`. */
  private readonly lastScan: Scanner | undefined;
  private readonly splitters: readonly PreTokenizer[];
  private readonly cache = new PieceCache();
  private out: Uint32Array = new Uint32Array(batch + 256);
  private symbols: Int32Array = new Int32Array(256);
  private positions: Int32Array = new Int32Array(256);

  private constructor(model: BpeModel, byteIds: Int32Array, splitters: readonly SplitPreTokenizer[]) {
    this.model = model;
    this.byteIds = byteIds;
    this.scan = scannerOf(splitters);
    const last = splitters.at(-1)?.pattern.scanner;
    this.lastScan = this.scan ?? last;
    this.splitters = last === undefined ? splitters : splitters.slice(0, -1);
  }

  /**
   * The fast encoder for a pipeline of splits that ends in the byte alphabet; undefined where it does not apply: a
   * pre-tokenizer that rewrites text, a vocabulary without all 256 bytes, affixes.
   */
  static of(preTokenizers: readonly PreTokenizer[], model: TokenModel): ByteLevelEncoder | undefined {
    const last = preTokenizers.at(-1);
    if (!(model instanceof BpeModel) || !(last instanceof ByteLevelPreTokenizer) || last.addPrefixSpace)
      return undefined;
    const { continuingPrefix, wordSuffix, vocabulary, reserved } = model.settings;
    if (continuingPrefix !== undefined || wordSuffix !== undefined) return undefined;
    const splits = preTokenizers.slice(0, -1).filter((step) => step instanceof SplitPreTokenizer);
    const isolating = splits.every((split) => split.behavior === "Isolated" && !split.invert);
    if (splits.length !== preTokenizers.length - 1 || !isolating) return undefined;
    const byteIds = Int32Array.from(alphabet, (character) => vocabulary.idOf(character) ?? -1);
    if (byteIds.some((id) => id < 0 || reserved?.has(id) === true)) return undefined;
    return new ByteLevelEncoder(model, byteIds, [...splits, ...last.splits]);
  }

  /** Encodes one segment of text. False when the sink has had enough. */
  encode(text: string, sink: IdSink): boolean {
    return this.scan === undefined ? this.encodeSplit(text, sink) : this.encodeScanned(text, this.scan, sink);
  }

  private encodeScanned(text: string, scan: Scanner, sink: IdSink): boolean {
    const { bytes, length } = toPaddedUtf8(text);
    let filled = 0;
    for (let start = 0; start < length; ) {
      const end = scan(bytes, start, length);
      filled = this.encodePiece(bytes, start, end, filled);
      start = end;
      if (filled >= batch) {
        if (!sink.add(this.out, filled)) return false;
        filled = 0;
      }
    }
    return sink.add(this.out, filled);
  }

  private encodeSplit(text: string, sink: IdSink): boolean {
    let pieces = [new AlignedText(text, true)];
    for (const splitter of this.splitters) {
      const next: AlignedText[] = [];
      for (const piece of pieces) splitter.split(piece, next);
      pieces = next;
    }
    for (const { text: piece } of pieces) {
      const more =
        this.lastScan === undefined
          ? this.encodeWhole(piece, sink)
          : this.encodeScanned(piece, this.lastScan, sink);
      if (!more) return false;
    }
    return true;
  }

  private encodeWhole(piece: string, sink: IdSink): boolean {
    const bytes = encodeUtf8(piece);
    return sink.add(this.out, this.encodePiece(bytes, 0, bytes.length, 0));
  }

  /** Writes the IDs of a piece to `out` at `at`; returns the position after them. */
  private encodePiece(bytes: Uint8Array, start: number, end: number, at: number): number {
    const length = end - start;
    if (this.out.length < at + length) this.growOutput(at + length);
    const cached = this.cache.read(bytes, start, end, this.out, at);
    if (cached >= 0) return at + cached;
    const count = this.mergePiece(bytes, start, end, at);
    this.cache.write(bytes, start, end, this.out, at, count);
    return at + count;
  }

  private mergePiece(bytes: Uint8Array, start: number, end: number, at: number): number {
    const { ignoreMerges, merges } = this.model.settings;
    const whole = ignoreMerges === true ? this.wholeId(bytes, start, end) : undefined;
    if (whole !== undefined) {
      this.out[at] = whole;
      return 1;
    }
    const length = end - start;
    if (this.symbols.length < length) {
      this.symbols = new Int32Array(length);
      this.positions = new Int32Array(length);
    }
    const { byteIds, symbols } = this;
    for (let i = 0; i < length; i++) symbols[i] = byteIds[bytes[start + i]!]!;
    const count = mergeSymbols(symbols, length, merges, this.positions);
    for (let i = 0; i < count; i++) this.out[at + i] = symbols[i]!;
    return count;
  }

  private wholeId(bytes: Uint8Array, start: number, end: number): number | undefined {
    let token = "";
    for (let i = start; i < end; i++) token += alphabet[bytes[i]!];
    const { reserved, vocabulary } = this.model.settings;
    const id = vocabulary.idOf(token);
    return id !== undefined && reserved?.has(id) === true ? undefined : id;
  }

  private growOutput(needed: number): void {
    const grown = new Uint32Array(Math.max(needed, this.out.length * 2));
    grown.set(this.out);
    this.out = grown;
  }
}

/** The hand-written scanner that makes the cuts of these splits in one pass, if there is one. */
function scannerOf(splits: readonly SplitPreTokenizer[]): Scanner | undefined {
  if (splits.length === 1) return splits[0]?.pattern.scanner;
  // Files write the line breaks in the pattern as they are or escaped.
  const sources = splits.map(({ pattern }) =>
    pattern.source?.replaceAll("\r", "\\r").replaceAll("\n", "\\n"),
  );
  const isDeepseek =
    sources.length === deepseek3.length && deepseek3.every((source, i) => source === sources[i]);
  return isDeepseek ? scanDeepseek : undefined;
}
