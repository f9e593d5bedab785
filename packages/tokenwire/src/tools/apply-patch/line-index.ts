// Searching a sequence of lines in a file. Lines are interned to integers once per pass and searched with
// Knuth–Morris–Pratt, so that a search is linear in the file whatever it holds.

import { passes } from "./lines.ts";

export interface LineMatch {
  /** 0-based index of the first matching line. */
  readonly index: number;
  readonly fuzz: number;
}

interface Pass {
  readonly ids: Map<string, number>;
  readonly lines: Int32Array;
}

/** An immutable index over a file's lines. */
export class LineIndex {
  readonly lines: readonly string[];
  readonly #passes: (Pass | undefined)[] = [];

  constructor(lines: readonly string[]) {
    this.lines = lines;
  }

  /** First place at or after `from` where `wanted` stands, in the strictest pass that finds it. */
  find(wanted: readonly string[], from: number, passCount: number = passes.length): LineMatch | undefined {
    if (wanted.length === 0) return { index: from, fuzz: 0 };
    for (let pass = 0; pass < passCount; pass += 1) {
      const index = this.#search(pass, wanted, from).next();
      if (!index.done) return { index: index.value, fuzz: passes[pass]!.fuzz };
    }
    return undefined;
  }

  /** Whether `wanted` stands exactly at `index`, and in which pass. */
  matchAt(
    wanted: readonly string[],
    index: number,
    passCount: number = passes.length,
  ): LineMatch | undefined {
    if (index < 0 || index + wanted.length > this.lines.length) return undefined;
    for (let pass = 0; pass < passCount; pass += 1) {
      const { normalise, fuzz } = passes[pass]!;
      const equal = wanted.every((line, k) => normalise(line) === normalise(this.lines[index + k]!));
      if (equal) return { index, fuzz };
    }
    return undefined;
  }

  /** All exact places, at most `limit`. */
  findAll(wanted: readonly string[], limit: number): number[] {
    const found: number[] = [];
    if (wanted.length === 0) return found;
    for (const index of this.#search(0, wanted, 0)) {
      found.push(index);
      if (found.length === limit) break;
    }
    return found;
  }

  /** Indexes of the lines equal to `line` in a pass, at most `limit`. */
  occurrences(line: string, pass: number, limit: number): number[] {
    const { ids, lines } = this.#pass(pass);
    const id = ids.get(passes[pass]!.normalise(line));
    const found: number[] = [];
    if (id === undefined) return found;
    for (
      let index = lines.indexOf(id);
      index !== -1 && found.length < limit;
      index = lines.indexOf(id, index + 1)
    ) {
      found.push(index);
    }
    return found;
  }

  #pass(pass: number): Pass {
    const known = this.#passes[pass];
    if (known !== undefined) return known;
    const { normalise } = passes[pass]!;
    const ids = new Map<string, number>();
    const lines = new Int32Array(this.lines.length);
    this.lines.forEach((line, index) => {
      const key = normalise(line);
      const id = ids.get(key) ?? ids.size;
      ids.set(key, id);
      lines[index] = id;
    });
    const made = { ids, lines };
    this.#passes[pass] = made;
    return made;
  }

  *#search(pass: number, wanted: readonly string[], from: number): Generator<number, undefined> {
    const { ids, lines } = this.#pass(pass);
    const { normalise } = passes[pass]!;
    const pattern = wanted.map((line) => ids.get(normalise(line)) ?? -1);
    if (pattern.includes(-1)) return undefined;
    const failure = failureFunction(pattern);
    let matched = 0;
    for (let index = from; index < lines.length; index += 1) {
      while (matched > 0 && lines[index] !== pattern[matched]) matched = failure[matched - 1]!;
      if (lines[index] === pattern[matched]) matched += 1;
      if (matched === pattern.length) {
        yield index - pattern.length + 1;
        matched = failure[matched - 1]!;
      }
    }
    return undefined;
  }
}

/** For each prefix of the pattern, the length of its longest proper prefix that is also its suffix. */
function failureFunction(pattern: readonly number[]): Int32Array {
  const failure = new Int32Array(pattern.length);
  let length = 0;
  for (let index = 1; index < pattern.length; index += 1) {
    while (length > 0 && pattern[index] !== pattern[length]) length = failure[length - 1]!;
    if (pattern[index] === pattern[length]) length += 1;
    failure[index] = length;
  }
  return failure;
}
