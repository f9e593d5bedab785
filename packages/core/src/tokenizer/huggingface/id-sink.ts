// Where the IDs of a text go: into a list, or only into a count.

export interface IdSink {
  /** Takes `count` of `ids`, from index `from` on (default: 0). False: enough, stop encoding. */
  add(ids: ArrayLike<number>, count: number, from?: number): boolean;
}

export class IdList implements IdSink {
  private ids: Uint32Array = new Uint32Array(256);
  private size = 0;

  add(ids: ArrayLike<number>, count: number, from = 0): boolean {
    const needed = this.size + count;
    if (needed > this.ids.length) {
      const grown = new Uint32Array(Math.max(needed, this.ids.length * 2));
      grown.set(this.ids.subarray(0, this.size));
      this.ids = grown;
    }
    for (let i = 0; i < count; i++) this.ids[this.size + i] = ids[from + i]!;
    this.size = needed;
    return true;
  }

  finish(): Uint32Array {
    return this.ids.slice(0, this.size);
  }
}

export class IdCount implements IdSink {
  count = 0;
  private readonly limit: number;

  constructor(limit: number = Number.POSITIVE_INFINITY) {
    this.limit = limit;
  }

  add(_ids: ArrayLike<number>, count: number): boolean {
    this.count += count;
    return this.count <= this.limit;
  }
}
