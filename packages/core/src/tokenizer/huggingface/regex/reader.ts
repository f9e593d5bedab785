// Reads a regular expression character by character, with errors that name the construct and its position.

import { unsupportedTokenizer } from "../faults.ts";

export class RegexReader {
  readonly source: string;
  readonly path: string;
  at = 0;

  constructor(source: string, path: string) {
    this.source = source;
    this.path = path;
  }

  get done(): boolean {
    return this.at >= this.source.length;
  }

  /** The character at the position, whole if it is a surrogate pair; empty at the end. */
  peek(): string {
    const code = this.source.codePointAt(this.at);
    return code === undefined ? "" : String.fromCodePoint(code);
  }

  next(): string {
    const character = this.peek();
    if (character === "") this.unsupported("an unfinished expression");
    this.at += character.length;
    return character;
  }

  /** Moves past `text` if it comes next. */
  accept(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  /** Moves past a match of the sticky expression, if it comes next. */
  match(regex: RegExp): RegExpExecArray | null {
    regex.lastIndex = this.at;
    const found = regex.exec(this.source);
    if (found !== null) this.at += found[0].length;
    return found;
  }

  unsupported(what: string): never {
    throw unsupportedTokenizer(
      this.path,
      `${what} at index ${this.at} of the regular expression ${JSON.stringify(this.source)} is not supported.`,
    );
  }
}
