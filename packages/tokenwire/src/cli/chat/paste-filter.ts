// Bracketed paste: a terminal marks what was pasted, so that its line ends are not taken for the Enter key. A pasted
// text of several lines, or a long one, stands in the line as a short name and is put in its place when the line is sent.

import { Transform, type TransformCallback } from "node:stream";
import { StringDecoder } from "node:string_decoder";

const begin = "\u001b[200~";
const end = "\u001b[201~";
/** Asks a terminal for the marks, and to stop. */
export const pasteOn = "\u001b[?2004h";
export const pasteOff = "\u001b[?2004l";

/** Pasted texts up to this length, in UTF-16 code units, stand in the line themselves. */
const shortPaste = 500;

export class PasteFilter extends Transform {
  readonly #terminal: NodeJS.ReadStream;
  readonly #decoder: StringDecoder = new StringDecoder("utf8");
  readonly #pasted = new Map<string, string>();
  #held = "";
  /** The text being pasted, in pieces. */
  #pasting: string[] | undefined;

  constructor(terminal: NodeJS.ReadStream) {
    super();
    this.#terminal = terminal;
    terminal.pipe(this);
  }

  readonly isTTY = true;

  /** Line editors switch it on the stream they read. */
  setRawMode(mode: boolean): this {
    this.#terminal.setRawMode(mode);
    return this;
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    this.#read(this.#held + this.#decoder.write(chunk));
    done();
  }

  /** The line as it was meant: with the pasted texts in the places of their names. */
  expand(line: string): string {
    return line.replace(/\[pasted \d+: \d+ lines?\]/g, (name) => this.#pasted.get(name) ?? name);
  }

  #read(text: string): void {
    this.#held = "";
    let rest = text;
    while (rest !== "") {
      const mark = this.#pasting === undefined ? begin : end;
      const at = rest.indexOf(mark);
      // An escape alone is the Escape key, except in the middle of a paste.
      const shortest = this.#pasting === undefined && rest.length === 1 ? 2 : 1;
      const keep = at < 0 ? heldLength(rest, mark, shortest) : 0;
      const piece = rest.slice(0, at < 0 ? rest.length - keep : at);
      if (this.#pasting === undefined) this.push(piece);
      else this.#pasting.push(piece);
      if (at < 0) {
        this.#held = rest.slice(rest.length - keep);
        return;
      }
      rest = rest.slice(at + mark.length);
      if (mark === begin) this.#pasting = [];
      else this.#endPaste();
    }
  }

  #endPaste(): void {
    const text = (this.#pasting ?? []).join("").replace(/\r\n?/g, "\n");
    this.#pasting = undefined;
    const lines = text.split("\n").length;
    if (lines === 1 && text.length <= shortPaste) {
      this.push(text);
      return;
    }
    const name = `[pasted ${this.#pasted.size + 1}: ${lines} line${lines === 1 ? "" : "s"}]`;
    this.#pasted.set(name, text);
    this.push(name);
  }
}

/** How much of the end may be the beginning of the mark. */
function heldLength(text: string, mark: string, shortest: number): number {
  for (let length = Math.min(mark.length - 1, text.length); length >= shortest; length--) {
    if (text.endsWith(mark.slice(0, length))) return length;
  }
  return 0;
}
