// Finds stop strings in text that arrives in pieces. Holds back only the longest suffix that could still become a
// stop string; everything else passes at once.

/** The result of one push: text that is safe to show, and the stop string that was found, if any. */
export interface StopMatch {
  readonly text: string;
  readonly stop?: string;
}

/** Matches the stop string that is complete first; of several that end at one place, the longest. */
export class StopMatcher {
  readonly #stops: readonly string[];
  readonly #include: boolean;
  #held = "";
  #stopped = false;

  /** @param include whether the matched stop string itself stays in the text. */
  constructor(stops: readonly string[], include = false) {
    this.#stops = [...stops].sort((a, b) => b.length - a.length);
    this.#include = include;
  }

  /** Text held back so far. */
  get held(): string {
    return this.#held;
  }

  push(text: string): StopMatch {
    if (this.#stopped) return { text: "" };
    if (this.#stops.length === 0) return { text };
    const buffer = this.#held + text;
    let start = -1;
    let end = Number.POSITIVE_INFINITY;
    for (const stop of this.#stops) {
      const at = buffer.indexOf(stop);
      if (at >= 0 && (at + stop.length < end || (at + stop.length === end && at < start))) {
        start = at;
        end = at + stop.length;
      }
    }
    if (start >= 0) {
      this.#stopped = true;
      this.#held = "";
      return { text: buffer.slice(0, this.#include ? end : start), stop: buffer.slice(start, end) };
    }
    const keep = this.#heldLength(buffer);
    this.#held = buffer.slice(buffer.length - keep);
    return { text: buffer.slice(0, buffer.length - keep) };
  }

  /** What was held back: it did not become a stop string. */
  end(): string {
    const text = this.#held;
    this.#held = "";
    return text;
  }

  /** Length of the longest suffix of `buffer` that is a proper prefix of a stop string. */
  #heldLength(buffer: string): number {
    const longest = Math.min(buffer.length, this.#stops[0]!.length - 1);
    for (let length = longest; length > 0; length--) {
      const suffix = buffer.slice(buffer.length - length);
      if (this.#stops.some((stop) => stop.length > length && stop.startsWith(suffix))) return length;
    }
    return 0;
  }
}
