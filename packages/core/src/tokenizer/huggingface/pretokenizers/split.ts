// Cuts at the matches of a text or a regular expression, or of a set of characters.

import type { AlignedText } from "../aligned-text.ts";
import type { JsonNode } from "../json-node.ts";
import { literalPattern, type Pattern, readPattern, regexPattern } from "../pattern.ts";
import type { PreTokenizer } from "./pre-tokenizer.ts";
import { type SplitBehavior, splitBehaviors, splitByMatches } from "./split-behavior.ts";

export class SplitPreTokenizer implements PreTokenizer {
  readonly pattern: Pattern;
  readonly behavior: SplitBehavior;
  readonly invert: boolean;

  constructor(pattern: Pattern, behavior: SplitBehavior, invert = false) {
    this.pattern = pattern;
    this.behavior = behavior;
    this.invert = invert;
  }

  static fromJson(node: JsonNode): SplitPreTokenizer {
    return new SplitPreTokenizer(
      readPattern(node.child("pattern")),
      node.child("behavior").choice(splitBehaviors),
      node.child("invert").boolean(false),
    );
  }

  split(piece: AlignedText, out: AlignedText[]): void {
    splitByMatches(piece, this.pattern.matches(piece.text), this.behavior, this.invert, out);
  }
}

/** `Whitespace`: words and runs of anything else that is not white space. */
export function whitespace(): SplitPreTokenizer {
  return new SplitPreTokenizer(regexPattern("\\w+|[^\\w\\s]+", "Whitespace"), "Removed", true);
}

/** `WhitespaceSplit`: whatever stands between white space. */
export function whitespaceSplit(): SplitPreTokenizer {
  return new SplitPreTokenizer(regexPattern("\\s+", "WhitespaceSplit"), "Removed");
}

const punctuationPattern = "[\\p{P}!-/:-@\\[-`{-~]";

/** `Punctuation`: Unicode punctuation and all of ASCII's. */
export function punctuation(node: JsonNode): SplitPreTokenizer {
  const behavior = node.child("behavior").choice(splitBehaviors, "Isolated");
  return new SplitPreTokenizer(regexPattern(punctuationPattern, "Punctuation"), behavior);
}

/** `Digits`: numbers, each digit by itself or runs of them. */
export function digits(node: JsonNode): SplitPreTokenizer {
  const individual = node.child("individual_digits").boolean(false);
  return new SplitPreTokenizer(regexPattern("\\p{N}", "Digits"), individual ? "Isolated" : "Contiguous");
}

/** `CharDelimiterSplit`: whatever stands between one character. */
export function charDelimiterSplit(node: JsonNode): SplitPreTokenizer {
  return new SplitPreTokenizer(literalPattern(node.child("delimiter").string()), "Removed");
}

/** `BertPreTokenizer`: white space dropped, punctuation by itself. */
export function bertPreTokenizer(): PreTokenizer[] {
  return [
    whitespaceSplit(),
    new SplitPreTokenizer(regexPattern(punctuationPattern, "BertPreTokenizer"), "Isolated"),
  ];
}
