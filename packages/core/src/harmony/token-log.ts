// Everything fed to one parser, and which of it belongs to which message. Parsed messages share it, so that they can
// be rendered again with the ids that were sampled at no cost in memory.

import type { Role } from "./message.ts";
import { TokenBuffer } from "./token-buffer.ts";

/** A half-open range of tokens that belong to no message. */
export interface OwnedRange {
  readonly start: number;
  readonly end: number;
}

/** The header, and the beginning of the content, of a message that the prompt opened. */
export interface PrefilledMessage {
  readonly channel?: string | undefined;
  readonly recipient?: string | undefined;
  readonly contentType?: string | undefined;
  readonly text?: string | undefined;
}

/** How a prompt ended: with `<|start|>` and a role, perhaps with more, or (without a role) between messages. */
export interface PromptEnd {
  readonly role: Role | undefined;
  readonly prefill: PrefilledMessage | undefined;
}

export interface LogMark {
  readonly tokens: number;
  readonly messages: number;
  readonly owned: number;
  readonly generations: number;
  readonly settled: number;
}

export class TokenLog {
  /** Empty for text input, whose ids are not known. */
  readonly tokens: TokenBuffer;
  /** False once text was fed: positions then count UTF-16 units, and nothing can be rendered from the log. */
  hasIds = true;
  /** First token of each message. */
  readonly messageStarts: number[] = [];
  /** Tokens that belong to diagnostics, in order. */
  readonly owned: OwnedRange[] = [];
  /** Tokens from here on belong to a message that is still open. */
  settled = 0;
  /** Where each finished generation ended; the open one has no entry. */
  readonly generationEnds: number[] = [];
  /** How the prompt of each generation ended, by generation; holes for those that do not say. */
  readonly prompts: (PromptEnd | undefined)[] = [];

  /** End of everything that follows message `index` without belonging to the next one. */
  endAfter(index: number, generation: number): number {
    const next = this.messageStarts[index + 1];
    const end = this.generationEnds[generation] ?? this.settled;
    return next === undefined ? end : Math.min(next, end);
  }

  /** The tokens in [start, end) without those that belong to diagnostics. */
  withoutOwned(start: number, end: number): Uint32Array {
    const kept = new TokenBuffer(Math.max(end - start, 1));
    let at = start;
    for (const range of this.owned) {
      if (range.end <= at || range.start >= end) continue;
      if (range.start > at) kept.append(this.tokens.view(at, range.start));
      at = range.end;
    }
    if (at < end) kept.append(this.tokens.view(at, end));
    return kept.slice();
  }

  constructor(tokens: TokenBuffer = new TokenBuffer()) {
    this.tokens = tokens;
  }

  /** A point to return to. */
  mark(): LogMark {
    return {
      tokens: this.tokens.length,
      messages: this.messageStarts.length,
      owned: this.owned.length,
      generations: this.generationEnds.length,
      settled: this.settled,
    };
  }

  /** Forgets everything after `mark`. */
  rollback(mark: LogMark): void {
    this.tokens.truncate(mark.tokens);
    this.messageStarts.length = mark.messages;
    this.owned.length = mark.owned;
    this.generationEnds.length = mark.generations;
    this.settled = mark.settled;
  }

  /** A copy that can grow separately. */
  clone(): TokenLog {
    const copy = new TokenLog(new TokenBuffer(this.tokens.length + 64, this.tokens.base));
    copy.tokens.append(this.tokens.view());
    copy.hasIds = this.hasIds;
    for (const start of this.messageStarts) copy.messageStarts.push(start);
    for (const range of this.owned) copy.owned.push(range);
    copy.settled = this.settled;
    copy.generationEnds.push(...this.generationEnds);
    copy.prompts.push(...this.prompts);
    return copy;
  }
}
