// When is text in header position provably no header? Then it is content and can be shown at once.

import type { HarmonyDiagnosticCode } from "../errors.ts";
import type { HeaderPiece } from "./header-elements.ts";
import {
  couldBeKnownWord,
  isBareWord,
  longestHeader,
  longestWord,
  unlikelyCharacter,
} from "./header-words.ts";
import { channelToken, markerTexts } from "./tokens.ts";
import { isUnicodeSpace } from "./white-space.ts";

/** What the characters that come next belong to. */
type Place = "word" | "channel" | "constrain";

/**
 * Follows a header piece by piece. Once a reason holds it holds for everything that could follow, so the result does
 * not depend on how the text arrives.
 */
export class HeaderProof {
  private length = 0;
  private place: Place = "word";
  /** The word that may still grow. */
  private word = "";
  /** Finished words, and how many of them fit no field by themselves. */
  private words = 0;
  private bare = 0;
  private limit = 2;
  private constrained = false;
  private reason: HarmonyDiagnosticCode | undefined;
  private readonly authorFirst: boolean;

  /** @param authorFirst the first word may be the name of a tool */
  constructor(authorFirst: boolean) {
    this.authorFirst = authorFirst;
  }

  /** Why the header with this piece can be none, or undefined while it can be one. */
  add({ id, text }: Pick<HeaderPiece, "id" | "text">): HarmonyDiagnosticCode | undefined {
    if (id === -1) this.text(text);
    else this.marker(id);
    if (this.length > longestHeader) return "header-too-long";
    return this.reason ?? this.openWord();
  }

  private marker(id: number): void {
    this.length += markerTexts.get(id)!.length;
    this.endWord();
    if (id === channelToken) this.place = "channel";
    else {
      this.place = "constrain";
      this.constrained = true;
    }
  }

  private text(text: string): void {
    this.length += text.length;
    for (let at = 0; at < text.length && this.reason === undefined; at++) this.character(text[at]!);
  }

  private character(character: string): void {
    const space = isUnicodeSpace(character);
    if (this.place === "channel") {
      if (!space && character !== "<") return;
      this.place = "word";
    }
    if (space) this.endWord();
    else this.word += character;
  }

  /** The word is complete: counts it, and the next one is an ordinary word. */
  private endWord(): void {
    const { word, place } = this;
    if (word === "") {
      if (place === "channel") this.place = "word";
      return;
    }
    this.reason ??= this.check(word, false);
    if (place === "word") {
      if (this.isBare(word, false)) this.bare++;
      this.words++;
    }
    this.word = "";
    this.place = "word";
  }

  private openWord(): HarmonyDiagnosticCode | undefined {
    const { word } = this;
    if (word === "") return this.bare > this.limit ? "extra-header-words" : undefined;
    const problem = this.check(word, true);
    if (problem !== undefined) return problem;
    const bare = this.bare + (this.place === "word" && this.isBare(word, true) ? 1 : 0);
    return bare > this.limit ? "extra-header-words" : undefined;
  }

  private check(word: string, open: boolean): HarmonyDiagnosticCode | undefined {
    if (this.place === "word") {
      if (this.constrained) return "extra-header-words";
      if (word.startsWith("to=")) {
        this.limit = 1;
        return undefined;
      }
      if (open && couldBeKnownWord(word)) return undefined;
    }
    return word.length > longestWord || unlikelyCharacter.test(word) ? "invalid-header-word" : undefined;
  }

  private isBare(word: string, open: boolean): boolean {
    return !(this.authorFirst && this.words === 0) && isBareWord(word, open);
  }
}
