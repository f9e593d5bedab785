// Finds special tokens in text, longest first. By default there are none to find: text from users must not become
// control tokens.

import type { SpecialTokenSet } from "../../tokenizer/index.ts";
import { CodecError } from "../codec-error.ts";
import type { MapVocabulary } from "../maps/map-vocabulary.ts";

/** Receives plain text, and IDs of special tokens. */
export interface SpecialSink {
  text(part: string): void;
  special(id: number): void;
}

const REFERENCE_SPECIAL = /^<\|[A-Za-z0-9_-]+\|>$/;

/** Names that `"all"` stands for: special and added tokens, and entries that look like `<|name|>`. */
function allNames(vocabulary: MapVocabulary): string[] {
  const names = new Set(vocabulary.specials.keys());
  for (const { content } of vocabulary.map.ext?.added_tokens ?? []) names.add(content);
  for (const key of vocabulary.ids.keys()) if (REFERENCE_SPECIAL.test(key)) names.add(key);
  return [...names];
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

export class SpecialSplitter {
  readonly #vocabulary: MapVocabulary;
  readonly #names: readonly string[];
  readonly #pattern: RegExp | undefined;

  constructor(vocabulary: MapVocabulary, allowed: SpecialTokenSet) {
    this.#vocabulary = vocabulary;
    const names = allowed === "all" ? allNames(vocabulary) : [...allowed];
    for (const name of names) {
      if (!vocabulary.ids.has(name)) {
        throw new CodecError(
          "INVALID_ARGUMENT",
          `Map ${vocabulary.map.id} has no special token ${JSON.stringify(name)}.`,
        );
      }
    }
    this.#names = names.filter((name) => name !== "").sort((left, right) => right.length - left.length);
    this.#pattern =
      this.#names.length === 0 ? undefined : new RegExp(this.#names.map(escapePattern).join("|"), "g");
  }

  split(text: string, sink: SpecialSink): void {
    let from = 0;
    for (const match of this.#pattern === undefined ? [] : text.matchAll(this.#pattern)) {
      if (match.index > from) sink.text(text.slice(from, match.index));
      sink.special(this.#vocabulary.ids.get(match[0])!);
      from = match.index + match[0].length;
    }
    if (from < text.length) sink.text(text.slice(from));
  }

  /** The first name found in the text, and where. */
  find(text: string): { readonly name: string; readonly index: number } | undefined {
    const match = this.#pattern === undefined ? null : text.slice(0).match(new RegExp(this.#pattern.source));
    return match === null ? undefined : { name: match[0], index: match.index ?? 0 };
  }

  /** Length of the longest end of `text` that could be the beginning of a special token. */
  openTail(text: string): number {
    let longest = 0;
    for (const name of this.#names) {
      const most = Math.min(name.length - 1, text.length);
      for (let length = most; length > longest; length--) {
        if (text.endsWith(name.slice(0, length))) longest = length;
      }
    }
    return longest;
  }
}
