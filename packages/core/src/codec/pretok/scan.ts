// A position in text that knows whether a decision depended on where the text ends. That is what tells pieces that can
// no longer change from pieces that more text might.

import { characterClasses } from "../../tokenizer/index.ts";

/** What an op looks at. `end` is the end of the input (or of the piece that a stage splits). */
export class Scan {
  text = "";
  end = 0;
  /** Something was, or could have been, decided by the text ending at `end`. */
  sawEnd = false;
  /**
   * Not 0 when the last match is a run up to `end` that can only grow: the phase to resume it with, which means
   * something to the op that matched.
   */
  phase = 0;

  set(text: string, end: number): void {
    this.text = text;
    this.end = end;
    this.sawEnd = false;
    this.phase = 0;
  }

  /** The code point at `at`; -1, having seen the end, behind the last. */
  code(at: number): number {
    if (at >= this.end) {
      this.sawEnd = true;
      return -1;
    }
    const unit = this.text.charCodeAt(at);
    if (unit < 0xd800 || unit > 0xdbff) return unit;
    if (at + 1 >= this.end) {
      this.sawEnd = true;
      return unit;
    }
    return this.text.codePointAt(at)!;
  }

  /** The end of the run of characters that have one of `flags`, from `at` on. */
  run(at: number, flags: number): number {
    let to = at;
    for (;;) {
      const code = this.code(to);
      if (code < 0 || (characterClasses[code]! & flags) === 0) return to;
      to += width(code);
    }
  }

  /** The end of the run of characters that have none of `flags`. */
  runWithout(at: number, flags: number): number {
    let to = at;
    for (;;) {
      const code = this.code(to);
      if (code < 0 || (characterClasses[code]! & flags) !== 0) return to;
      to += width(code);
    }
  }
}

export function width(code: number): 1 | 2 {
  return code > 0xffff ? 2 : 1;
}

export function flagsOf(code: number): number {
  return code < 0 ? 0 : characterClasses[code]!;
}
