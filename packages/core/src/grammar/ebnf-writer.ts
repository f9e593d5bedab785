// Grammars in the EBNF that llama.cpp and XGrammar both read. Names keep to letters, digits and "-", as llama.cpp wants.
// https://github.com/ggml-org/llama.cpp/tree/master/grammars

import { contains } from "./characters.ts";
import type { CharacterRange, Expression, Grammar } from "./expression.ts";

/** The grammar, its start first as `root`. */
export function writeEbnf({ start, rules }: Grammar): string {
  const names = new Map(
    [...rules.keys()].map((name, index) => [name, name === start ? "root" : ruleName(name, index)]),
  );
  const order = [start, ...[...rules.keys()].filter((name) => name !== start)];
  return order
    .map((name) => `${names.get(name)} ::= ${new Writer(names).write(rules.get(name) as Expression)}`)
    .join("\n");
}

/** One expression, its rules under their own names. */
export function writeExpression(expression: Expression): string {
  return new Writer(new Map()).write(expression);
}

/** Different for different indexes, whatever the names are. */
function ruleName(name: string, index: number): string {
  return `r${index}-${name.replace(/[^A-Za-z0-9]+/g, "-")}`;
}

class Writer {
  readonly #names: ReadonlyMap<string, string>;

  constructor(names: ReadonlyMap<string, string>) {
    this.#names = names;
  }

  write(expression: Expression): string {
    switch (expression.kind) {
      case "text":
        return quoted(expression.text);
      case "class":
        return classText(expression.negated, expression.ranges);
      case "rule":
        return this.#names.get(expression.name) ?? expression.name;
      case "sequence":
        return expression.parts.map((part) => this.#inside(part, part.kind === "choice")).join(" ");
      case "choice":
        return expression.options.map((option) => this.write(option)).join(" | ");
      case "repeat":
        return (
          this.#inside(expression.of, isCompound(expression.of)) + times(expression.least, expression.most)
        );
    }
  }

  #inside(expression: Expression, inParentheses: boolean): string {
    const text = this.write(expression);
    return inParentheses ? `(${text})` : text;
  }
}

function isCompound({ kind }: Expression): boolean {
  return kind === "sequence" || kind === "choice" || kind === "repeat";
}

function times(least: number, most: number | undefined): string {
  if (most === undefined) return least === 0 ? "*" : least === 1 ? "+" : `{${least},}`;
  if (least === most) return `{${least}}`;
  return least === 0 && most === 1 ? "?" : `{${least},${most}}`;
}

/** A text in quotes. */
export function quoted(text: string): string {
  return `"${Array.from(text, (character) => escaped(character, '"')).join("")}"`;
}

const caret = 0x5e;
const hyphen = 0x2d;

/** Neither "^" nor "-" can be escaped everywhere, so they stand where they mean themselves. */
function classText(negated: boolean, ranges: readonly CharacterRange[]): string {
  const plain = ranges.flatMap(withoutEnds).map(rangeText).join("");
  const signs = [caret, hyphen].filter((code) => contains(ranges, code) && !isWithin(ranges, code));
  if (!negated && plain === "") return signs.length === 2 ? "[-^]" : quoted(String.fromCharCode(...signs));
  return `[${negated ? "^" : ""}${plain}${String.fromCharCode(...signs)}]`;
}

/** A range with its ends moved inwards where they are one of the two. */
function withoutEnds([first, last]: CharacterRange): readonly CharacterRange[] {
  const isSign = (code: number): boolean => code === caret || code === hyphen;
  const from = isSign(first) ? first + 1 : first;
  const to = isSign(last) ? last - 1 : last;
  return from > to ? [] : [[from, to]];
}

/** Whether a range has it and is not written without it. */
function isWithin(ranges: readonly CharacterRange[], code: number): boolean {
  return ranges.some(([first, last]) => first < code && code < last);
}

function rangeText([first, last]: CharacterRange): string {
  const text = (code: number): string => escaped(String.fromCodePoint(code), "][");
  return first === last ? text(first) : `${text(first)}-${text(last)}`;
}

/** A character inside quotes or brackets. (After `\x` XGrammar reads as many digits as there are.) */
function escaped(character: string, special: string): string {
  const code = character.codePointAt(0) as number;
  if (special.includes(character) || character === "\\") return `\\${character}`;
  const isVisible = code >= 0x20 && code !== 0x7f && (code < 0xd800 || code > 0xdfff);
  return isVisible ? character : `\\u${code.toString(16).padStart(4, "0")}`;
}
