// The ops of a pre-tokenizer program. Each matches at one position and never looks back.

import { LETTER, LOWER, MARK, NUMBER, PUNCTUATION, SPACE, SYMBOL, UPPER } from "../../tokenizer/index.ts";
import { CodecError } from "../codec-error.ts";
import type { PreTokOp } from "./program.ts";
import { flagsOf, type Scan, width } from "./scan.ts";

/** One op, compiled. */
export interface Matcher {
  /** End of the match at `at`, or -1. A match is never empty. Sets `scan.phase` when it is a run that can only grow. */
  match(scan: Scan, at: number): number;
  /** Goes on with a run that was left at a former end of the text: the end of the whole match. */
  resume(scan: Scan, at: number, phase: number): number;
}

const CR = 0x0d;
const LF = 0x0a;
const SPACE_CODE = 0x20;
const isNewline = (code: number): boolean => code === CR || code === LF;

/** Ops whose matches cannot be resumed never set a phase. */
function neverResumed(): never {
  throw new CodecError("INVALID_ARGUMENT", "This pre-tokenizer op has no run to resume.");
}

/** Where the body may start, in the order of trying: behind each optional lead, then at `at` itself. */
function firstWithLead(
  scan: Scan,
  at: number,
  leads: readonly ((code: number) => boolean)[],
  body: (from: number) => number,
): number {
  for (const lead of leads) {
    const code = scan.code(at);
    if (code < 0 || !lead(code)) continue;
    const end = body(at + width(code));
    if (end >= 0) return end;
  }
  return body(at);
}

const spaceLead = (code: number): boolean => code === SPACE_CODE;

function otherLead(flags: number): (code: number) => boolean {
  return (code) => !isNewline(code) && (flagsOf(code) & flags) === 0;
}

/** A run of characters behind an optional lead: letters, numbers without a bound. */
class RunMatcher implements Matcher {
  readonly #leads: readonly ((code: number) => boolean)[];
  readonly #flags: number;

  constructor(leads: readonly ((code: number) => boolean)[], flags: number) {
    this.#leads = leads;
    this.#flags = flags;
  }

  match(scan: Scan, at: number): number {
    return firstWithLead(scan, at, this.#leads, (from) => {
      const end = this.resume(scan, from);
      return end > from ? end : -1;
    });
  }

  resume(scan: Scan, at: number): number {
    const end = scan.run(at, this.#flags);
    scan.phase = end === scan.end ? 1 : 0;
    return end;
  }
}

/** Up to `maxRun` numbers behind an optional space. */
class BoundedNumbers implements Matcher {
  readonly #leads: readonly ((code: number) => boolean)[];
  readonly #maxRun: number;

  constructor(leads: readonly ((code: number) => boolean)[], maxRun: number) {
    this.#leads = leads;
    this.#maxRun = maxRun;
  }

  match(scan: Scan, at: number): number {
    return firstWithLead(scan, at, this.#leads, (from) => {
      let end = from;
      for (let count = 0; count < this.#maxRun; count++) {
        const code = scan.code(end);
        if ((flagsOf(code) & NUMBER) === 0) break;
        end += width(code);
      }
      return end > from ? end : -1;
    });
  }

  resume(): number {
    return neverResumed();
  }
}

/** Punctuation behind an optional space, with newlines (or other given characters) behind it. */
class PunctRun implements Matcher {
  readonly #leads: readonly ((code: number) => boolean)[];
  readonly #only: number;
  readonly #without: number;
  readonly #trailing: readonly number[];

  constructor(op: Extract<PreTokOp, { op: "punct_run" }>) {
    this.#leads = op.lead_space ? [spaceLead] : [];
    this.#only = op.charset === "p_s" ? PUNCTUATION | SYMBOL : 0;
    this.#without = SPACE | LETTER | NUMBER;
    const trailing = op.trailing_chars ?? (op.trailing_newlines ? "\r\n" : "");
    this.#trailing = Array.from(trailing, (character) => character.codePointAt(0)!);
  }

  match(scan: Scan, at: number): number {
    return firstWithLead(scan, at, this.#leads, (from) => {
      const end = this.#main(scan, from);
      return end > from ? this.#tail(scan, end) : -1;
    });
  }

  resume(scan: Scan, at: number): number {
    return this.#tail(scan, this.#main(scan, at));
  }

  #main(scan: Scan, at: number): number {
    const end = this.#only === 0 ? scan.runWithout(at, this.#without) : scan.run(at, this.#only);
    scan.phase = end === scan.end ? 1 : 0;
    return end;
  }

  #tail(scan: Scan, at: number): number {
    if (this.#trailing.length === 0) return at;
    let end = at;
    for (;;) {
      const code = scan.code(end);
      if (code < 0 || !this.#trailing.includes(code)) return end;
      end += width(code);
    }
  }
}

/** Words by case: `[U]*[L]+` (title) or `[U]+[L]*` (upper), where caseless letters and marks are in both classes. */
class CasedLetters implements Matcher {
  readonly #leads: readonly ((code: number) => boolean)[];
  readonly #title: boolean;
  readonly #trailing: Literals | undefined;

  constructor(op: Extract<PreTokOp, { op: "letters_cased" }>) {
    this.#leads = op.lead_other ? [otherLead(LETTER | NUMBER)] : [];
    this.#title = op.kind === "title";
    this.#trailing = op.trailing_ci ? new Literals(op.trailing_ci, true) : undefined;
  }

  match(scan: Scan, at: number): number {
    const end = firstWithLead(scan, at, this.#leads, (from) =>
      this.#title ? this.#titleBody(scan, from, false) : this.#upperBody(scan, from),
    );
    return end < 0 ? -1 : this.#withTrailing(scan, end);
  }

  /** Phase 1: only caseless characters so far. Phase 2: in the second class, which nothing gives back. */
  resume(scan: Scan, at: number, phase: number): number {
    const end = phase === 1 ? this.#titleBody(scan, at, true) : this.#lowerRun(scan, at);
    return this.#withTrailing(scan, end);
  }

  /** `resumed`: caseless characters came before `at`, so the match can also end right there. */
  #titleBody(scan: Scan, at: number, resumed: boolean): number {
    const upperEnd = scan.run(at, UPPER);
    const end = this.#lowerRun(scan, upperEnd);
    if (end > upperEnd) return end;
    const back = this.#lastLower(scan, at, upperEnd);
    scan.phase =
      upperEnd === scan.end && this.#allCaseless(scan, at, upperEnd) && (resumed || back > at) ? 1 : 0;
    return back > at || resumed ? back : -1;
  }

  #upperBody(scan: Scan, at: number): number {
    scan.phase = 0;
    const upperEnd = scan.run(at, UPPER);
    if (upperEnd === at) return -1;
    const end = scan.run(upperEnd, LOWER);
    return end;
  }

  #lowerRun(scan: Scan, at: number): number {
    const end = scan.run(at, LOWER);
    scan.phase = end === scan.end ? 2 : 0;
    return end;
  }

  /** End of the last character of the second class in `[from, to)`; `from` when there is none. */
  #lastLower(scan: Scan, from: number, to: number): number {
    let last = from;
    for (let at = from; at < to; ) {
      const code = scan.code(at);
      at += width(code);
      if (flagsOf(code) & LOWER) last = at;
    }
    return last;
  }

  #allCaseless(scan: Scan, from: number, to: number): boolean {
    for (let at = from; at < to; ) {
      const code = scan.code(at);
      if ((flagsOf(code) & LOWER) === 0) return false;
      at += width(code);
    }
    return true;
  }

  #withTrailing(scan: Scan, end: number): number {
    if (this.#trailing === undefined) return end;
    const phase = scan.phase;
    const after = this.#trailing.match(scan, end);
    scan.phase = phase;
    return after < 0 ? end : after;
  }
}

/** The longest of some literals. */
class Literals implements Matcher {
  readonly #patterns: readonly string[];
  readonly #ignoreCase: boolean;

  constructor(patterns: readonly string[], ignoreCase: boolean) {
    this.#ignoreCase = ignoreCase;
    const folded = patterns.map((pattern) => (ignoreCase ? foldAscii(pattern) : pattern));
    this.#patterns = folded.sort((left, right) => right.length - left.length);
  }

  match(scan: Scan, at: number): number {
    for (const pattern of this.#patterns) {
      if (this.#startsWith(scan, at, pattern)) return at + pattern.length;
    }
    return -1;
  }

  resume(): number {
    return neverResumed();
  }

  #startsWith(scan: Scan, at: number, pattern: string): boolean {
    for (let index = 0; index < pattern.length; index++) {
      if (at + index >= scan.end) {
        scan.sawEnd = true;
        return false;
      }
      const unit = scan.text.charCodeAt(at + index);
      const folded = this.#ignoreCase && unit >= 0x41 && unit <= 0x5a ? unit + 0x20 : unit;
      if (folded !== pattern.charCodeAt(index)) return false;
    }
    return true;
  }
}

function foldAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** One ASCII punctuation character and ASCII letters behind it. */
const punctAsciiLetters: Matcher = {
  match(scan, at) {
    if (!isAsciiPunctuation(scan.code(at))) return -1;
    const end = this.resume(scan, at + 1, 1);
    return end > at + 1 ? end : -1;
  },
  resume(scan, at) {
    let end = at;
    for (;;) {
      const code = scan.code(end) | 0x20;
      if (code < 0x61 || code > 0x7a) break;
      end++;
    }
    scan.phase = end === scan.end ? 1 : 0;
    return end;
  },
};

export function isAsciiPunctuation(code: number): boolean {
  return (
    (code >= 0x21 && code <= 0x2f) ||
    (code >= 0x3a && code <= 0x40) ||
    (code >= 0x5b && code <= 0x60) ||
    (code >= 0x7b && code <= 0x7e)
  );
}

/** `\s*[\r\n]+`: the longest white space that ends in a newline. */
const newlineBlock: Matcher = {
  match(scan, at) {
    let last = -1;
    for (let end = at; ; end++) {
      const code = scan.code(end);
      if ((flagsOf(code) & SPACE) === 0) return last;
      if (isNewline(code)) last = end + 1;
    }
  },
  resume: neverResumed,
};

/** `\s+(?!\S)`: white space up to the end, or all but its last character. */
const trailingWhitespace: Matcher = {
  match(scan, at) {
    const run = scan.run(at, SPACE);
    const end = run === scan.end ? run : run - 1;
    return end > at ? end : -1;
  },
  resume: neverResumed,
};

const whitespaceRun: Matcher = {
  match(scan, at) {
    const end = scan.run(at, SPACE);
    return end > at ? end : -1;
  },
  resume: neverResumed,
};

/** The matcher of an op. `metaspace_split` is not an op at a position and has none. */
export function createMatcher(op: PreTokOp): Matcher {
  switch (op.op) {
    case "literals_ci":
      return new Literals(op.patterns, true);
    case "literals":
      return new Literals(op.patterns, false);
    case "letters": {
      const other = op.lead_other_class === "l_p_s" ? LETTER | PUNCTUATION | SYMBOL : LETTER | NUMBER;
      const leads = [...(op.lead_other ? [otherLead(other)] : []), ...(op.lead_space ? [spaceLead] : [])];
      return new RunMatcher(leads, op.body === "L_M" ? LETTER | MARK : LETTER);
    }
    case "letters_cased":
      return new CasedLetters(op);
    case "numbers": {
      const leads = op.lead_space ? [spaceLead] : [];
      return op.max_run ? new BoundedNumbers(leads, op.max_run) : new RunMatcher(leads, NUMBER);
    }
    case "punct_run":
      return new PunctRun(op);
    case "punct_ascii_letters":
      return punctAsciiLetters;
    case "newline_block":
      return newlineBlock;
    case "trailing_ws":
      return trailingWhitespace;
    case "ws_run":
      return whitespaceRun;
    case "metaspace_split":
      throw new CodecError("CODEC_BAD_MAP", "metaspace_split must be the only op of a version 1 program.");
  }
}
