// The cleaning of Google's NMT models: some control characters dropped, unusual spaces made plain.

import { CharacterNormalizer } from "./normalizer.ts";

const spaces = new Set("\t\n\f\r\u1680\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u2581\ufeff\ufffd");
/** The C0 controls that are left, U+007F, U+008F and U+009F. U+0000 stays. */
const dropped = new Set([...range(1, 8), 0x0b, ...range(0x0e, 0x1f), 0x7f, 0x8f, 0x9f]);

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

export class NmtNormalizer extends CharacterNormalizer {
  protected override map(character: string): string {
    if (spaces.has(character)) return " ";
    return dropped.has(character.codePointAt(0) ?? 0) ? "" : character;
  }
}
