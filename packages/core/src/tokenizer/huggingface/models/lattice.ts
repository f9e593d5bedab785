// The best way to reach each place of a piece: what the Viterbi search of a Unigram model keeps. Its tables are reused
// from piece to piece.

/** One token of the best path. */
export interface LatticeStep {
  readonly start: number;
  readonly isUnknown: boolean;
}

const keptLength = 4096;

export class Lattice {
  private scores: Float64Array = new Float64Array(65);
  private startOf: Int32Array = new Int32Array(65);
  private unknown: Uint8Array = new Uint8Array(65);

  /** Forgets everything; place 0 is reached at no cost. */
  reset(length: number): void {
    if (this.scores.length <= length) {
      const size = Math.max(length + 1, Math.min(2 * length, keptLength));
      this.scores = new Float64Array(size);
      this.startOf = new Int32Array(size);
      this.unknown = new Uint8Array(size);
    }
    this.startOf.fill(-1, 0, length + 1);
    this.scores[0] = 0;
  }

  scoreAt(place: number): number {
    return this.scores[place]!;
  }

  /** Offers a token from `start` to `end`; it wins if it is strictly better than what was offered before. */
  offer(start: number, end: number, score: number, isUnknown: 0 | 1): void {
    if (this.startOf[end] !== -1 && score <= this.scores[end]!) return;
    this.scores[end] = score;
    this.startOf[end] = start;
    this.unknown[end] = isUnknown;
  }

  /** The tokens of the best path to `length`, in order. */
  path(length: number): LatticeStep[] {
    const steps: LatticeStep[] = [];
    for (let end = length; end > 0; end = this.startOf[end]!) {
      steps.push({ start: this.startOf[end]!, isUnknown: this.unknown[end] === 1 });
    }
    return steps.reverse();
  }
}
