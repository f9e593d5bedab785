// Classes of characters as the WebAssembly build of xgrammar enforces them. One that lists characters outside of ASCII
// matches none of those there, and other ones instead; one that excludes ASCII characters is right.

import {
  type CharacterRange,
  charactersOf,
  choice,
  type Expression,
  type Grammar,
  GrammarError,
  mapParts,
  partsOf,
  regexExpression,
  without,
} from "@tokenwire/core/grammar";
import { EngineError } from "../engine.ts";

const ascii: readonly CharacterRange[] = [[0x00, 0x7f]];
const allOutside: readonly CharacterRange[] = without([[0x80, 0x10ffff]], [[0xd800, 0xdfff]]);
/** Characters outside of ASCII that are written as alternatives. */
const maxListed = 256;

/** The same grammar in classes that are enforced as they are written. Throws `EngineError` where there are none. */
export function withExactClasses({ start, rules }: Grammar): Grammar {
  return { start, rules: new Map([...rules].map(([name, expression]) => [name, exact(expression)])) };
}

/** What is wrong with a pattern that xgrammar reads itself; undefined: nothing that is known here. */
export function wrongClass(pattern: string): string | undefined {
  if (/(?<!\\)\[\\\^/.test(pattern))
    return 'a class that begins with "\\^" cannot be enforced; write it later in the class';
  let root: Expression;
  try {
    root = regexExpression(pattern, { lazy: true });
  } catch (error) {
    if (error instanceof GrammarError) return undefined;
    throw error;
  }
  return hasPartOfUnicode(root)
    ? "a class with some characters outside ASCII cannot be enforced; list them as alternatives, or take all of them"
    : undefined;
}

function hasPartOfUnicode(expression: Expression): boolean {
  if (expression.kind !== "class") return partsOf(expression).some(hasPartOfUnicode);
  const characters = charactersOf(expression.negated, expression.ranges);
  const outside = without(characters, ascii);
  return outside.length > 0 && without(allOutside, outside).length > 0;
}

function exact(expression: Expression): Expression {
  if (expression.kind !== "class") return mapParts(expression, exact);
  const characters = charactersOf(expression.negated, expression.ranges);
  const outside = without(characters, ascii);
  const isAll = without(allOutside, outside).length === 0;
  const inside: Expression = isAll
    ? { kind: "class", negated: true, ranges: without(ascii, characters) }
    : { kind: "class", negated: false, ranges: without(characters, outside) };
  return isAll || outside.length === 0 ? inside : choice([inside, ...listed(outside)].filter(isSome));
}

function listed(ranges: readonly CharacterRange[]): Expression[] {
  const count = ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  if (count > maxListed) {
    throw new EngineError(
      "unsupported",
      `A class with ${count} characters outside ASCII cannot be enforced here; at most ${maxListed}, or all of them, can.`,
      { about: "constraint" },
    );
  }
  return ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => ({
      kind: "text" as const,
      text: String.fromCodePoint(first + index),
    })),
  );
}

function isSome(expression: Expression): boolean {
  return expression.kind !== "class" || expression.negated || expression.ranges.length > 0;
}
