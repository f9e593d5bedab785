// Character classes of Unicode 16.0.0, pinned: the engine's own `\p{…}` and `\s` follow another Unicode version and
// another definition of white space, which would change token IDs. Unassigned code points have no class here, and signs
// neither: few patterns tell them apart (sign-classes.ts).

import { characterClassFlags, characterClassRuns } from "../generated/character-classes.ts";

/** Any letter: Lu, Ll, Lt, Lm, Lo. */
export const LETTER = 1;
/** Nd, Nl, No. */
export const NUMBER = 2;
/** The White_Space property: includes U+0085, not U+FEFF. */
export const SPACE = 4;
/** Lu, Lt, Lm, Lo, M: may begin a word of mixed case. */
export const UPPER = 8;
/** Ll, Lm, Lo, M: may continue one. */
export const LOWER = 16;
/** Mn, Mc, Me. */
export const MARK = 32;

/**
 * The flags of every code point. One flat table costs one load per look-up; it is reserved but hardly touched above
 * U+32400, so it takes about 250 KB of memory.
 */
export const characterClasses: Uint8Array = expandRuns(characterClassRuns, characterClassFlags);

/** Writes runs, as generated modules have them, into a table. */
export function expandRuns(
  runs: string,
  combinations: readonly number[],
  table: Uint8Array = new Uint8Array(0x110000),
): Uint8Array {
  const recent = [...combinations];
  let codePoint = 0;
  let at = 0;
  while (at < runs.length) {
    const [flags] = recent.splice(runs.charCodeAt(at++) - 97, 1) as [number];
    recent.unshift(flags);
    let more = 0;
    for (let digit = runs.charCodeAt(at) - 48; digit >= 0 && digit <= 9; ) {
      more = more * 10 + digit;
      digit = runs.charCodeAt(++at) - 48;
    }
    const end = codePoint + 1 + more;
    if (flags !== 0) table.fill(flags, codePoint, end);
    codePoint = end;
  }
  return table;
}

/**
 * Flags and byte length of the character that starts at `position` of valid UTF-8: `flags << 3 | length`. The input
 * must be padded with at least three bytes.
 */
export function classify(bytes: Uint8Array, position: number): number {
  const lead = bytes[position]!;
  if (lead < 0x80) return (characterClasses[lead]! << 3) | 1;
  const second = bytes[position + 1]! & 0x3f;
  if (lead < 0xe0) return (characterClasses[((lead & 0x1f) << 6) | second]! << 3) | 2;
  const third = bytes[position + 2]! & 0x3f;
  if (lead < 0xf0) return (characterClasses[((lead & 0x0f) << 12) | (second << 6) | third]! << 3) | 3;
  const fourth = bytes[position + 3]! & 0x3f;
  return (characterClasses[((lead & 0x07) << 18) | (second << 12) | (third << 6) | fourth]! << 3) | 4;
}

/** The code point that starts at `position` of valid UTF-8. */
export function codePointAt(bytes: Uint8Array, position: number): number {
  const lead = bytes[position]!;
  if (lead < 0x80) return lead;
  const second = bytes[position + 1]! & 0x3f;
  if (lead < 0xe0) return ((lead & 0x1f) << 6) | second;
  const third = bytes[position + 2]! & 0x3f;
  if (lead < 0xf0) return ((lead & 0x0f) << 12) | (second << 6) | third;
  return ((lead & 0x07) << 18) | (second << 12) | (third << 6) | (bytes[position + 3]! & 0x3f);
}
