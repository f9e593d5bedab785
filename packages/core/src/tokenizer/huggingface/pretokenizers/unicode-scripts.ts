// Cuts where the script changes. Japanese syllabaries count as Han, a space belongs to any script.

import type { AlignedText } from "../aligned-text.ts";
import type { PreTokenizer } from "./pre-tokenizer.ts";

/** Scripts worth telling apart by name; a character of another script is told apart by its own property test. */
const scripts: readonly (readonly [name: string, test: RegExp])[] = [
  "Latin Han Hiragana Katakana Common Inherited Cyrillic Arabic Greek Hebrew Hangul Devanagari Thai Bengali Tamil",
  "Telugu Gujarati Gurmukhi Kannada Malayalam Oriya Sinhala Lao Tibetan Myanmar Georgian Armenian Ethiopic Khmer",
  "Mongolian Cherokee Canadian_Aboriginal Ogham Runic Yi Syriac Thaana Coptic Gothic Tifinagh Nko Bopomofo Braille",
  "Glagolitic Vai Cuneiform Egyptian_Hieroglyphs Adlam Balinese Javanese Sundanese Cham Lepcha Limbu Tai_Le",
]
  .flatMap((line) => line.split(" "))
  .map((name) => [name, new RegExp(`^\\p{Script=${name}}`, "u")] as const);

const asHan = new Set(["Hiragana", "Katakana", "Han"]);

/** The script of a character; undefined for a space, which never cuts. */
function scriptOf(character: string): string | undefined {
  if (character === " ") return undefined;
  if (character === "ー") return "Han";
  const name = scripts.find(([, test]) => test.test(character))?.[0] ?? "Unknown";
  return asHan.has(name) ? "Han" : name;
}

export class UnicodeScriptsPreTokenizer implements PreTokenizer {
  split(piece: AlignedText, out: AlignedText[]): void {
    let start = -1;
    let current: string | undefined;
    let at = 0;
    for (const character of piece.text) {
      const script = scriptOf(character);
      if (script !== undefined && script !== current) {
        if (start >= 0) out.push(piece.slice(start, at));
        // Spaces before the first scripted character are dropped, as the reference does.
        start = at;
        current = script;
      }
      at += character.length;
    }
    if (start >= 0) out.push(piece.slice(start, at));
  }
}
