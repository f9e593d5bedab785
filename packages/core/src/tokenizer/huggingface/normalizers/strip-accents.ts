// Combining marks removed. Nothing is decomposed: a precomposed letter keeps its accent unless NFD or NFKD ran before.

import { CharacterNormalizer } from "./normalizer.ts";

const mark = /^\p{M}$/u;

export class StripAccentsNormalizer extends CharacterNormalizer {
  protected override map(character: string): string {
    return character > "\u02ff" && mark.test(character) ? "" : character;
  }
}
