// Citations of browser pages in streamed text: a marker is held back until it is complete, then sent as one link with
// its annotation. Concatenated, the text is the same however it was cut.

import type { ChoiceEvent, ResponseEncoder, ResponseEvent } from "../../../protocol/index.ts";
import { type CitedPage, normalizeCitations } from "../../../tools/index.ts";

type TextEvent = Extract<ChoiceEvent, { type: "text" }>;
type Entries = NonNullable<TextEvent["logprobs"]>;

/** A marker that may still become a citation. Longer ones are plain text. */
const unfinished = /【(?:\d{1,6}(?:†[^†】]{0,200}(?:†[^†】]{0,400})?)?)?$/;

export class CitationStream {
  readonly #encoder: ResponseEncoder;
  readonly #pages: () => readonly CitedPage[];
  #held = "";
  #logprobs: Entries[number][] = [];
  /** The last character sent of the open message; it decides about the space before a link. */
  #last = "";
  /** Code points sent of the open message. */
  #length = 0;

  constructor(encoder: ResponseEncoder, pages: () => readonly CitedPage[]) {
    this.#encoder = encoder;
    this.#pages = pages;
  }

  push({ text, logprobs = [] }: TextEvent): ResponseEvent[] {
    this.#logprobs.push(...logprobs);
    const buffer = this.#held + text;
    const cut = unfinished.exec(buffer)?.index ?? buffer.length;
    this.#held = buffer.slice(cut);
    return this.#send(buffer.slice(0, cut));
  }

  /** The message ends: what was held back is text after all. */
  end(): ResponseEvent[] {
    const held = this.#held;
    this.#held = "";
    const events = this.#send(held);
    this.#last = "";
    this.#length = 0;
    return events;
  }

  #send(source: string): ResponseEvent[] {
    if (source === "") return [];
    // The character before belongs to the text, so that a link after a word gets its space.
    const { text, annotations } = normalizeCitations(this.#last + source, this.#pages());
    const points = Array.from(text);
    const seen = this.#last === "" ? 0 : 1;
    const offset = this.#length - seen;
    const events: ResponseEvent[] = [];
    let at = seen;
    for (const { start_index: start, end_index: end, ...rest } of annotations) {
      events.push(...this.#text(points.slice(at, start).join("")));
      events.push(...this.#text(points.slice(start, end).join("")));
      events.push(
        ...this.#encoder.annotate({ ...rest, start_index: start + offset, end_index: end + offset }),
      );
      at = end;
    }
    events.push(...this.#text(points.slice(at).join("")));
    this.#last = points.at(-1) ?? "";
    this.#length = offset + points.length;
    return events;
  }

  #text(text: string): ResponseEvent[] {
    if (text === "") return [];
    const logprobs = this.#logprobs;
    this.#logprobs = [];
    return this.#encoder.push([{ type: "text", text, ...(logprobs.length > 0 && { logprobs }) }]);
  }
}
