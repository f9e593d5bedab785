// Texts of tokens as strings: joining strings that exist costs a fraction of decoding bytes anew. Bounded, because
// strings cost several times their bytes.

/** Most texts that are kept per vocabulary, about 6 MB: of the largest vocabularies, all that one program is likely to meet. */
const MAX_TEXTS = 131_072;

export class TextCache {
  /** Per ID: its text if it is kept, null if it is only a part of a character. Read by the decoder's loop. */
  readonly texts: (string | null | undefined)[];
  #size = 0;

  constructor(idCount: number) {
    this.texts = new Array(idCount).fill(undefined);
  }

  set(id: number, text: string | null): void {
    if (this.#size >= MAX_TEXTS) return;
    this.#size++;
    this.texts[id] = text;
  }
}
