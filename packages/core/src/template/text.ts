// Strings that know where they come from. A plain JavaScript string is text from outside (messages, tools,
// arguments) and carries no flag; a `Text` is anything else: template text, or a mixture. Operations keep the flags of
// each character where characters keep their identity, and drop them where they do not.

/** The text was written by the template's author; only such text may contain control tokens. */
export const trusted = 1;
/** The text was printed inside a generation block. */
export const generated = 2;

/** The text replays what the assistant said. */
export const history = 4;
/** The mark that finds the end of a message to be continued. */
export const continuation = 8;

/** Flags of a text whose characters do not all have the same ones. */
const mixed = -1;

export type Str = string | Text;

/** Consecutive stretches of a text: stretch `i` ends before offset `ends[i]` and has `flags[i]`. */
export interface Runs {
  readonly ends: number[];
  readonly flags: number[];
}

/** A string with flags and with Jinja's *safe* property (Python's Markup). Build with `textOf`, `concat`, … */
export class Text {
  readonly value: string;
  readonly flags: number;
  readonly safe: boolean;
  /** Either the runs, or two halves from which they are computed when somebody asks: appending stays cheap. */
  private runs: Runs | null;
  private left: Str;
  private right: Str;

  constructor(value: string, flags: number, safe: boolean, runs: Runs | null, left: Str, right: Str) {
    this.value = value;
    this.flags = flags;
    this.safe = safe;
    this.runs = runs;
    this.left = left;
    this.right = right;
  }

  isMixed(): boolean {
    return this.flags === mixed;
  }

  /** The stretches of a mixed text. */
  stretches(): Runs {
    if (this.runs === null) {
      const collector = new RunCollector();
      this.visit((value, flags) => collector.add(value.length, flags));
      this.runs = collector.finish();
      this.left = "";
      this.right = "";
    }
    return this.runs;
  }

  /** Calls `each` with every stretch in order, without recursion: halves may be nested a million deep. */
  visit(each: (value: string, flags: number) => void): void {
    const pending: Str[] = [this];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (typeof next === "string") each(next, 0);
      else if (next.flags !== mixed) each(next.value, next.flags);
      else if (next.runs === null) pending.push(next.right, next.left);
      else visitRuns(next.value, next.runs, each);
    }
  }
}

function visitRuns(value: string, runs: Runs, each: (value: string, flags: number) => void): void {
  let start = 0;
  for (let at = 0; at < runs.ends.length; at++) {
    const end = runs.ends[at]!;
    each(value.slice(start, end), runs.flags[at]!);
    start = end;
  }
}

class RunCollector {
  private readonly ends: number[] = [];
  private readonly flags: number[] = [];
  private length = 0;

  add(length: number, flags: number): void {
    if (length === 0) return;
    this.length += length;
    const last = this.flags.length - 1;
    if (last >= 0 && this.flags[last] === flags) this.ends[last] = this.length;
    else {
      this.ends.push(this.length);
      this.flags.push(flags);
    }
  }

  finish(): Runs {
    return { ends: this.ends, flags: this.flags };
  }
}

export function isStr(value: unknown): value is Str {
  return typeof value === "string" || value instanceof Text;
}

/** The characters. */
export function plain(text: Str): string {
  return typeof text === "string" ? text : text.value;
}

export function isSafe(text: Str): boolean {
  return typeof text !== "string" && text.safe;
}

/** Text with the same flags everywhere. */
export function textOf(value: string, flags: number, safe: boolean): Str {
  return flags === 0 && !safe ? value : new Text(value, flags, safe, null, "", "");
}

/** Text with the given stretches. */
export function textFromRuns(value: string, runs: Runs, safe: boolean): Str {
  if (runs.ends.length <= 1) return textOf(value, runs.flags[0] ?? 0, safe);
  return new Text(value, mixed, safe, runs, "", "");
}

/** Flags that every character of `text` has. */
export function commonFlags(text: Str): number {
  if (typeof text === "string") return text === "" ? trusted | generated : 0;
  if (text.flags !== mixed) return text.flags;
  return text.stretches().flags.reduce((all, flags) => all & flags, trusted | generated);
}

/** The same text, safe or not. */
export function withSafety(text: Str, safe: boolean): Str {
  if (isSafe(text) === safe) return text;
  if (typeof text === "string") return textOf(text, 0, safe);
  if (text.flags !== mixed) return textOf(text.value, text.flags, safe);
  return textFromRuns(text.value, text.stretches(), safe);
}

/** `left` followed by `right`, each with its flags. */
export function concat(left: Str, right: Str, safe: boolean): Str {
  const leftValue = plain(left);
  const rightValue = plain(right);
  if (leftValue === "") return withSafety(right, safe);
  if (rightValue === "") return withSafety(left, safe);
  const flags = typeof left === "string" ? 0 : left.flags;
  const value = leftValue + rightValue;
  if (flags !== mixed && flags === (typeof right === "string" ? 0 : right.flags)) {
    return textOf(value, flags, safe);
  }
  return new Text(value, mixed, safe, null, left, right);
}

/** The part between two UTF-16 offsets. */
export function slice(text: Str, from: number, to: number): Str {
  if (typeof text === "string") return text.slice(from, to);
  const value = text.value.slice(from, to);
  if (text.flags !== mixed) return textOf(value, text.flags, text.safe);
  const runs = text.stretches();
  const collector = new RunCollector();
  let at = firstRunAfter(runs.ends, from);
  for (let start = from; start < to && at < runs.ends.length; at++) {
    const end = Math.min(runs.ends[at]!, to);
    collector.add(end - start, runs.flags[at]!);
    start = end;
  }
  return textFromRuns(value, collector.finish(), text.safe);
}

function firstRunAfter(ends: readonly number[], offset: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Applies a mapping that keeps characters at their place, such as a change of case. */
export function mapText(text: Str, mapping: (value: string) => string): Str {
  if (typeof text === "string") return mapping(text);
  const value = mapping(text.value);
  if (text.flags !== mixed) return textOf(value, text.flags, text.safe);
  if (value.length === text.value.length) return textFromRuns(value, text.stretches(), text.safe);
  return textOf(value, commonFlags(text), text.safe);
}
