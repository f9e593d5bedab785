// Where the grapheme clusters of a text end, from the host's segmenter. It takes about a microsecond per cluster, so it
// is asked only about characters that some neighbour could join; most of a text are others.

import { isSurrogate, UnitQuestion } from "./unit-question.ts";

/** UTF-16 units given to the segmenter at once: the whole takes quadratic time. */
const windowLength = 256;

export class GraphemeClusters {
  private readonly segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });
  /** Characters that join others of their kind show it between letters. A carriage return joins a line feed. */
  private readonly alone = new UnitQuestion(
    (unit) =>
      unit !== 0x0d &&
      !isSurrogate(unit) &&
      this.startsOf(String.fromCharCode(0x61, unit, unit, 0x61)).length === 4,
  );

  /** Whether clusters surely end between two UTF-16 units for which this holds. */
  standsAlone(unit: number): boolean {
    return this.alone.holds(unit);
  }

  /** The ends of the clusters of `text` from `start`, which must be a boundary, to the first sure boundary behind it. */
  endsFrom(text: string, start: number): number[] {
    const end = this.sureBoundary(text, start);
    if (end === start + 1) return [end];
    const ends: number[] = [];
    for (let at = start, length = windowLength; ; ) {
      const window = text.slice(at, Math.min(at + length, end));
      const starts = this.startsOf(window);
      for (const index of starts.slice(1)) ends.push(at + index);
      if (at + window.length === end) return [...ends, end];
      // The last cluster may go on behind the window.
      at += starts.at(-1)!;
      length = starts.length === 1 ? 2 * length : windowLength;
    }
  }

  private startsOf(text: string): number[] {
    return Array.from(this.segmenter.segment(text), ({ index }) => index);
  }

  private sureBoundary(text: string, start: number): number {
    let before = this.standsAlone(text.charCodeAt(start));
    for (let at = start + 1; at < text.length; at++) {
      const after = this.standsAlone(text.charCodeAt(at));
      if (before && after) return at;
      before = after;
    }
    return text.length;
  }
}
