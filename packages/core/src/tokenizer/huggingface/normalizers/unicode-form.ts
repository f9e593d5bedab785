// NFC, NFD, NFKC, NFKD, by the engine's own tables.

import type { Rewriter } from "../aligned-text.ts";
import { RewritingNormalizer } from "./normalizer.ts";

export type UnicodeForm = "NFC" | "NFD" | "NFKC" | "NFKD";

/** A character that no form changes or joins to what precedes it: anything below the combining marks. */
const beginsSegment = /^[^\p{M}\u1160-\u11ff\ud7b0-\ud7ff\uff9e\uff9f]/u;
const mayChange = /[^\p{ASCII}]/u;

export class UnicodeFormNormalizer extends RewritingNormalizer {
  private readonly form: UnicodeForm;

  constructor(form: UnicodeForm) {
    super();
    this.form = form;
  }

  override normalize(text: string): string {
    return mayChange.test(text) ? text.normalize(this.form) : text;
  }

  /** Works in segments that do not interact: a character and the marks or jamo that follow it. */
  protected override rewrite(text: string, out: Rewriter): void {
    let start = 0;
    let at = 0;
    for (const character of text) {
      if (at > start && beginsSegment.test(character)) {
        this.segment(text, start, at, out);
        start = at;
      }
      at += character.length;
    }
    if (at > start) this.segment(text, start, at, out);
  }

  private segment(text: string, start: number, end: number, out: Rewriter): void {
    const source = text.slice(start, end);
    const mapped = source.normalize(this.form);
    if (mapped === source) out.keep(start, end);
    else out.replace(start, end, mapped);
  }
}
