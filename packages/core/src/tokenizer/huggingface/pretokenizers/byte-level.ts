// Pieces written in the byte alphabet, after an optional leading space and an optional cut by GPT-2's pattern.

import { AlignedText, AligningRewriter } from "../aligned-text.ts";
import { bytesToAlphabet } from "../byte-alphabet.ts";
import type { JsonNode } from "../json-node.ts";
import { regexPattern } from "../pattern.ts";
import type { PreTokenizer } from "./pre-tokenizer.ts";
import { SplitPreTokenizer } from "./split.ts";

export const gpt2Pattern =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

export class ByteLevelPreTokenizer implements PreTokenizer {
  readonly addPrefixSpace: boolean;
  /** The cut before the alphabet: GPT-2's pattern, or none. */
  readonly splits: readonly SplitPreTokenizer[];

  constructor(addPrefixSpace: boolean, useRegex: boolean) {
    this.addPrefixSpace = addPrefixSpace;
    this.splits = useRegex ? [new SplitPreTokenizer(regexPattern(gpt2Pattern, "ByteLevel"), "Isolated")] : [];
  }

  static fromJson(node: JsonNode): ByteLevelPreTokenizer {
    return new ByteLevelPreTokenizer(
      node.child("add_prefix_space").boolean(true),
      node.child("use_regex").boolean(true),
    );
  }

  split(piece: AlignedText, out: AlignedText[]): void {
    const prefixed = this.addPrefixSpace && !piece.text.startsWith(" ") ? prepend(piece, " ") : piece;
    const parts: AlignedText[] = [];
    if (this.splits.length === 0) parts.push(prefixed);
    for (const split of this.splits) split.split(prefixed, parts);
    for (const part of parts) out.push(toAlphabet(part));
  }
}

/** `piece` with `prefix` in front; the prefix stands for the first character. */
export function prepend(piece: AlignedText, prefix: string): AlignedText {
  if (piece.alignment === undefined) return new AlignedText(prefix + piece.text, piece.atStart);
  const out = new AligningRewriter(piece, piece.alignment);
  out.replace(0, 0, prefix);
  out.keep(0, piece.text.length);
  return out.finish();
}

function toAlphabet(piece: AlignedText): AlignedText {
  const { alignment } = piece;
  if (alignment === undefined) return new AlignedText(bytesToAlphabet(piece.text), piece.atStart);
  const out = new AligningRewriter(piece, alignment);
  let at = 0;
  for (const character of piece.text) {
    out.replace(at, at + character.length, bytesToAlphabet(character));
    at += character.length;
  }
  return out.finish();
}
