// Text to IDs as the text arrives. For every way of cutting the text the IDs are those of encoding it at once: a piece
// is encoded when no further text can change it, and a piece too long to wait for is encoded as its tokens settle.

import { CodecError, CodecLimitError } from "../codec-error.ts";
import type { TokenizerMap } from "../maps/tokenizer-map.ts";
import type { Matcher } from "../pretok/matchers.ts";
import { parsePreTokProgram } from "../pretok/program.ts";
import { OpScanner, type ProgramRunner } from "../pretok/run-program.ts";
import { width } from "../pretok/scan.ts";
import type { BpeModel } from "../tokenize/bpe-model.ts";
import {
  bpeModelOf,
  type MapTokenizerOptions,
  type PieceRule,
  pieceRuleOf,
  wordEnds,
} from "../tokenize/map-tokenizer.ts";
import { PrefixWalker } from "./prefix-walker.ts";

/** Encodes one stretch of text without special tokens. */
export interface ChunkEncoder {
  /** Takes text and appends the IDs that are final. */
  push(text: string, out: number[]): void;
  /** Ends the stretch; the encoder can be used anew. */
  end(out: number[]): void;
}

/** Open pieces below this length are scanned again whole, which costs less than keeping track of them. */
const RESCAN_LENGTH = 1024;

/** Pieces shorter than this are not worth counting: walking needs tables that are built on first use. */
const SHORT_PIECE = 32;

/** Such a piece cannot be one token, so it may be encoded from its beginning before it is complete. */
function isLongerThanAnyToken(model: BpeModel, piece: string): boolean {
  return piece.length >= SHORT_PIECE && model.symbolsOf(piece).length > model.longestToken;
}

/** Common to all: the text that is not encoded yet, with its limit. */
abstract class BufferedEncoder implements ChunkEncoder {
  protected buffer = "";
  readonly #maxChars: number;
  /** With a long open piece, scanning waits until the buffer has grown by a part of itself, so the total stays linear. */
  #nextScan = 0;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  push(text: string, out: number[]): void {
    this.buffer += text;
    if (this.buffer.length < this.#nextScan) return;
    this.advance(false, out);
    const length = this.buffer.length;
    this.#nextScan = length < RESCAN_LENGTH ? 0 : length + (length >> 3);
    if (length > this.#maxChars) {
      throw new CodecLimitError(
        `${length} characters cannot be encoded before more text comes; the limit is ${this.#maxChars} (maxBufferedChars).`,
      );
    }
  }

  end(out: number[]): void {
    this.advance(true, out);
    this.buffer = "";
    this.#nextScan = 0;
  }

  /** Encodes what is certain, or everything if `final`, and takes it from the buffer. */
  protected abstract advance(final: boolean, out: number[]): void;
}

/** A version 1 program: one cursor, and a run that can be left and resumed. */
class OpStream extends BufferedEncoder {
  readonly #model: BpeModel;
  readonly #scanner: OpScanner;
  #walker: PrefixWalker | undefined;
  /** The run that the start of the buffer continues; what came before is in the walker. */
  #run: { readonly matcher: Matcher; phase: number } | undefined;

  constructor(model: BpeModel, program: unknown, maxChars: number) {
    super(maxChars);
    this.#model = model;
    const parsed = parsePreTokProgram(program);
    this.#scanner = new OpScanner(parsed.version === 1 ? parsed.ops : []);
  }

  protected advance(final: boolean, out: number[]): void {
    this.#scanner.scan.set(this.buffer, this.buffer.length);
    let at = 0;
    if (this.#run !== undefined) {
      at = this.#resume(final, out);
      if (at < 0) return;
    }
    const length = this.buffer.length;
    while (at < length) {
      const { scan } = this.#scanner;
      const match = this.#scanner.next(at);
      const end = match < 0 ? at + width(scan.code(at)) : match;
      if (scan.sawEnd && !final) {
        if (this.#enterRun(at, end, out)) at = length;
        break;
      }
      this.#model.encodePiece(this.buffer.slice(at, end), out);
      at = end;
    }
    if (at > 0) this.buffer = this.buffer.slice(at);
  }

  /** Goes on with the run. Returns where it ended, or -1 when it is still open. */
  #resume(final: boolean, out: number[]): number {
    const { scan } = this.#scanner;
    const run = this.#run!;
    const walker = this.#walker!;
    const end = run.matcher.resume(scan, 0, run.phase);
    if (scan.sawEnd && !final) {
      if (scan.phase === 0) return -1;
      walker.push(this.buffer, out);
      run.phase = scan.phase;
      this.buffer = "";
      return -1;
    }
    walker.push(this.buffer.slice(0, end), out);
    walker.end(out);
    this.#run = undefined;
    return end;
  }

  /** An open piece longer than any token, whose extent can only grow, goes to the walker. */
  #enterRun(at: number, end: number, out: number[]): boolean {
    const { scan, matcher, sawEndBefore } = this.#scanner;
    const length = this.buffer.length;
    if (scan.phase === 0 || sawEndBefore || matcher === undefined || end !== length) return false;
    if (!isLongerThanAnyToken(this.#model, this.buffer.slice(at))) return false;
    this.#walker ??= new PrefixWalker(this.#model);
    this.#run = { matcher, phase: scan.phase };
    this.#walker.push(this.buffer.slice(at), out);
    return true;
  }
}

/** A version 2 program: pieces of pieces. */
class StageStream extends BufferedEncoder {
  readonly #model: BpeModel;
  readonly #runner: ProgramRunner;

  constructor(model: BpeModel, runner: ProgramRunner, maxChars: number) {
    super(maxChars);
    this.#model = model;
    this.#runner = runner;
  }

  protected advance(final: boolean, out: number[]): void {
    const text = this.buffer;
    let done = 0;
    const emit = (start: number, end: number): void => {
      this.#model.encodePiece(text.slice(start, end), out);
      done = end;
    };
    if (final) this.#runner.eachPiece(text, emit);
    else this.#runner.finalPieces(text, emit);
    this.buffer = text.slice(done);
  }
}

/** Metaspace: words, or one piece when tokens reach over word borders. The text comes marked. */
class MetaspaceStream extends BufferedEncoder {
  readonly #model: BpeModel;
  readonly #cutsAtWords: boolean;
  #walker: PrefixWalker | undefined;
  #open = false;
  #endsInMark = false;

  constructor(model: BpeModel, cutsAtWords: boolean, maxChars: number) {
    super(maxChars);
    this.#model = model;
    this.#cutsAtWords = cutsAtWords;
  }

  protected advance(final: boolean, out: number[]): void {
    const text = this.buffer;
    const mark = this.#model.vocabulary.replacement;
    let at = 0;
    for (const end of this.#ends(text, mark)) {
      const isLast = end === text.length;
      if (isLast && !final) break;
      this.#encode(text.slice(at, end), out);
      at = end;
    }
    this.buffer = text.slice(at);
    if (!final && this.buffer.length > 0 && (this.#open || isLongerThanAnyToken(this.#model, this.buffer)))
      this.#feed(out);
  }

  *#ends(text: string, mark: string): Generator<number, void, undefined> {
    if (!this.#cutsAtWords) {
      yield text.length;
      return;
    }
    if (this.#open && !this.#endsInMark && text.startsWith(mark)) yield 0;
    yield* wordEnds(text, mark);
  }

  #encode(piece: string, out: number[]): void {
    if (!this.#open) {
      if (piece !== "") this.#model.encodePiece(piece, out);
      return;
    }
    this.#walker!.push(piece, out);
    this.#walker!.end(out);
    this.#open = false;
  }

  /** Hands the open word to the walker. */
  #feed(out: number[]): void {
    this.#walker ??= new PrefixWalker(this.#model);
    this.#open = true;
    this.#endsInMark = this.buffer.endsWith(this.#model.vocabulary.replacement);
    this.#walker.push(this.buffer, out);
    this.buffer = "";
  }

  override end(out: number[]): void {
    super.end(out);
    if (!this.#open) return;
    this.#walker!.end(out);
    this.#open = false;
  }
}

/** A regular expression says nothing about what more text would change: everything waits, or is cut before a space. */
class PatternStream extends BufferedEncoder {
  readonly #model: BpeModel;
  readonly #split: (text: string) => string[];
  readonly #exact: boolean;

  constructor(model: BpeModel, split: (text: string) => string[], exact: boolean, maxChars: number) {
    super(maxChars);
    this.#model = model;
    this.#split = split;
    this.#exact = exact;
  }

  protected advance(final: boolean, out: number[]): void {
    const cut = final ? this.buffer.length : this.#exact ? 0 : this.buffer.search(/\s+\S*$/u);
    if (cut <= 0) return;
    for (const piece of this.#split(this.buffer.slice(0, cut))) this.#model.encodePiece(piece, out);
    this.buffer = this.buffer.slice(cut);
  }
}

export interface StreamEncoderOptions extends MapTokenizerOptions {
  /** `false`: for maps with an unknown pattern only, cut before white space, which may give other IDs. Default: true. */
  readonly exact?: boolean;
  /** Most characters that wait for more text. Default: 1,048,576. */
  readonly maxBufferedChars?: number;
}

/** An encoder of text without special tokens for a byte-pair map. */
export function createChunkEncoder(map: TokenizerMap, options: StreamEncoderOptions): ChunkEncoder {
  const rule: PieceRule = pieceRuleOf(map, options);
  const model = bpeModelOf(map);
  const maxChars = options.maxBufferedChars ?? 1_048_576;
  if (rule.kind === "metaspace") return new MetaspaceStream(model, rule.cutsAtWords, maxChars);
  if (rule.kind === "pattern") return new PatternStream(model, rule.split, options.exact ?? true, maxChars);
  const program = parsePreTokProgram(rule.program);
  if (program.version === 2) return new StageStream(model, rule.runner, maxChars);
  if (program.ops[0]?.op === "metaspace_split") {
    throw new CodecError(
      "CODEC_BAD_MAP",
      `Map ${map.id} is byte_level and has a metaspace_split program, which cannot encode.`,
    );
  }
  return new OpStream(model, program, maxChars);
}
