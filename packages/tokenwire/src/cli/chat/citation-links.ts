// Citations of browser pages in an answer that is shown as it arrives: a marker is held back until it is a link, or
// until it cannot become one.

import { type CitedPage, normalizeCitations, unfinishedCitation } from "../../tools/index.ts";

export class CitationLinks {
  readonly #pages: () => readonly CitedPage[];
  #held = "";
  /** The last character shown; a link after a word gets a space. */
  #last = "";

  constructor(pages: () => readonly CitedPage[]) {
    this.#pages = pages;
  }

  push(text: string): string {
    const buffer = this.#held + text;
    const cut = unfinishedCitation.exec(buffer)?.index ?? buffer.length;
    this.#held = buffer.slice(cut);
    return this.#show(buffer.slice(0, cut));
  }

  /** The message ends: what was held back is text after all. */
  end(): string {
    const held = this.#held;
    this.#held = "";
    const shown = this.#show(held);
    this.#last = "";
    return shown;
  }

  #show(source: string): string {
    if (source === "") return "";
    const { text } = normalizeCitations(this.#last + source, this.#pages());
    const shown = text.slice(this.#last.length);
    this.#last = Array.from(text).at(-1) ?? "";
    return shown;
  }
}
