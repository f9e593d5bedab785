// A header that never saw `<|message|>`: the longest beginning that is header, after which the content follows.

import { type HeaderPiece, headerUnits, runLength, skipSpace } from "./header-elements.ts";
import { channelWords, namedRole, roleWord } from "./header-words.ts";
import type { Role } from "./message.ts";
import { channelToken, constrainToken } from "./tokens.ts";
import { isUnicodeSpace } from "./white-space.ts";

export interface HeaderPrefix {
  role: Role | undefined;
  name: string | undefined;
  recipient: string | undefined;
  channel: string | undefined;
  contentType: string | undefined;
  emptyChannel: boolean;
  /** `<|constrain|>` followed by something that is no content type. */
  constrainProse: boolean;
  /** Number of pieces that are header entirely. */
  pieces: number;
  /** Characters of the next piece that are header too. */
  offset: number;
}

export interface PrefixContext {
  /** No `<|start|>` was seen, so a channel word may stand in front. */
  readonly implied: boolean;
}

/** Where a value ends when content may follow it without a space. */
const contentOpeners = '{["';

/** Walks over header text; a cursor in characters within units. */
class PrefixReader {
  readonly prefix: HeaderPrefix = {
    role: undefined,
    name: undefined,
    recipient: undefined,
    channel: undefined,
    contentType: undefined,
    emptyChannel: false,
    constrainProse: false,
    pieces: 0,
    offset: 0,
  };
  private readonly units: readonly { readonly marker: number; readonly text: string }[];
  private readonly context: PrefixContext;
  private unit = 0;
  private at = 0;
  private first = true;

  constructor(pieces: readonly HeaderPiece[], context: PrefixContext) {
    this.units = headerUnits(pieces);
    this.context = context;
  }

  read(): void {
    while (this.unit < this.units.length && this.element()) this.first = false;
    // One space after the last element separates it from the content; without an element there is none.
    if (!this.first && this.text()[this.at] === " ") this.at++;
  }

  /** Characters of header in the current text unit, and the number of units before it. */
  get position(): { unit: number; at: number } {
    return { unit: this.unit, at: this.at };
  }

  private text(): string {
    const unit = this.units[this.unit];
    return unit?.marker === -1 ? unit.text : "";
  }

  /** Takes one element; false when what comes next is none. */
  private element(): boolean {
    const { marker } = this.units[this.unit]!;
    if (marker === channelToken) return this.channel();
    if (marker === constrainToken) return this.constraint();
    if (marker !== -1) return false;
    const start = skipSpace(this.text(), this.at);
    if (start < this.text().length) return this.word(start);
    // White space in front of a marker belongs to the header, at its end to the content.
    if (this.unit === this.units.length - 1) return false;
    this.unit++;
    this.at = 0;
    return true;
  }

  private channel(): boolean {
    this.unit++;
    this.at = 0;
    const length = runLength(this.text(), 0, `<${contentOpeners}`);
    if (length === 0) this.prefix.emptyChannel = true;
    else this.prefix.channel = this.text().slice(0, length);
    this.at = length;
    return true;
  }

  private constraint(): boolean {
    this.unit++;
    this.at = 0;
    const text = this.text();
    const start = skipSpace(text, 0);
    const length = runLength(text, start, contentOpeners);
    const word = text.slice(start, start + length);
    if (word === "json" || word === "code" || word === "text") {
      this.prefix.contentType = `<|constrain|>${word}`;
      this.at = start + length;
      return true;
    }
    this.prefix.constrainProse = true;
    this.first = false;
    return false;
  }

  private word(start: number): boolean {
    const text = this.text();
    const word = text.slice(start, start + runLength(text, start, contentOpeners));
    if (word.startsWith("to=") && word.length > 3) this.prefix.recipient = word.slice(3);
    else if (!(this.first && this.leadingWord(word)) && !this.bareJson(word, start)) return false;
    this.at = start + word.length;
    return true;
  }

  private leadingWord(word: string): boolean {
    const named = namedRole(word);
    const role = roleWord(word) ?? named?.role;
    if (role !== undefined) {
      this.prefix.role = role;
      this.prefix.name = named?.name ?? (role === "tool" ? word : undefined);
      return true;
    }
    if (!this.context.implied || !channelWords.includes(word)) return false;
    this.prefix.channel = word;
    return true;
  }

  private bareJson(word: string, start: number): boolean {
    if (word !== "json") return false;
    const text = this.text();
    const next = text[skipSpace(text, start + 4)];
    if (next !== "{" && next !== "[") return false;
    this.prefix.contentType = word;
    return true;
  }
}

/** The header at the beginning of `pieces`, and where the content starts. */
export function readHeaderPrefix(pieces: readonly HeaderPiece[], context: PrefixContext): HeaderPrefix {
  const reader = new PrefixReader(pieces, context);
  reader.read();
  const { prefix } = reader;
  const { unit, at } = reader.position;
  locate(prefix, pieces, unit, at);
  return prefix;
}

/** Turns a unit and an offset in it into pieces and an offset in the next one. */
function locate(prefix: HeaderPrefix, pieces: readonly HeaderPiece[], unit: number, at: number): void {
  let index = 0;
  let units = -1;
  let previous = 0;
  for (; index < pieces.length; index++) {
    const { id } = pieces[index]!;
    if (id !== -1 || previous !== -1 || units === -1) units++;
    previous = id;
    if (units === unit) break;
  }
  let left = at;
  while (left > 0 && index < pieces.length && pieces[index]!.text.length <= left) {
    left -= pieces[index]!.text.length;
    index++;
  }
  prefix.pieces = index;
  prefix.offset = left;
}

/** True when nothing but white space is in `pieces`. */
export function isBlankHeader(pieces: readonly HeaderPiece[]): boolean {
  return pieces.every(({ id, text }) => id === -1 && [...text].every(isUnicodeSpace));
}
