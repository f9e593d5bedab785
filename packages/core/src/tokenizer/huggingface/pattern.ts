// What Split and Replace look for: a literal text or a regular expression.

import { knownPattern } from "../pretokenize/patterns.ts";
import type { Scanner } from "../pretokenize/scanner.ts";
import { characterLength } from "./aligned-text.ts";
import { invalidTokenizer, unsupportedTokenizer } from "./faults.ts";
import type { JsonNode } from "./json-node.ts";
import { type RegexFlavour, translateRegex } from "./regex/translate.ts";
import { scannerPattern } from "./scanner-pattern.ts";

/** Start and end of a match, in UTF-16 units. */
export type MatchRange = readonly [start: number, end: number];

export interface Pattern {
  /** Set where the pattern is a literal text. */
  readonly literal: string | undefined;
  /** The regular expression as the file writes it, where it is one. */
  readonly source: string | undefined;
  /** Set where the expression is one of the known ones, which all cut text into matches without gaps. */
  readonly scanner?: Scanner;
  /** All matches from left to right; none overlap, an empty one never touches the match before it. */
  matches(text: string): Iterable<MatchRange>;
}

/** Reads `{"String": "…"}` or `{"Regex": "…"}`. */
export function readPattern(node: JsonNode): Pattern {
  const literal = node.child("String");
  if (!literal.isNull) return literalPattern(literal.string());
  const regex = node.child("Regex");
  if (regex.isNull) throw invalidTokenizer(node.path, 'expected {"String": …} or {"Regex": …}.');
  return regexPattern(regex.string(), regex.path);
}

export function literalPattern(literal: string): Pattern {
  return {
    literal,
    source: undefined,
    *matches(text) {
      if (literal === "") return;
      for (let at = text.indexOf(literal); at >= 0; at = text.indexOf(literal, at + literal.length)) {
        yield [at, at + literal.length];
      }
    },
  };
}

/**
 * A regular expression of another engine: the scanner of a known one, others translated. `path` names it in errors.
 *
 * @throws TokenwireError UNSUPPORTED_TOKENIZER naming the construct that has no translation
 */
export function regexPattern(source: string, path: string, flavour: RegexFlavour = "oniguruma"): Pattern {
  const known = knownPattern(source);
  if (known !== undefined) return scannerPattern(source, known.scan);
  let regex: RegExp;
  try {
    regex = new RegExp(translateRegex(source, path, flavour), "gv");
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw unsupportedTokenizer(
      path,
      `the regular expression ${JSON.stringify(source)} has no translation.`,
      cause,
    );
  }
  return {
    literal: undefined,
    source,
    // Not matchAll: it copies the expression, which takes longer than finding matches in a word.
    matches(text) {
      const ranges: MatchRange[] = [];
      let last = -1;
      regex.lastIndex = 0;
      for (let match = regex.exec(text); match !== null; match = regex.exec(text)) {
        const end = regex.lastIndex;
        if (match.index === end) {
          regex.lastIndex += characterLength(text, end);
          if (end === last) continue;
        }
        last = end;
        ranges.push([match.index, end]);
      }
      return ranges;
    },
  };
}
