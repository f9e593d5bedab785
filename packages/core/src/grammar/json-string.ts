// A grammar for what stands between the quotes of a JSON string whose value is a text of another grammar.

import { charactersOf, contains, without } from "./characters.ts";
import {
  type CharacterRange,
  choice,
  type Expression,
  type Grammar,
  mapParts,
  partsOf,
} from "./expression.ts";

/** What JSON does not let stand in a string as it is. */
const escapedCharacters: readonly CharacterRange[] = [
  [0x00, 0x1f],
  [0x22, 0x22],
  [0x5c, 0x5c],
];

/** The same grammar with each text as `JSON.stringify` writes it, without the quotes around it. */
export function insideJsonString({ start, rules }: Grammar): Grammar {
  return { start, rules: new Map([...rules].map(([name, expression]) => [name, written(expression)])) };
}

/** Whether every text of a grammar is the same inside of a JSON string. */
export function isSameInsideJsonString({ rules }: Grammar): boolean {
  return [...rules.values()].every(isUnescaped);
}

function isUnescaped(expression: Expression): boolean {
  if (expression.kind === "text") return escapeText(expression.text) === expression.text;
  if (expression.kind !== "class") return partsOf(expression).every(isUnescaped);
  const characters = charactersOf(expression.negated, expression.ranges);
  return without(escapedCharacters, without(escapedCharacters, characters)).length === 0;
}

function written(expression: Expression): Expression {
  if (expression.kind === "text") return { kind: "text", text: escapeText(expression.text) };
  if (expression.kind === "class") return writtenClass(charactersOf(expression.negated, expression.ranges));
  return mapParts(expression, written);
}

function writtenClass(characters: readonly CharacterRange[]): Expression {
  const plain = without(characters, escapedCharacters);
  const escapes = escapedCharacters.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index).filter((code) =>
      contains(characters, code),
    ),
  );
  return choice([
    ...(plain.length > 0 || escapes.length === 0
      ? [{ kind: "class", negated: false, ranges: plain } as const]
      : []),
    ...escapes.map((code) => ({ kind: "text", text: escapeText(String.fromCharCode(code)) }) as const),
  ]);
}

/** `JSON.stringify` escapes halves of characters too; no text of a grammar has them. */
function escapeText(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
