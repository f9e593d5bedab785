// Why a hunk was not found: the place it most resembles and the first line that differs there. Failed patches are
// mostly one wrong line; showing that line lets a model repair the patch without reading the file again.

import type { LineDifference, PatchCandidate, PatchSection } from "./document.ts";
import type { LineIndex } from "./line-index.ts";
import { asciiPunctuation, passes, strip, stripEnd } from "./lines.ts";

/** Lines that occur more often than this (blank lines, braces) say little about the place. */
const occurrenceLimit = 200;
const trimmedPass = 2;

/** The start that most of `wanted` agrees with, nearest to `cursor` among equals. */
export function bestCandidate(
  index: LineIndex,
  wanted: readonly string[],
  cursor: number,
): PatchCandidate | undefined {
  const votes = new Map<number, number>();
  wanted.forEach((line, offset) => {
    if (strip(line) === "") return;
    for (const found of index.occurrences(line, trimmedPass, occurrenceLimit)) {
      const start = found - offset;
      votes.set(start, (votes.get(start) ?? 0) + 1);
    }
  });
  let best: { start: number; matching: number } | undefined;
  for (const [start, matching] of votes) {
    const nearer = best !== undefined && Math.abs(start - cursor) < Math.abs(best.start - cursor);
    if (best === undefined || matching > best.matching || (matching === best.matching && nearer)) {
      best = { start, matching };
    }
  }
  return best && describe(index, wanted, best.start, best.matching);
}

function describe(
  index: LineIndex,
  wanted: readonly string[],
  start: number,
  matching: number,
): PatchCandidate {
  const offset = wanted.findIndex((line, k) => index.lines[start + k] !== line);
  const at = start + Math.max(0, offset);
  const actual = index.lines[at];
  const excerpt = [at - 1, at, at + 1]
    .filter((line) => line >= 0 && line < index.lines.length)
    .map((line) => ({ line: line + 1, text: index.lines[line]! }));
  return {
    line: Math.max(0, start) + 1,
    matchingLines: matching,
    ...(offset === -1
      ? {}
      : {
          firstDifference: {
            line: at + 1,
            expected: wanted[offset]!,
            actual: actual ?? "",
            kind: actual === undefined ? "past-end" : differenceKind(wanted[offset]!, actual),
          },
        }),
    excerpt,
  };
}

function differenceKind(expected: string, actual: string): LineDifference {
  if (stripEnd(expected) === stripEnd(actual)) return "trailing-space";
  if (strip(expected) === strip(actual)) {
    return /\t/.test(expected) !== /\t/.test(actual) ? "tabs-vs-spaces" : "indent";
  }
  if (asciiPunctuation(expected) === asciiPunctuation(actual)) return "unicode-punctuation";
  return strip(expected).toLowerCase() === strip(actual).toLowerCase() ? "case" : "different";
}

/** The candidate as text for the model. */
export function candidateText(candidate: PatchCandidate | undefined): string {
  if (candidate === undefined) return "No line of the hunk occurs in the file.";
  const parts = [`Closest place: line ${candidate.line} (${candidate.matchingLines} matching lines).`];
  const difference = candidate.firstDifference;
  if (difference !== undefined) {
    parts.push(`First difference at line ${difference.line} (${difference.kind}):`);
    parts.push(`  patch: ${JSON.stringify(difference.expected)}`);
    parts.push(
      difference.kind === "past-end"
        ? "  file:  (end of file)"
        : `  file:  ${JSON.stringify(difference.actual)}`,
    );
  }
  parts.push("The file there:", ...candidate.excerpt.map(({ line, text }) => `  ${line}: ${text}`));
  return parts.join("\n");
}

/** Whether the lines that the hunk would leave behind are in the file already. */
export function isAlreadyApplied(index: LineIndex, section: PatchSection): boolean {
  const inserted = section.lines.filter((line) => line.kind === "insert" && strip(line.text) !== "");
  if (inserted.length === 0) return false;
  const after = section.lines.filter((line) => line.kind !== "delete").map((line) => line.text);
  return index.find(after, 0, trimmedPass) !== undefined;
}

/** The lines most similar to a header, best first: by shared words. */
export function similarLines(
  index: LineIndex,
  header: string,
  limit: number,
): { line: number; text: string }[] {
  const words = new Set(strip(header).split(/\W+/).filter(Boolean));
  const normalise = passes[trimmedPass]!.normalise;
  return index.lines
    .map((text, k) => {
      const own = new Set(normalise(text).split(/\W+/).filter(Boolean));
      const shared = [...own].filter((word) => words.has(word)).length;
      return { line: k + 1, text, score: shared / Math.max(1, own.size + words.size - shared) };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.line - b.line)
    .slice(0, limit)
    .map(({ line, text }) => ({ line, text }));
}
