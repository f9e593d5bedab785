// A running count of text that grows at its end. What can no longer change is counted once and forgotten; only the
// open end is counted again.

import { requireText } from "./arguments.ts";
import type { RankTokenizer } from "./rank-tokenizer.ts";
import type { TokenCounter, TokenCounterMark } from "./tokenizer.ts";

/** The state of a counter: what a mark remembers. */
interface Snapshot extends TokenCounterMark {
  readonly closed: number;
  readonly open: string;
}

export class GrowingTextCounter implements TokenCounter {
  readonly #encoding: RankTokenizer;
  /** Tokens of the text before `#open`. */
  #closed = 0;
  /** The text since the last place where cutting is known to be safe. */
  #open = "";
  /** Tokens of `#open`; undefined until asked for. */
  #openCount: number | undefined = 0;

  constructor(encoding: RankTokenizer) {
    this.#encoding = encoding;
  }

  get count(): number {
    this.#openCount ??= this.#encoding.count(this.#open);
    return this.#closed + this.#openCount;
  }

  append(text: string): void {
    requireText(text);
    if (text === "") return;
    this.#open += text;
    this.#openCount = undefined;
    const cut = this.#encoding.base.safeCut(this.#open, this.#open.length);
    if (cut === 0) return;
    this.#closed += this.#encoding.count(this.#open.slice(0, cut));
    this.#open = this.#open.slice(cut);
  }

  mark(): Snapshot {
    return { count: this.count, closed: this.#closed, open: this.#open };
  }

  rollback(mark: TokenCounterMark): void {
    const { closed, open, count } = mark as Snapshot;
    this.#closed = closed;
    this.#open = open;
    this.#openCount = count - closed;
  }
}
