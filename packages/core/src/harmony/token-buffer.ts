// A growable sequence of token ids, whose beginning may be missing.

export class TokenBuffer {
  private data: Uint32Array;
  private count = 0;
  /** Number of ids before the first one held. */
  readonly base: number;

  /** @param capacity at first; arrays of 16 ids and less lie on V8's own heap, which takes a third of the memory */
  constructor(capacity = 16, base = 0) {
    this.data = new Uint32Array(capacity);
    this.base = base;
  }

  /** Number of ids, missing ones included. */
  get length(): number {
    return this.base + this.count;
  }

  push(id: number): void {
    if (this.count === this.data.length) this.reserve(1);
    this.data[this.count++] = id;
  }

  append(ids: ArrayLike<number>): void {
    if (ids.length === 1) {
      this.push(ids[0]!);
      return;
    }
    if (this.count + ids.length > this.data.length) this.reserve(ids.length);
    this.data.set(ids, this.count);
    this.count += ids.length;
  }

  /** A copy of the ids in [start, end), as far as they are held. */
  slice(start = 0, end: number = this.length): Uint32Array {
    return this.view(start, end).slice();
  }

  /** The ids in [start, end) without copying; valid until the next change. */
  view(start = 0, end: number = this.length): Uint32Array {
    const { base } = this;
    return this.data.subarray(Math.max(start - base, 0), Math.max(Math.min(end - base, this.count), 0));
  }

  truncate(length: number): void {
    this.count = Math.max(length - this.base, 0);
  }

  private reserve(more: number): void {
    const data = new Uint32Array(Math.max(this.data.length * 2, this.count + more));
    data.set(this.data.subarray(0, this.count));
    this.data = data;
  }
}
