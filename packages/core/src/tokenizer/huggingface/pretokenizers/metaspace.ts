// SentencePiece's convention: spaces become a visible character, one is put in front, and words begin with it.

import { AlignedText, AligningRewriter } from "../aligned-text.ts";
import { invalidTokenizer } from "../faults.ts";
import type { JsonNode } from "../json-node.ts";
import { literalPattern } from "../pattern.ts";
import { prepend } from "./byte-level.ts";
import type { PreTokenizer } from "./pre-tokenizer.ts";
import { splitByMatches } from "./split-behavior.ts";

export const prependSchemes = ["always", "first", "never"] as const;
export type PrependScheme = (typeof prependSchemes)[number];

/** Reads `prepend_scheme`, or its predecessor `add_prefix_space`; the two must not contradict each other. */
export function readPrependScheme(node: JsonNode): PrependScheme {
  const scheme = node.child("prepend_scheme").choice(prependSchemes, "always");
  const legacy = node.child("add_prefix_space");
  if (legacy.isNull || legacy.boolean()) return scheme;
  if (!node.child("prepend_scheme").isNull && scheme !== "never") {
    throw invalidTokenizer(legacy.path, `false contradicts prepend_scheme "${scheme}".`);
  }
  return "never";
}

export class MetaspacePreTokenizer implements PreTokenizer {
  readonly replacement: string;
  readonly scheme: PrependScheme;
  readonly splits: boolean;

  constructor(replacement: string, scheme: PrependScheme, splits: boolean) {
    this.replacement = replacement;
    this.scheme = scheme;
    this.splits = splits;
  }

  static fromJson(node: JsonNode): MetaspacePreTokenizer {
    return new MetaspacePreTokenizer(
      node.child("replacement").optionalString() ?? "▁",
      readPrependScheme(node),
      node.child("split").boolean(true),
    );
  }

  split(piece: AlignedText, out: AlignedText[]): void {
    const replaced = this.replaceSpaces(piece);
    const wanted = this.scheme === "always" || (this.scheme === "first" && piece.atStart);
    const marked =
      wanted && !replaced.text.startsWith(this.replacement) ? prepend(replaced, this.replacement) : replaced;
    // Words that were cut apart before have the mark in front only.
    if (this.splits && marked.text.includes(this.replacement, 1)) {
      splitByMatches(
        marked,
        literalPattern(this.replacement).matches(marked.text),
        "MergedWithNext",
        false,
        out,
      );
    } else {
      out.push(marked);
    }
  }

  private replaceSpaces(piece: AlignedText): AlignedText {
    const { alignment, text } = piece;
    if (alignment === undefined)
      return new AlignedText(text.replaceAll(" ", this.replacement), piece.atStart);
    const out = new AligningRewriter(piece, alignment);
    let kept = 0;
    for (let at = text.indexOf(" "); at >= 0; at = text.indexOf(" ", at + 1)) {
      out.keep(kept, at);
      out.replace(at, at + 1, this.replacement);
      kept = at + 1;
    }
    out.keep(kept, text.length);
    return out.finish();
  }
}
