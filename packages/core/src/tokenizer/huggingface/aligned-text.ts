// Text on its way through normalizers and pre-tokenizers, with the place in the original text that each of its
// UTF-16 units came from. Places are kept only when offsets are asked for; without them a text is just a string.

/** For each UTF-16 unit of a text, the range of the original text that it stands for, in UTF-16 units. */
export interface Alignment {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

export class AlignedText {
  readonly text: string;
  readonly alignment: Alignment | undefined;
  /** Whether this text begins where the original begins: only such a text gets the prefix of `prepend_scheme: first`. */
  readonly atStart: boolean;

  constructor(text: string, atStart: boolean, alignment?: Alignment) {
    this.text = text;
    this.atStart = atStart;
    this.alignment = alignment;
  }

  /** `text` with every character standing for itself. Both halves of a surrogate pair stand for the pair. */
  static identity(text: string): AlignedText {
    const starts = new Int32Array(text.length);
    const ends = new Int32Array(text.length);
    for (let i = 0; i < text.length; ) {
      const length = characterLength(text, i);
      for (let k = 0; k < length; k++) {
        starts[i + k] = i;
        ends[i + k] = i + length;
      }
      i += length;
    }
    return new AlignedText(text, true, { starts, ends });
  }

  slice(start: number, end: number): AlignedText {
    if (start === 0 && end === this.text.length) return this;
    const { alignment } = this;
    return new AlignedText(
      this.text.slice(start, end),
      this.atStart && start === 0,
      alignment && {
        starts: alignment.starts.subarray(start, end),
        ends: alignment.ends.subarray(start, end),
      },
    );
  }
}

/** Number of UTF-16 units of the character at `index`: 2 for a surrogate pair, else 1. */
export function characterLength(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  if ((unit & 0xfc00) !== 0xd800) return 1;
  return (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00 ? 2 : 1;
}

/** Receives a rewritten text in order: what stays, and what is put in the place of what. */
export interface Rewriter {
  /** Units `from` to `to` of the source stay as they are. */
  keep(from: number, to: number): void;
  /**
   * Units `from` to `to` of the source become `text`; all of it stands for the character at `from`, or for the one at
   * `anchor`. `from === to` inserts.
   */
  replace(from: number, to: number, text: string, anchor?: number): void;
}

/** Rewrites a string without keeping places. */
export class PlainRewriter implements Rewriter {
  private readonly source: string;
  private result = "";

  constructor(source: string) {
    this.source = source;
  }

  keep(from: number, to: number): void {
    this.result += this.source.slice(from, to);
  }

  replace(_from: number, _to: number, text: string): void {
    this.result += text;
  }

  finish(): string {
    return this.result;
  }
}

/** Rewrites an aligned text and carries the places along. */
export class AligningRewriter implements Rewriter {
  private readonly source: AlignedText;
  private readonly alignment: Alignment;
  private result = "";
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];

  constructor(source: AlignedText, alignment: Alignment) {
    this.source = source;
    this.alignment = alignment;
  }

  keep(from: number, to: number): void {
    this.result += this.source.text.slice(from, to);
    for (let i = from; i < to; i++) this.place(i, 1);
  }

  replace(from: number, _to: number, text: string, anchor: number = from): void {
    this.result += text;
    this.place(Math.min(anchor, this.alignment.starts.length - 1), text.length);
  }

  finish(): AlignedText {
    return new AlignedText(this.result, this.source.atStart, {
      starts: Int32Array.from(this.starts),
      ends: Int32Array.from(this.ends),
    });
  }

  private place(index: number, count: number): void {
    for (let i = 0; i < count; i++) {
      this.starts.push(this.alignment.starts[index] ?? 0);
      this.ends.push(this.alignment.ends[index] ?? 0);
    }
  }
}
