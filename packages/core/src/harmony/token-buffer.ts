// A growable sequence of token ids.

export class TokenBuffer {
  private data: Uint32Array;
  length = 0;

  constructor(capacity = 64) {
    this.data = new Uint32Array(capacity);
  }

  push(id: number): void {
    if (this.length === this.data.length) this.reserve(1);
    this.data[this.length++] = id;
  }

  append(ids: ArrayLike<number>): void {
    if (this.length + ids.length > this.data.length) this.reserve(ids.length);
    this.data.set(ids, this.length);
    this.length += ids.length;
  }

  at(index: number): number {
    return this.data[index]!;
  }

  set(index: number, id: number): void {
    this.data[index] = id;
  }

  /** A copy of the ids in [start, end). */
  slice(start = 0, end: number = this.length): Uint32Array {
    return this.data.slice(start, Math.min(end, this.length));
  }

  /** The ids in [start, end) without copying; valid until the next change. */
  view(start = 0, end: number = this.length): Uint32Array {
    return this.data.subarray(start, Math.min(end, this.length));
  }

  truncate(length: number): void {
    this.length = length;
  }

  private reserve(more: number): void {
    const data = new Uint32Array(Math.max(this.data.length * 2, this.length + more));
    data.set(this.data.subarray(0, this.length));
    this.data = data;
  }
}
