// A running count of text that grows. What precedes a place where tokens can never change again is counted once; only
// the rest is counted anew.

import type { TokenCounter, TokenCounterMark } from "../tokenizer.ts";

interface Mark extends TokenCounterMark {
  readonly committedCount: number;
  readonly openText: string;
}

export class PipelineCounter implements TokenCounter {
  private readonly countText: (text: string) => number;
  private readonly safeCut: ((text: string) => number) | undefined;
  private committedCount = 0;
  /** The text after the last safe cut. */
  private openText = "";
  private openCount: number | undefined = 0;

  /** `safeCut` finds the last place in a text at which both sides tokenize by themselves; 0 if there is none. */
  constructor(countText: (text: string) => number, safeCut: ((text: string) => number) | undefined) {
    this.countText = countText;
    this.safeCut = safeCut;
  }

  get count(): number {
    this.openCount ??= this.countText(this.openText);
    return this.committedCount + this.openCount;
  }

  append(text: string): void {
    if (text === "") return;
    this.openText += text;
    this.openCount = undefined;
    const cut = this.safeCut?.(this.openText) ?? 0;
    if (cut === 0) return;
    this.committedCount += this.countText(this.openText.slice(0, cut));
    this.openText = this.openText.slice(cut);
  }

  mark(): TokenCounterMark {
    const mark: Mark = {
      count: this.count,
      committedCount: this.committedCount,
      openText: this.openText,
    };
    return mark;
  }

  rollback(mark: TokenCounterMark): void {
    const { committedCount, openText, count } = mark as Mark;
    this.committedCount = committedCount;
    this.openText = openText;
    this.openCount = count - committedCount;
  }
}
