// Text as the byte alphabet: each UTF-8 byte becomes one printable character.

import { bytesToAlphabet } from "../byte-alphabet.ts";
import { CharacterNormalizer } from "./normalizer.ts";

export class ByteLevelNormalizer extends CharacterNormalizer {
  protected override map(character: string): string {
    return bytesToAlphabet(character);
  }
}
