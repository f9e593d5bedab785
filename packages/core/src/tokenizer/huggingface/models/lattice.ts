// The best way to reach each place of a piece: what the Viterbi search of a Unigram model keeps. Its tables are reused
// from piece to piece.

const keptLength = 4096;

/** In the place of a token's ID: one character that no token spells. */
export const unknownCharacter = -1;

export class Lattice {
  private scores: Float64Array = new Float64Array(65);
  private startOf: Int32Array = new Int32Array(65);
  private endOf: Int32Array = new Int32Array(65);
  private idOf: Int32Array = new Int32Array(65);

  /** Forgets everything; place 0 is reached at no cost. */
  reset(length: number): void {
    if (this.scores.length <= length) {
      const size = Math.max(length + 1, Math.min(2 * length, keptLength));
      this.scores = new Float64Array(size);
      this.startOf = new Int32Array(size);
      this.endOf = new Int32Array(size);
      this.idOf = new Int32Array(size);
    }
    this.startOf.fill(-1, 0, length + 1);
    this.scores[0] = 0;
  }

  scoreAt(place: number): number {
    return this.scores[place]!;
  }

  /** Offers a token from `start` to `end`; it wins if it is strictly better than what was offered before. */
  offer(start: number, end: number, score: number, id: number): void {
    if (this.startOf[end] !== -1 && score <= this.scores[end]!) return;
    this.scores[end] = score;
    this.startOf[end] = start;
    this.idOf[end] = id;
  }

  /** Finds the best path to `length`; `next` and `tokenBefore` then follow it from place 0. */
  finish(length: number): void {
    for (let end = length; end > 0; end = this.startOf[end]!) this.endOf[this.startOf[end]!] = end;
  }

  /** The end of the token that starts at a place of the path. */
  next(place: number): number {
    return this.endOf[place]!;
  }

  /** The ID of the token that ends at a place of the path, or `unknownCharacter`. */
  tokenBefore(place: number): number {
    return this.idOf[place]!;
  }
}
