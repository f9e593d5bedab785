// Byte-pair encoding of a piece that is still growing.
//
// Two tokens are compatible when the encoding of their joined symbols is those two tokens; a sequence is the encoding of
// its symbols exactly when all neighbours are compatible. So every prefix has one last token: the longest token ending
// there that is compatible with the last token of the prefix before it. The prefixes form a tree whose paths are
// their encodings. Some token border of the final encoding lies within the length of the longest token from the end, so
// whatever all paths from there have in common is final.

import type { BpeModel } from "../tokenize/bpe-model.ts";
import { type SuffixTrie, suffixTrieOf } from "./suffix-trie.ts";

const MEMO_ENTRIES = 65_536;
const PAIR_BASE = 2 ** 24;

export class PrefixWalker {
  readonly #model: BpeModel;
  readonly #trie: SuffixTrie;
  readonly #compatible = new Map<number, boolean>();
  #symbols: number[] = [];
  /** Per prefix length: last token and where it starts. Index 0 is what was emitted before, or nothing (-1). */
  #tokens: number[] = [-1];
  #starts: number[] = [-1];
  /** No token fits, which merges that contradict each other can cause: the rest of the piece waits for its end. */
  #plain = false;

  constructor(model: BpeModel) {
    this.#model = model;
    this.#trie = suffixTrieOf(model);
  }

  /** Takes the next part of the piece and appends the tokens that have become final. */
  push(text: string, out: number[]): void {
    const symbols = this.#model.symbolsOf(text);
    for (let index = 0; index < symbols.length; index++) {
      this.#symbols.push(symbols[index]!);
      if (!this.#plain) this.#extend();
    }
    const window = this.#trie.longest;
    if (!this.#plain && this.#symbols.length > window + (window >> 2)) this.#settle(window, out);
  }

  /** Ends the piece: appends the tokens of all that is left. */
  end(out: number[]): void {
    if (this.#plain) this.#model.encodeSymbols(Int32Array.from(this.#symbols), out);
    else this.#emit(this.#symbols.length, out);
    this.#symbols = [];
    this.#tokens = [-1];
    this.#starts = [-1];
    this.#plain = false;
  }

  /** Finds the last token of the prefix that the newest symbol completes. */
  #extend(): void {
    const symbols = this.#symbols;
    const end = symbols.length;
    let best = -1;
    let bestStart = -1;
    let node = 0;
    for (let start = end - 1; start >= 0; start--) {
      node = this.#trie.back(node, symbols[start]!);
      if (node < 0) break;
      const token = this.#trie.tokenOf(node);
      if (token >= 0 && this.#fits(start, token)) {
        best = token;
        bestStart = start;
      }
    }
    if (best < 0) {
      this.#plain = true;
      return;
    }
    this.#tokens.push(best);
    this.#starts.push(bestStart);
  }

  #fits(start: number, token: number): boolean {
    const before = this.#tokens[start]!;
    const key = (before + 1) * PAIR_BASE + token;
    const known = this.#compatible.get(key);
    if (known !== undefined) return known;
    const fits = this.#encodesTo(before, token);
    if (this.#compatible.size >= MEMO_ENTRIES) this.#compatible.clear();
    this.#compatible.set(key, fits);
    return fits;
  }

  /** The symbols of both tokens (of the second, at the start of the piece) encode to these tokens. */
  #encodesTo(before: number, token: number): boolean {
    const left = before < 0 ? undefined : this.#trie.spelling(before);
    const right = this.#trie.spelling(token);
    if (right === undefined || (before >= 0 && left === undefined)) return false;
    const joined = new Int32Array((left?.length ?? 0) + right.length);
    if (left !== undefined) joined.set(left);
    joined.set(right, left?.length ?? 0);
    const result: number[] = [];
    this.#model.encodeSymbols(joined, result);
    const expected = before < 0 ? [token] : [before, token];
    return result.length === expected.length && result.every((id, index) => id === expected[index]);
  }

  /** Emits what the encodings of all prefixes ending in the last `window` symbols have in common. */
  #settle(window: number, out: number[]): void {
    const starts = this.#starts;
    const length = this.#symbols.length;
    let common = length;
    for (let end = length - 1; end > length - window && common > 0; end--) {
      let other = end;
      while (common !== other) {
        if (common > other) common = starts[common]!;
        else other = starts[other]!;
      }
    }
    if (common > 0) this.#emit(common, out);
  }

  /** Emits the tokens of the first `end` symbols and forgets them; the last one stays as the context of what follows. */
  #emit(end: number, out: number[]): void {
    if (end === 0) return;
    const from = out.length;
    for (let at = end; at > 0; at = this.#starts[at]!) out.push(this.#tokens[at]!);
    for (let left = from, right = out.length - 1; left < right; left++, right--) {
      const token = out[left]!;
      out[left] = out[right]!;
      out[right] = token;
    }
    this.#symbols = this.#symbols.slice(end);
    this.#tokens = this.#tokens.slice(end);
    // A prefix whose last token began before the cut is on no path that leads further.
    this.#starts = this.#starts.map((start) => Math.max(-1, start - end)).slice(end);
    this.#starts[0] = -1;
  }
}
