// Holds what a decoder could not use yet. A chunk that arrives while nothing is held is read in place; otherwise it is
// appended to a buffer that doubles, so the cost of any way of cutting a stream stays linear.

/** The bytes that a decoder may read are `bytes[at … end)`. */
export class ByteQueue {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
  #owned: Uint8Array = new Uint8Array(0);

  /** Bytes not consumed yet. */
  get length(): number {
    return this.end - this.at;
  }

  /** Makes `chunk` readable behind what is held. The chunk is borrowed until `settle()`. */
  append(chunk: Uint8Array): void {
    const held = this.end - this.at;
    if (held === 0) {
      this.bytes = chunk;
      this.at = 0;
      this.end = chunk.length;
      return;
    }
    const needed = held + chunk.length;
    if (this.bytes !== this.#owned || this.end + chunk.length > this.#owned.length) this.#move(needed);
    this.#owned.set(chunk, this.end);
    this.end += chunk.length;
  }

  /** Ends the loan of the chunk: what was not consumed is copied. */
  settle(): void {
    if (this.at === this.end) {
      this.at = 0;
      this.end = 0;
      this.bytes = this.#owned;
    } else if (this.bytes !== this.#owned) {
      this.#move(this.end - this.at);
    }
  }

  clear(): void {
    this.at = this.end;
    this.settle();
  }

  /** Brings the unconsumed bytes to the front of the own buffer, which then has room for `needed`. */
  #move(needed: number): void {
    const held = this.bytes.subarray(this.at, this.end);
    const target = needed <= this.#owned.length ? this.#owned : new Uint8Array(Math.max(256, 2 * needed));
    target.set(held);
    this.#owned = target;
    this.bytes = target;
    this.end -= this.at;
    this.at = 0;
  }
}
