// Keeps the head and the tail of output that may be endless, and counts what was left out between them.

/** Collects bytes up to a limit; half of it is for the head. */
export class OutputWindow {
  readonly #headLimit: number;
  readonly #tailLimit: number;
  #head = 0;
  #tail: Uint8Array[] = [];
  #tailSize = 0;
  #omitted = 0;

  constructor(limit: number) {
    this.#headLimit = Math.ceil(limit / 2);
    this.#tailLimit = limit - this.#headLimit;
  }

  /** The part of `bytes` that belongs to the head, to be shown at once. */
  push(bytes: Uint8Array): Uint8Array {
    const shown = bytes.subarray(0, this.#headLimit - this.#head);
    this.#head += shown.length;
    const rest = bytes.slice(shown.length);
    if (rest.length > 0) this.#keep(rest);
    return shown;
  }

  /** Note and tail that follow the head. The window can be used anew. */
  end(): Uint8Array {
    const note = this.#omitted > 0 ? `\n[… ${this.#omitted} bytes omitted …]\n` : "";
    const parts = [new TextEncoder().encode(note), ...this.#tail];
    const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    let offset = 0;
    for (const part of parts) {
      all.set(part, offset);
      offset += part.length;
    }
    this.#head = 0;
    this.#tail = [];
    this.#tailSize = 0;
    this.#omitted = 0;
    return all;
  }

  #keep(bytes: Uint8Array): void {
    this.#tail.push(bytes);
    this.#tailSize += bytes.length;
    while (this.#tailSize > this.#tailLimit) {
      const first = this.#tail[0]!;
      const excess = Math.min(this.#tailSize - this.#tailLimit, first.length);
      this.#omitted += excess;
      this.#tailSize -= excess;
      if (excess === first.length) this.#tail.shift();
      else this.#tail[0] = first.subarray(excess);
    }
  }
}
