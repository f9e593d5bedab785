// Lower case, each character by itself: without context a final sigma stays as it is in the middle of a word.

import { CharacterNormalizer } from "./normalizer.ts";

const ascii = /^\p{ASCII}*$/u;

export class LowercaseNormalizer extends CharacterNormalizer {
  override normalize(text: string): string {
    return ascii.test(text) ? text.toLowerCase() : super.normalize(text);
  }

  protected override map(character: string): string {
    return character.toLowerCase();
  }
}
