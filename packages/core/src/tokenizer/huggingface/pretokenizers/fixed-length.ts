// Pieces of a fixed number of characters.

import { type AlignedText, characterLength } from "../aligned-text.ts";
import { invalidTokenizer } from "../faults.ts";
import type { JsonNode } from "../json-node.ts";
import type { PreTokenizer } from "./pre-tokenizer.ts";

export class FixedLengthPreTokenizer implements PreTokenizer {
  private readonly length: number;

  constructor(node: JsonNode) {
    const field = node.child("length");
    this.length = field.isNull ? 5 : field.index();
    if (this.length === 0) throw invalidTokenizer(field.path, "expected at least 1.");
  }

  split(piece: AlignedText, out: AlignedText[]): void {
    let start = 0;
    let at = 0;
    for (let taken = 1; at < piece.text.length; taken++) {
      at += characterLength(piece.text, at);
      if (taken % this.length === 0) {
        out.push(piece.slice(start, at));
        start = at;
      }
    }
    if (start < at) out.push(piece.slice(start, at));
  }
}
