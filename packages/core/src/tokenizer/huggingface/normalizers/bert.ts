// BERT's cleaning: control characters dropped, white space unified, CJK characters set apart, accents and case
// removed.

import type { AlignedText } from "../aligned-text.ts";
import type { JsonNode } from "../json-node.ts";
import { LowercaseNormalizer } from "./lowercase.ts";
import { CharacterNormalizer, type Normalizer } from "./normalizer.ts";
import { SequenceNormalizer } from "./sequence.ts";
import { UnicodeFormNormalizer } from "./unicode-form.ts";

/** Unassigned code points are not dropped, as in the reference. */
const other = /^[\p{Cc}\p{Cf}\p{Co}\p{Cs}]$/u;
const space = /^\p{White_Space}$/u;
const nonspacingMark = /^\p{Mn}$/u;

class CleanText extends CharacterNormalizer {
  protected override map(character: string): string {
    if (character === "\t" || character === "\n" || character === "\r") return " ";
    if (character === "\ufffd" || other.test(character)) return "";
    return space.test(character) ? " " : character;
  }
}

/** The ranges as BERT's implementations state them, including the odd start of the fifth. */
const cjkRanges: readonly (readonly [number, number])[] = [
  [0x4e00, 0x9fff],
  [0x3400, 0x4dbf],
  [0x20000, 0x2a6df],
  [0x2a700, 0x2b73f],
  [0x2b740, 0x2b81f],
  [0x2b920, 0x2ceaf],
  [0xf900, 0xfaff],
  [0x2f800, 0x2fa1f],
];

class SetApartCjk extends CharacterNormalizer {
  protected override map(character: string): string {
    const code = character.codePointAt(0) ?? 0;
    const isCjk = code >= 0x3400 && cjkRanges.some(([first, last]) => code >= first && code <= last);
    return isCjk ? ` ${character} ` : character;
  }
}

class DropNonspacingMarks extends CharacterNormalizer {
  protected override map(character: string): string {
    return nonspacingMark.test(character) ? "" : character;
  }
}

export interface BertNormalizerSettings {
  readonly cleanText: boolean;
  /** Puts spaces around CJK characters. */
  readonly setApartCjk: boolean;
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

export class BertNormalizer implements Normalizer {
  private readonly steps: SequenceNormalizer;

  constructor({ cleanText, setApartCjk, stripAccents, lowercase }: BertNormalizerSettings) {
    const steps: Normalizer[] = [];
    if (cleanText) steps.push(new CleanText());
    if (setApartCjk) steps.push(new SetApartCjk());
    if (stripAccents) {
      steps.push(new UnicodeFormNormalizer("NFD"), new DropNonspacingMarks());
    }
    if (lowercase) steps.push(new LowercaseNormalizer());
    this.steps = new SequenceNormalizer(steps);
  }

  static fromJson(node: JsonNode): BertNormalizer {
    const lowercase = node.child("lowercase").boolean(true);
    return new BertNormalizer({
      lowercase,
      cleanText: node.child("clean_text").boolean(true),
      setApartCjk: node.child("handle_chinese_chars").boolean(true),
      stripAccents: node.child("strip_accents").boolean(lowercase),
    });
  }

  normalize(text: string): string {
    return this.steps.normalize(text);
  }

  align(text: AlignedText): AlignedText {
    return this.steps.align(text);
  }
}
