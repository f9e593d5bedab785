// Searches text for the first of a set of literal markers, and knows where an unfinished one may begin at the end of
// the text. One pass, longest marker first: `<|tool_call|>` is never taken for something shorter.

/** Whether a marker may match at `index`; used where markers are special tokens and look-alike text is not. */
export type MarkerCheck = (marker: string, index: number) => boolean;

/** A set of literals searched for together. Shared between parsers; only `hit` changes. */
export class MarkerSet {
  /** The markers, longest first. */
  readonly markers: readonly string[];
  /** The marker at the index that `find` returned; undefined where none was found or one may only begin. */
  hit: string | undefined;
  readonly #ascii = new Uint8Array(128);
  readonly #wide: boolean;

  constructor(markers: Iterable<string>) {
    this.markers = [...new Set(markers)]
      .filter((marker) => marker !== "")
      .sort((a, b) => b.length - a.length);
    let wide = false;
    for (const marker of this.markers) {
      const code = marker.charCodeAt(0);
      if (code < 128) this.#ascii[code] = 1;
      else wide = true;
    }
    this.#wide = wide;
  }

  /** The set with further markers. */
  with(markers: Iterable<string>): MarkerSet {
    return new MarkerSet([...this.markers, ...markers]);
  }

  /**
   * Index of the first marker at or after `from`, or where one may begin that `text` cuts off (`hit` is then
   * undefined), or `text.length`. `final`: no more text comes, so nothing can be cut off.
   */
  find(text: string, from: number, final: boolean, check?: MarkerCheck): number {
    const length = text.length;
    for (let at = from; at < length; at++) {
      const code = text.charCodeAt(at);
      if (code < 128 ? this.#ascii[code] === 0 : !this.#wide) continue;
      if (this.matchAt(text, at, final, check) !== "no") return at;
    }
    this.hit = undefined;
    return length;
  }

  /** Whether no marker can begin anywhere in `text`. */
  misses(text: string): boolean {
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code < 128 ? this.#ascii[code] !== 0 : this.#wide) return false;
    }
    return true;
  }

  /** Whether a marker stands at `at` (`hit`), may begin there, or not. */
  matchAt(text: string, at: number, final: boolean, check?: MarkerCheck): "yes" | "maybe" | "no" {
    const rest = text.length - at;
    this.hit = undefined;
    for (const marker of this.markers) {
      if (rest >= marker.length) {
        if (text.startsWith(marker, at) && (check === undefined || check(marker, at))) {
          this.hit = marker;
          return "yes";
        }
      } else if (!final && (rest === 0 || marker.startsWith(text.slice(at)))) {
        return "maybe";
      }
    }
    return "no";
  }
}
