// What a context-free grammar over characters is made of, whatever it was written in: EBNF, Lark, a regular expression.

import { TokenwireError } from "../errors.ts";

/** Code points from the first to the last. */
export type CharacterRange = readonly [first: number, last: number];

export type Expression =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "class"; readonly negated: boolean; readonly ranges: readonly CharacterRange[] }
  | { readonly kind: "rule"; readonly name: string }
  | { readonly kind: "sequence"; readonly parts: readonly Expression[] }
  | { readonly kind: "choice"; readonly options: readonly Expression[] }
  | {
      readonly kind: "repeat";
      readonly of: Expression;
      readonly least: number;
      readonly most: number | undefined;
    };

export interface Grammar {
  /** The rule that a whole text is. */
  readonly start: string;
  readonly rules: ReadonlyMap<string, Expression>;
}

/** A grammar that cannot be read, or describes nothing. Lines and columns count from 1. */
export class GrammarError extends TokenwireError {
  readonly reason: string;
  readonly line: number;
  readonly column: number;

  constructor(reason: string, line: number, column: number) {
    super("INVALID_GRAMMAR", `line ${line}, column ${column}: ${reason}`);
    this.name = "GrammarError";
    this.reason = reason;
    this.line = line;
    this.column = column;
  }

  /** For a place in a text. */
  static at(source: string, offset: number, reason: string): GrammarError {
    const before = source.slice(0, offset).split("\n");
    return new GrammarError(reason, before.length, (before.at(-1) as string).length + 1);
  }
}

export const emptyText: Expression = { kind: "text", text: "" };

export function sequence(parts: readonly Expression[]): Expression {
  return parts.length === 1
    ? (parts[0] as Expression)
    : parts.length === 0
      ? emptyText
      : { kind: "sequence", parts };
}

export function choice(options: readonly Expression[]): Expression {
  return options.length === 1 ? (options[0] as Expression) : { kind: "choice", options };
}

export function repeat(of: Expression, least: number, most?: number): Expression {
  return { kind: "repeat", of, least, most };
}

/** The expressions directly inside one. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "sequence":
      return expression.parts;
    case "choice":
      return expression.options;
    case "repeat":
      return [expression.of];
    default:
      return [];
  }
}

/** The same expression with each part directly inside changed. */
export function mapParts(expression: Expression, change: (part: Expression) => Expression): Expression {
  switch (expression.kind) {
    case "sequence":
      return { kind: "sequence", parts: expression.parts.map(change) };
    case "choice":
      return { kind: "choice", options: expression.options.map(change) };
    case "repeat":
      return { ...expression, of: change(expression.of) };
    default:
      return expression;
  }
}
