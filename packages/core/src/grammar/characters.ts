// Sets of characters as sorted ranges of code points that do not touch.

import type { CharacterRange } from "./expression.ts";

const lastCodePoint = 0x10ffff;
/** Halves of characters; no text has them. */
const surrogates: CharacterRange = [0xd800, 0xdfff];

/** The same set, sorted and without overlaps. */
export function normalised(ranges: readonly CharacterRange[]): CharacterRange[] {
  const result: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const previous = result.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else result.push([first, last]);
  }
  return result;
}

/** All characters but these. */
export function complement(ranges: readonly CharacterRange[]): CharacterRange[] {
  const result: CharacterRange[] = [];
  let next = 0;
  for (const [first, last] of normalised([...ranges, surrogates])) {
    if (first > next) result.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= lastCodePoint) result.push([next, lastCodePoint]);
  return result;
}

/** The characters of a class. */
export function charactersOf(negated: boolean, ranges: readonly CharacterRange[]): CharacterRange[] {
  return negated ? complement(ranges) : normalised(ranges);
}

export function without(
  ranges: readonly CharacterRange[],
  excluded: readonly CharacterRange[],
): CharacterRange[] {
  return complement([...complement(ranges), ...excluded]);
}

export function contains(ranges: readonly CharacterRange[], codePoint: number): boolean {
  return ranges.some(([first, last]) => codePoint >= first && codePoint <= last);
}
