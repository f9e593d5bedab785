// All tokens of a byte-pair vocabulary, readable backwards: from the end of some symbols, which tokens end there.

import { PairTable } from "../pair-table.ts";
import type { BpeModel } from "../tokenize/bpe-model.ts";

export class SuffixTrie {
  /** Symbols of the longest token. */
  readonly longest: number;
  readonly #edges = new PairTable();
  /** Token that a node completes, or -1. */
  readonly #tokens: number[] = [-1];
  readonly #spellings: (Int32Array | undefined)[] = [];

  constructor(model: BpeModel) {
    const { ids, kinds } = model.vocabulary;
    let longest = 1;
    for (const [key, id] of ids) {
      if (kinds[id] !== 1 && kinds[id] !== 3) continue;
      const symbols = kinds[id] === 3 ? Int32Array.of(id) : spell(key, ids);
      if (symbols === undefined) continue;
      this.#insert(symbols, id);
      if (symbols.length > longest) longest = symbols.length;
    }
    this.longest = longest;
  }

  /** The symbols that a token is made of. */
  spelling(token: number): Int32Array | undefined {
    return this.#spellings[token];
  }

  /** The node one symbol further back, or -1. */
  back(node: number, symbol: number): number {
    return this.#edges.get(node, symbol);
  }

  tokenOf(node: number): number {
    return this.#tokens[node]!;
  }

  #insert(symbols: Int32Array, id: number): void {
    let node = 0;
    for (let index = symbols.length - 1; index >= 0; index--) {
      let child = this.#edges.get(node, symbols[index]!);
      if (child < 0) {
        child = this.#tokens.length;
        this.#tokens.push(-1);
        this.#edges.add(node, symbols[index]!, child);
      }
      node = child;
    }
    if (this.#tokens[node]! < 0) this.#tokens[node] = id;
    this.#spellings[id] = symbols;
  }
}

/** Undefined when some character is no token of its own, so that merging can never make this token. */
function spell(key: string, ids: ReadonlyMap<string, number>): Int32Array | undefined {
  const symbols: number[] = [];
  for (const character of key) {
    const id = ids.get(character);
    if (id === undefined) return undefined;
    symbols.push(id);
  }
  return Int32Array.from(symbols);
}

const tries = new WeakMap<BpeModel, SuffixTrie>();

/** Built on first use: only pieces longer than any token need it. */
export function suffixTrieOf(model: BpeModel): SuffixTrie {
  let trie = tries.get(model);
  if (trie === undefined) {
    trie = new SuffixTrie(model);
    tries.set(model, trie);
  }
  return trie;
}
