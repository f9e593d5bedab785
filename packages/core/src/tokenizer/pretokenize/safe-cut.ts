// Where text may be cut without changing how it is tokenized: long texts are encoded block by block, split between
// workers, and counted as they grow.

import { characterClasses, classify, SPACE } from "./character-classes.ts";
import { LINE_FEED, SPACE_BYTE } from "./scanner.ts";

/**
 * Which cuts are safe for a pattern. `"newline"`: before a space that follows a character that is not white space,
 * and after a newline that a character follows which is neither white space nor "/". `"single-newline"`: the latter
 * only if the newline is all there is of its run of white space, for patterns without an alternative for newlines.
 * `"none"`: nothing is known about the pattern.
 */
export type CutRule = "newline" | "single-newline" | "none";

const SLASH = 0x2f;

/** Start of the character before `position` in valid UTF-8. */
function previousCharacter(bytes: Uint8Array, position: number): number {
  let start = position - 1;
  while (start > 0 && (bytes[start]! & 0xc0) === 0x80) start--;
  return start;
}

function isSpace(bytes: Uint8Array, position: number): boolean {
  return ((classify(bytes, position) >> 3) & SPACE) !== 0;
}

/** Whether cutting valid UTF-8 before byte `at` (0 < at < length) leaves the pieces as they are. */
export function isSafeCut(bytes: Uint8Array, at: number, rule: CutRule): boolean {
  if (rule === "none") return false;
  const byte = bytes[at]!;
  if ((byte & 0xc0) === 0x80) return false;
  const before = previousCharacter(bytes, at);
  if (byte === SPACE_BYTE) return !isSpace(bytes, before);
  if (bytes[at - 1] !== LINE_FEED || byte === SLASH || isSpace(bytes, at)) return false;
  return rule === "newline" || (before > 0 && !isSpace(bytes, previousCharacter(bytes, before)));
}

/** The last safe cut in `bytes[0..length)` after position `from`, or 0 if there is none. */
export function lastSafeCut(bytes: Uint8Array, from: number, length: number, rule: CutRule): number {
  if (rule === "none") return 0;
  for (let at = length - 1; at > from; at--) {
    const byte = bytes[at]!;
    if ((byte === SPACE_BYTE || bytes[at - 1] === LINE_FEED) && isSafeCut(bytes, at, rule)) return at;
  }
  return 0;
}

/** As `lastSafeCut`, in UTF-16 units of a string: the last safe cut after `from`, or 0. */
export function lastSafeCutInText(text: string, from: number, rule: CutRule): number {
  if (rule === "none") return 0;
  for (let at = text.length - 1; at > from; at--) {
    const unit = text.charCodeAt(at);
    const before = text.charCodeAt(at - 1);
    if (unit === SPACE_BYTE ? !isSpaceUnit(before) : isCutAfterNewline(text, at, unit, before, rule))
      return at;
  }
  return 0;
}

function isCutAfterNewline(text: string, at: number, unit: number, before: number, rule: CutRule): boolean {
  if (before !== LINE_FEED || unit === SLASH || isSpaceUnit(unit)) return false;
  return rule === "newline" || (at > 1 && !isSpaceUnit(text.charCodeAt(at - 2)));
}

/** White space lies within the basic plane, so one UTF-16 unit tells. */
function isSpaceUnit(unit: number): boolean {
  return (characterClasses[unit]! & SPACE) !== 0;
}
