// What a normalizer is: a rewrite of text that happens before anything is split.

import {
  type AlignedText,
  AligningRewriter,
  characterLength,
  PlainRewriter,
  type Rewriter,
} from "../aligned-text.ts";
import { isSurrogate, UnitQuestion } from "./unit-question.ts";

export interface Normalizer {
  normalize(text: string): string;
  /** The same rewrite with places carried along. */
  align(text: AlignedText): AlignedText;
}

/** A normalizer that describes its rewrite once, for both uses. */
export abstract class RewritingNormalizer implements Normalizer {
  protected abstract rewrite(text: string, out: Rewriter): void;

  normalize(text: string): string {
    const out = new PlainRewriter(text);
    this.rewrite(text, out);
    return out.finish();
  }

  align(text: AlignedText): AlignedText {
    if (text.alignment === undefined) throw new RangeError("align() needs a text with its alignment");
    const out = new AligningRewriter(text, text.alignment);
    this.rewrite(text.text, out);
    return out.finish();
  }
}

/** A normalizer that maps each character by itself. */
export abstract class CharacterNormalizer extends RewritingNormalizer {
  /** What the character becomes; the same string where it stays. */
  protected abstract map(character: string): string;

  /** Whether a unit is a character that stays as it is. */
  private readonly stays = new UnitQuestion((unit) => {
    const character = String.fromCharCode(unit);
    return !isSurrogate(unit) && this.map(character) === character;
  });

  protected override rewrite(text: string, out: Rewriter): void {
    let kept = 0;
    let at = 0;
    while (at < text.length) {
      if (this.stays.holds(text.charCodeAt(at))) {
        at++;
        continue;
      }
      const end = at + characterLength(text, at);
      const character = text.slice(at, end);
      const mapped = this.map(character);
      if (mapped !== character) {
        if (kept < at) out.keep(kept, at);
        out.replace(at, end, mapped);
        kept = end;
      }
      at = end;
    }
    if (kept < at) out.keep(kept, at);
  }
}
