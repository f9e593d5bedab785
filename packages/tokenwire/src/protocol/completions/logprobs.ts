// `logprobs` of text completions: parallel lists, with offsets into the returned text.

import type { Tokenizer } from "@tokenwire/core/tokenizer";
import type { SampledLogprob } from "../generation.ts";
import type { LogprobEntry, TokenSpelling } from "../logprobs.ts";

export interface CompletionLogprobs {
  readonly tokens: string[];
  readonly token_logprobs: (number | null)[];
  readonly top_logprobs: (Record<string, number> | null)[] | null;
  readonly text_offset: number[];
}

const strict = new TextDecoder("utf-8", { fatal: true });

/** A token's text; bytes that are no text of their own as OpenAI writes them: `bytes:\xe2\x80`. */
function tokenText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return `bytes:${Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}`;
  }
}

/** Builds the lists, entry by entry. `offset` is where in the returned text the first entry begins. */
export class CompletionLogprobBuilder {
  readonly #tokenizer: Tokenizer;
  readonly #top: number;
  readonly #spelling: TokenSpelling;
  #offset: number;
  readonly #decoder: InstanceType<typeof TextDecoder> = new TextDecoder("utf-8");

  constructor(tokenizer: Tokenizer, top: number, spelling: TokenSpelling = "text", offset = 0) {
    this.#tokenizer = tokenizer;
    this.#top = top;
    this.#spelling = spelling;
    this.#offset = offset;
  }

  /** The lists for these entries. */
  add(entries: readonly LogprobEntry[]): CompletionLogprobs {
    const lists: CompletionLogprobs = {
      tokens: [],
      token_logprobs: [],
      top_logprobs: this.#top > 0 ? [] : null,
      text_offset: [],
    };
    for (const { sampled, bytes } of entries) {
      lists.tokens.push(this.#spell(sampled.id, bytes));
      lists.token_logprobs.push(Number.isNaN(sampled.logprob) ? null : Math.max(-9999, sampled.logprob));
      lists.top_logprobs?.push(this.#alternatives(sampled.top));
      lists.text_offset.push(this.#offset);
      this.#offset += this.#decoder.decode(bytes, { stream: true }).length;
    }
    return lists;
  }

  /** The lists for tokens as they were sampled, shown or not: one entry per id, beside the ids. */
  addSampled(sampled: readonly SampledLogprob[], text: string): CompletionLogprobs {
    const entries = sampled.map((entry) => ({
      sampled: entry,
      bytes: this.#tokenizer.decodeBytes([entry.id]),
    }));
    const from = this.#offset;
    const lists = this.add(entries);
    this.#offset = from + text.length;
    return { ...lists, text_offset: lists.text_offset.map((offset) => Math.min(offset, this.#offset)) };
  }

  #alternatives(top: LogprobEntry["sampled"]["top"]): Record<string, number> | null {
    if (top === undefined || top.length === 0) return null;
    return Object.fromEntries(
      top.map(({ id, logprob }) => [
        this.#spell(id, this.#tokenizer.decodeBytes([id])),
        Math.max(-9999, logprob),
      ]),
    );
  }

  #spell(id: number, bytes: Uint8Array): string {
    return this.#spelling === "id" ? `token_id:${id}` : tokenText(bytes);
  }
}

/** One set of lists for consecutive stretches; null for none. */
export function joinLogprobs(parts: readonly CompletionLogprobs[]): CompletionLogprobs | null {
  if (parts.length === 0) return null;
  return {
    tokens: parts.flatMap((part) => part.tokens),
    token_logprobs: parts.flatMap((part) => part.token_logprobs),
    top_logprobs: parts[0]!.top_logprobs === null ? null : parts.flatMap((part) => part.top_logprobs ?? []),
    text_offset: parts.flatMap((part) => part.text_offset),
  };
}
