// The tokens of a piece, in memory that is used again for the next one.

const initialSize = 64;

export class PieceTokens {
  count = 0;
  ids: Int32Array = new Int32Array(initialSize);
  /** The ranges that the tokens stand for, in UTF-16 units of the piece. */
  starts: Int32Array = new Int32Array(initialSize);
  ends: Int32Array = new Int32Array(initialSize);

  clear(): void {
    this.count = 0;
  }

  add(id: number, start: number, end: number): void {
    if (this.count === this.ids.length) this.grow();
    this.ids[this.count] = id;
    this.starts[this.count] = start;
    this.ends[this.count++] = end;
  }

  private grow(): void {
    this.ids = doubled(this.ids);
    this.starts = doubled(this.starts);
    this.ends = doubled(this.ends);
  }
}

function doubled(values: Int32Array): Int32Array {
  const wide = new Int32Array(values.length * 2);
  wide.set(values);
  return wide;
}
