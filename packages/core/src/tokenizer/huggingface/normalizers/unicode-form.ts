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
    const before = commonStart(source, mapped);
    const after = commonEnd(source.slice(before), mapped.slice(before));
    if (before > 0) out.keep(start, start + before);
    if (source !== mapped)
      out.replace(start + before, end - after, mapped.slice(before, mapped.length - after));
    if (after > 0) out.keep(end - after, end);
  }
}

/** UTF-16 units that both texts begin with; never half a surrogate pair. */
function commonStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length > 0 && length < a.length && (a.charCodeAt(length) & 0xfc00) === 0xdc00 ? length - 1 : length;
}

/** UTF-16 units that both texts end with; never half a surrogate pair. */
function commonEnd(a: string, b: string): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a.at(-1 - length) === b.at(-1 - length)) length++;
  return length > 0 && (a.charCodeAt(a.length - length) & 0xfc00) === 0xdc00 ? length - 1 : length;
}
