// Where text may be cut without changing how it is tokenized: long texts are encoded block by block, split between
// workers, and counted as they grow.

import { characterClasses, SPACE } from "./character-classes.ts";
import { LINE_FEED, SPACE_BYTE } from "./scanner.ts";

/**
 * Which cuts are safe for a pattern. `"newline"`: before a space that follows a character that is not white space,
 * and after a newline that a character follows which is neither white space nor "/". `"single-newline"`: the latter
 * only if the newline is all there is of its run of white space, for patterns without an alternative for newlines.
 * `"none"`: nothing is known about the pattern.
 */
export type CutRule = "newline" | "single-newline" | "none";

const SLASH = 0x2f;
const notSpace = /\S/g;

/** The last safe cut of `text` after unit `from` and before unit `to`, or 0 if there is none. */
export function lastSafeCutInText(
  text: string,
  from: number,
  rule: CutRule,
  to: number = text.length,
): number {
  if (rule === "none") return 0;
  let unit = text.charCodeAt(to - 1);
  for (let at = to - 1; at > from; at--) {
    const before = text.charCodeAt(at - 1);
    if (unit !== before && (unit === SPACE_BYTE || before === LINE_FEED) && isSafeCut(text, at, rule))
      return at;
    unit = before;
  }
  return 0;
}

/** The next safe cut of `text` after unit `from`, or its end. */
export function nextSafeCutInText(text: string, from: number, rule: CutRule): number {
  const find = (what: string, start: number): number => {
    const found = text.indexOf(what, start);
    return found < 0 ? text.length : found;
  };
  let space = from;
  let line = from;
  for (let at = from; ; ) {
    // The host finds characters faster than a loop does.
    if (space <= at) space = find(" ", at + 1);
    if (line <= at) line = find("\n", at) + 1;
    at = Math.min(space, line);
    if (at >= text.length) return text.length;
    if (isSafeCut(text, at, rule)) return at;
    // Within white space there is none. What the host takes for it is nearly the same; a cut is missed at worst.
    notSpace.lastIndex = at;
    if (!notSpace.test(text)) return text.length;
    at = Math.max(at, notSpace.lastIndex - 2);
  }
}

/** Whether cutting `text` before unit `at` (0 < at < length) leaves the pieces as they are. */
function isSafeCut(text: string, at: number, rule: CutRule): boolean {
  const unit = text.charCodeAt(at);
  const before = text.charCodeAt(at - 1);
  if (unit === SPACE_BYTE) return !isSpace(before);
  if (before !== LINE_FEED || unit === SLASH || isSpace(unit)) return false;
  return rule === "newline" || (at > 1 && !isSpace(text.charCodeAt(at - 2)));
}

/** White space lies within the basic plane, so one UTF-16 unit tells. */
function isSpace(unit: number): boolean {
  return (characterClasses[unit]! & SPACE) !== 0;
}
