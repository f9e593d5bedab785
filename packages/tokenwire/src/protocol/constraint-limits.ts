// Bounds on what a client may make an engine compile: alternatives, grammars and regular expressions that are short as
// text can be enormous as automata, and are compiled at once.

import { invalidRequest } from "./api-error.ts";
import type { OutputConstraint } from "./generation.ts";

const maxChoices = 1_000;
const maxChoiceCharacters = 16 * 1024;
const maxSource = 16 * 1024;
/** Parts of a pattern or a grammar with its repetitions written out. */
export const maxExpansion = 20_000;

/** Raises 400 for a constraint beyond the bounds. `field` is the one that holds it. */
export function checkConstraintSize(constraint: OutputConstraint, field: string): void {
  if (constraint.kind === "choice") checkChoices(constraint.choices, field);
  else if (constraint.kind === "regex") checkPattern(constraint.pattern, field);
  else if (constraint.kind === "grammar") checkLength(constraint.source, field);
}

function checkChoices(choices: readonly string[], field: string): void {
  const characters = choices.reduce((sum, choice) => sum + choice.length, 0);
  if (choices.length > maxChoices || characters > maxChoiceCharacters) {
    throw invalidRequest(
      field,
      `${field}: at most ${maxChoices} choices of ${maxChoiceCharacters} characters together are allowed, got ${choices.length} of ${characters}.`,
    );
  }
}

/** Raises 400 for a source text that is too long. */
export function checkLength(source: string, field: string): void {
  if (source.length <= maxSource) return;
  throw invalidRequest(field, `${field}: at most ${maxSource} characters are allowed, got ${source.length}.`);
}

/** Raises 400 for a regular expression that is long, or would be with its repetitions written out. */
export function checkPattern(pattern: string, field: string): void {
  checkLength(pattern, field);
  const size = expandedSize(pattern);
  if (size <= maxExpansion) return;
  throw invalidRequest(
    field,
    `${field}: the regular expression has about ${size} parts when its repetitions are written out; at most ${maxExpansion} are allowed.`,
  );
}

/** About how many single characters and classes a pattern has when `{n,m}` is written out. */
function expandedSize(pattern: string): number {
  const outer: number[] = [];
  let total = 0;
  let last = 0;
  const token = /\\.|\[(?:\\.|[^\]\\])*\]|\{(\d+)(?:,(\d*))?\}|[\s\S]/gu;
  for (const [text, least, most] of pattern.matchAll(token)) {
    if (text === "(") {
      outer.push(total);
      total = 0;
      last = 0;
    } else if (text === ")") {
      last = total;
      total += outer.pop() ?? 0;
    } else if (least !== undefined) {
      const times = Math.max(1, Number(least), Number(most || 0));
      total += last * (times - 1);
      last *= times;
    } else {
      last = 1;
      total++;
    }
  }
  return total;
}
