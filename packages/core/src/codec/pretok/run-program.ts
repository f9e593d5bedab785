// Runs pre-tokenizer programs. Every piece comes with the answer to "could more text have changed this?".

import { NUMBER, PUNCTUATION } from "../../tokenizer/index.ts";
import { createMatcher, isAsciiPunctuation, type Matcher } from "./matchers.ts";
import { type PreTokOp, type PreTokProgram, type PreTokStage, parsePreTokProgram } from "./program.ts";
import { flagsOf, Scan, width } from "./scan.ts";

/** Receives a piece. `open`: its extent may change when text is appended. */
type Emit = (start: number, end: number, open: boolean) => void;

/** Ops at one cursor. */
export class OpScanner {
  readonly scan: Scan = new Scan();
  /** The op that made the last match. */
  matcher: Matcher | undefined;
  /** Ops tried before the winner at the last position depended on the end. */
  sawEndBefore = false;
  readonly #matchers: readonly Matcher[];

  constructor(ops: readonly PreTokOp[]) {
    this.#matchers = ops.map(createMatcher);
  }

  /** End of the piece at `at`, or -1 when no op matches. `scan` has been set to the text. */
  next(at: number): number {
    const scan = this.scan;
    scan.sawEnd = false;
    for (const matcher of this.#matchers) {
      this.sawEndBefore = scan.sawEnd;
      scan.phase = 0;
      const end = matcher.match(scan, at);
      if (end >= 0) {
        this.matcher = matcher;
        return end;
      }
    }
    this.matcher = undefined;
    scan.phase = 0;
    return -1;
  }
}

/** A step from pieces to smaller pieces. */
interface Splitter {
  split(text: string, start: number, end: number, open: boolean, emit: Emit): void;
  /**
   * Pieces that are final inside an open piece stay final: the open piece can only grow, and splitting may start anew at
   * any boundary inside it. True of character runs, not of alternations.
   */
  readonly restartable: boolean;
}

/** Version 1: what no op matches is one piece per character. Version 2: one piece per gap. */
class Alternation implements Splitter {
  readonly restartable = false;
  readonly #scanner: OpScanner;
  readonly #gaps: "characters" | "runs";

  constructor(ops: readonly PreTokOp[], gaps: "characters" | "runs") {
    this.#scanner = new OpScanner(ops);
    this.#gaps = gaps;
  }

  split(text: string, start: number, end: number, open: boolean, emit: Emit): void {
    const { scan } = this.#scanner;
    scan.set(text, end);
    let gap = -1;
    let gapOpen = false;
    for (let at = start; at < end; ) {
      const to = this.#scanner.next(at);
      const sawEnd = open && scan.sawEnd;
      if (to >= 0) {
        if (gap >= 0) emit(gap, at, gapOpen || sawEnd);
        gap = -1;
        gapOpen = false;
        emit(at, to, sawEnd);
        at = to;
        continue;
      }
      const next = at + width(scan.code(at));
      if (this.#gaps === "characters") emit(at, next, sawEnd);
      else if (gap < 0) gap = at;
      gapOpen ||= sawEnd;
      at = next;
    }
    if (gap >= 0) emit(gap, end, open);
  }
}

/** Runs of one kind of character versus all others, the former cut to at most `maxRun` characters. */
class RunSplitter implements Splitter {
  readonly restartable = true;
  readonly #isInside: (code: number) => boolean;
  readonly #maxRun: number;

  constructor(isInside: (code: number) => boolean, maxRun = Number.POSITIVE_INFINITY) {
    this.#isInside = isInside;
    this.#maxRun = maxRun;
  }

  split(text: string, start: number, end: number, open: boolean, emit: Emit): void {
    let from = start;
    let inside = false;
    let count = 0;
    for (let at = start; at < end; ) {
      const code = text.codePointAt(at)!;
      const now = this.#isInside(code);
      if (at > from && (now !== inside || (now && count === this.#maxRun))) {
        emit(from, at, false);
        from = at;
        count = 0;
      }
      inside = now;
      count++;
      at += width(code);
    }
    if (end > from) emit(from, end, open && !(inside && count === this.#maxRun));
  }
}

/** Windows of exactly three ASCII digits; one or two left over stay with what surrounds them. */
const digitTriples: Splitter = {
  restartable: false,
  split(text, start, end, open, emit) {
    let from = start;
    const isDigit = (at: number): boolean => {
      const unit = text.charCodeAt(at);
      return unit >= 0x30 && unit <= 0x39;
    };
    for (let at = start; at + 3 <= end; ) {
      if (isDigit(at) && isDigit(at + 1) && isDigit(at + 2)) {
        if (at > from) emit(from, at, false);
        emit(at, at + 3, false);
        at += 3;
        from = at;
      } else {
        at++;
      }
    }
    if (end > from) emit(from, end, open);
  },
};

const isNumber = (code: number): boolean => (flagsOf(code) & NUMBER) !== 0;
const isPunctuation = (code: number): boolean =>
  isAsciiPunctuation(code) || (flagsOf(code) & PUNCTUATION) !== 0;
const isCjk = (code: number): boolean =>
  (code >= 0x4e00 && code <= 0x9fa5) || (code >= 0x3040 && code <= 0x30ff);

function createSplitter(stage: PreTokStage): Splitter {
  switch (stage.stage) {
    case "digits_isolate":
      return new RunSplitter(isNumber, stage.mode === "individual" ? 1 : stage.max_run || undefined);
    case "digit_triples_isolate":
      return digitTriples;
    case "punctuation_contiguous":
      return new RunSplitter(isPunctuation);
    case "cjk_isolate":
      return new RunSplitter(isCjk);
    case "alternation":
      return new Alternation(stage.ops, "runs");
  }
}

/** A program, compiled. */
export class ProgramRunner {
  readonly #splitters: readonly Splitter[];
  readonly #metaspace: { readonly prefixFirst: boolean } | undefined;

  constructor(program: PreTokProgram) {
    const only = program.version === 1 ? program.ops[0] : undefined;
    if (only?.op === "metaspace_split") {
      this.#metaspace = { prefixFirst: only.prefix_first ?? false };
      this.#splitters = [];
    } else if (program.version === 1) {
      this.#splitters = [new Alternation(program.ops, "characters")];
    } else {
      this.#splitters = program.stages.map(createSplitter);
    }
  }

  /** Pieces of `text`, which is all there is. */
  pieces(text: string): string[] {
    if (this.#metaspace) return metaspaceSplit(text, this.#metaspace.prefixFirst);
    const pieces: string[] = [];
    this.eachPiece(text, (start, end) => pieces.push(text.slice(start, end)));
    return pieces;
  }

  /** The same as offsets. Not for `metaspace_split`, whose pieces are not parts of the text. */
  eachPiece(text: string, emit: (start: number, end: number) => void): void {
    this.#split(0, text, 0, text.length, false, true, emit);
  }

  /** Pieces of text that may go on, as offsets; final ones come first, and none after the first that is not. */
  finalPieces(text: string, emit: (start: number, end: number) => void): void {
    if (this.#metaspace) return;
    let blocked = false;
    this.#split(0, text, 0, text.length, true, true, (start, end, open) => {
      blocked ||= open;
      if (!blocked) emit(start, end);
    });
  }

  /** `grows`: whatever encloses this piece can only grow, so pieces inside may be final though it is open. */
  #split(
    index: number,
    text: string,
    start: number,
    end: number,
    open: boolean,
    grows: boolean,
    emit: Emit,
  ): void {
    const splitter = this.#splitters[index];
    if (splitter === undefined) {
      emit(start, end, open);
      return;
    }
    splitter.split(text, start, end, open, (from, to, pieceOpen) => {
      const stillGrows = grows && splitter.restartable;
      this.#split(index + 1, text, from, to, pieceOpen, stillGrows, (innerFrom, innerTo, innerOpen) =>
        emit(innerFrom, innerTo, innerOpen || (pieceOpen && !stillGrows)),
      );
    });
  }
}

/** Exists for the conformance data only: it collapses spaces, so encoding never uses it. */
function metaspaceSplit(text: string, prefixFirst: boolean): string[] {
  const parts = text.replace(/[ \t]+/g, " ").split(/(\p{White_Space}+)/u);
  const pieces = parts.filter((part) => part !== "" && part !== " ");
  return pieces.map((piece, index) => (prefixFirst && index === 0 ? piece : `\u2581${piece}`));
}

const runners = new WeakMap<object, ProgramRunner>();

/** The compiled form of a program; kept as long as the program object is. */
export function programRunner(program: unknown): ProgramRunner {
  const key = program as object;
  const known = typeof program === "object" && program !== null ? runners.get(key) : undefined;
  if (known !== undefined) return known;
  const runner = new ProgramRunner(parsePreTokProgram(program));
  runners.set(key, runner);
  return runner;
}

/**
 * Splits `text`. A program that this version does not understand is a `CodecError`.
 *
 * @example
 * runPreTokProgram({ version: 1, ops: [{ op: "letters", lead_space: true }, { op: "ws_run" }] }, "a bc"); // ["a", " bc"]
 */
export function runPreTokProgram(program: PreTokProgram, text: string): string[] {
  return programRunner(program).pieces(text);
}

/** Pieces of text that may go on. The first `finalCount` are the same whatever is appended. */
export function runPreTokProgramPartial(
  program: PreTokProgram,
  text: string,
): { pieces: string[]; finalCount: number } {
  const runner = programRunner(program);
  let finalCount = 0;
  runner.finalPieces(text, () => {
    finalCount++;
  });
  return { pieces: runner.pieces(text), finalCount };
}
