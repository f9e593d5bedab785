// How the alternation of matches and gaps becomes pieces.

import type { AlignedText } from "../aligned-text.ts";
import type { MatchRange } from "../pattern.ts";

export const splitBehaviors = [
  "Removed",
  "Isolated",
  "MergedWithPrevious",
  "MergedWithNext",
  "Contiguous",
] as const;

/**
 * - `Removed`: matches are dropped
 * - `Isolated`: each match and each gap is a piece
 * - `MergedWithPrevious`: a match belongs to the gap before it
 * - `MergedWithNext`: a match belongs to the gap after it
 * - `Contiguous`: neighbouring matches are one piece
 */
export type SplitBehavior = (typeof splitBehaviors)[number];

interface Part {
  start: number;
  end: number;
  readonly isMatch: boolean;
}

/** Cuts `piece` at the matches. `invert` exchanges matches and gaps. */
export function splitByMatches(
  piece: AlignedText,
  matches: Iterable<MatchRange>,
  behavior: SplitBehavior,
  invert: boolean,
  out: AlignedText[],
): void {
  if (behavior === "Isolated" || behavior === "Removed") {
    splitSimply(piece, matches, behavior === "Isolated", invert, out);
    return;
  }
  for (const { start, end } of combine(partsOf(piece.text.length, matches, invert), behavior)) {
    if (end > start) out.push(piece.slice(start, end));
  }
}

/** The two common behaviours, in one pass over the matches. */
function splitSimply(
  piece: AlignedText,
  matches: Iterable<MatchRange>,
  keepBoth: boolean,
  invert: boolean,
  out: AlignedText[],
): void {
  let at = 0;
  for (const [start, end] of matches) {
    if (start > at && (keepBoth || !invert)) out.push(piece.slice(at, start));
    if (end > start && (keepBoth || invert)) out.push(piece.slice(start, end));
    at = end;
  }
  if (at < piece.text.length && (keepBoth || !invert)) out.push(piece.slice(at, piece.text.length));
}

function partsOf(length: number, matches: Iterable<MatchRange>, invert: boolean): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const [start, end] of matches) {
    if (start > at) parts.push({ start: at, end: start, isMatch: invert });
    parts.push({ start, end, isMatch: !invert });
    at = end;
  }
  if (at < length) parts.push({ start: at, end: length, isMatch: invert });
  return parts;
}

function combine(parts: Part[], behavior: Exclude<SplitBehavior, "Isolated" | "Removed">): Part[] {
  switch (behavior) {
    case "Contiguous":
      return join(parts, (previous, part) => previous.isMatch === part.isMatch);
    case "MergedWithPrevious":
      return join(parts, (previous, part) => part.isMatch && !previous.isMatch);
    case "MergedWithNext":
      return joinFromEnd(parts);
  }
}

/** Appends a part to the one before it where `belongs` says so; the result keeps the kind of the later part. */
function join(parts: Part[], belongs: (previous: Part, part: Part) => boolean): Part[] {
  const joined: Part[] = [];
  for (const part of parts) {
    const previous = joined.at(-1);
    if (previous === undefined || !belongs(previous, part)) joined.push({ ...part });
    else joined[joined.length - 1] = { ...part, start: previous.start };
  }
  return joined;
}

function joinFromEnd(parts: Part[]): Part[] {
  const joined: Part[] = [];
  for (const part of parts.toReversed()) {
    const next = joined.at(-1);
    if (next !== undefined && part.isMatch && !next.isMatch)
      joined[joined.length - 1] = { ...part, end: next.end };
    else joined.push({ ...part });
  }
  return joined.reverse();
}
