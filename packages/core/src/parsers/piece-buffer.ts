// Text that grows by short pieces. A rope of hundreds of thousands of them costs more than the parsing, so pieces are
// joined flat in blocks of some size first.

const blockSize = 1024;

export class PieceBuffer {
  #text = "";
  #tail = "";

  get text(): string {
    if (this.#tail !== "") {
      this.#text += this.#tail;
      this.#tail = "";
    }
    return this.#text;
  }

  set text(text: string) {
    this.#text = text;
    this.#tail = "";
  }

  get isEmpty(): boolean {
    return this.#text === "" && this.#tail === "";
  }

  add(piece: string): void {
    this.#tail += piece;
    // Reading a character makes the engine flatten the tail, which is what is wanted here.
    if (this.#tail.length >= blockSize && this.#tail.charCodeAt(0) >= 0) {
      this.#text += this.#tail;
      this.#tail = "";
    }
  }
}
