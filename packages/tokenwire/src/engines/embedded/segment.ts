// How the embedded model cuts bytes into the rows of its small table. The cut depends only on the bytes, never on how
// the caller's tokens lay, so a word looks the same to the model in prose, in JSON and after a space: that is what
// lets it copy words that it has never seen.

const letters = "A-Za-z\\x80-\\xff";

/** Words with the space before them, runs of digits, runs of anything else. One character is one byte. */
export const chunkPattern: RegExp = new RegExp(
  `\\x20?[${letters}]+|[0-9]+|(?:(?!\\x20[${letters}])[^0-9${letters}])+`,
  "g",
);

/** Cached chunks; the cache is emptied when it grows past this. */
const cacheLimit = 20_000;

/** Cuts bytes into rows: known words whole, unknown ones as a space and the longest known pieces. */
export class Segmenter {
  readonly #rows: ReadonlyMap<string, number>;
  readonly #longest: number;
  readonly #cache = new Map<string, readonly number[]>();

  /**
   * @param rows bytes of each ordinary row, one character per byte, with the row's number. All 256 single bytes must
   *   be there, so that every input can be cut.
   */
  constructor(rows: ReadonlyMap<string, number>) {
    this.#rows = rows;
    this.#longest = [...rows.keys()].reduce((longest, bytes) => Math.max(longest, bytes.length), 0);
  }

  /** Appends the rows of `bytes` (one character per byte) to `out`. */
  segment(bytes: string, out: number[]): void {
    for (const [chunk] of bytes.matchAll(chunkPattern)) {
      let rows = this.#cache.get(chunk);
      if (rows === undefined) {
        rows = this.#segmentChunk(chunk);
        if (this.#cache.size >= cacheLimit) this.#cache.clear();
        this.#cache.set(chunk, rows);
      }
      for (const row of rows) out.push(row);
    }
  }

  #segmentChunk(chunk: string): readonly number[] {
    const whole = this.#rows.get(chunk);
    if (whole !== undefined) return [whole];
    const out: number[] = [];
    let at = 0;
    if (chunk.length > 1 && chunk.startsWith(" ") && !/^[^\w\x80-\xff]/.test(chunk.slice(1))) {
      this.#push(" ", out);
      at = 1;
    }
    // Long numbers go digit by digit: a cut into pairs would depend on the length.
    const longest = /^[0-9]/.test(chunk) ? 1 : this.#longest;
    while (at < chunk.length) at += this.#push(chunk.slice(at, at + longest), out);
    return out;
  }

  /** Pushes the longest row that begins `text`; returns its length. */
  #push(text: string, out: number[]): number {
    for (let length = text.length; length > 0; length--) {
      const row = this.#rows.get(text.slice(0, length));
      if (row !== undefined) {
        out.push(row);
        return length;
      }
    }
    throw new RangeError(`No row for byte ${text.charCodeAt(0)}: the table must hold all 256 bytes`);
  }
}
