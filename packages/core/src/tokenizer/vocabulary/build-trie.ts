// A trie from a list of tokens: for vocabularies that come as rank files or tables instead of packed.

import { TokenwireError } from "../../errors.ts";
import { findSplits } from "./find-splits.ts";
import { compareBytes } from "./sorted-tokens.ts";
import {
  type Arena,
  createTrie,
  fillPairs,
  MAX_IDS,
  MAX_NODES,
  NO_TOKEN,
  plainArena,
  setNode,
  type Trie,
  tokenAt,
} from "./trie.ts";

/** A token: its bytes and its ID, which is also its rank (a lower one merges first). */
export interface RankedToken {
  readonly bytes: Uint8Array;
  readonly id: number;
}

/** A trie and whether the fast algorithm applies to it. */
export interface BuiltTrie {
  readonly trie: Trie;
  /**
   * Whether every token of two or more bytes is the result of merging two others of lower rank. Encoding by
   * backtracking needs that; other vocabularies are merged pair by pair.
   */
  readonly canonical: boolean;
}

/**
 * Builds the trie of `tokens`, in any order. Raises DAMAGED_VOCABULARY for empty tokens, tokens over 65,535 bytes,
 * and duplicate bytes or IDs.
 */
export function buildTrie(tokens: readonly RankedToken[], arena: Arena = plainArena): BuiltTrie {
  const sorted = [...tokens].sort((a, b) => compareBytes(a.bytes, b.bytes));
  const { firsts, labels, parents, depths, ends } = layOut(sorted);
  if (labels.length > MAX_NODES)
    throw damaged(`its trie has ${labels.length} nodes; at most ${MAX_NODES} are supported`);
  const idCount = sorted.reduce((count, { id }) => Math.max(count, id + 1), 0);
  const trie = createTrie(labels.length, idCount, sorted.length, arena);
  trie.labels.set(labels);
  for (let node = 0; node < labels.length; node++) {
    const end = node + 1 < labels.length ? firsts[node + 1]! : labels.length;
    setNode(trie, node, firsts[node]!, end - firsts[node]!, ends[node]!);
  }
  indexTrie(trie, Int32Array.from(parents), Uint16Array.from(depths));
  checkIds(trie, sorted);
  return { trie, canonical: findSplits(trie, sorted) };
}

interface Layout {
  readonly firsts: number[];
  readonly labels: number[];
  readonly parents: number[];
  readonly depths: number[];
  /** Token that ends at each node, or NO_TOKEN. */
  readonly ends: number[];
}

/** Cuts the sorted list into ranges with a common prefix, level by level; each range is a node. */
function layOut(sorted: readonly RankedToken[]): Layout {
  const layout: Layout = { firsts: [], labels: [0], parents: [0], depths: [0], ends: [] };
  const { firsts, labels, parents, depths, ends } = layout;
  const ranges: number[] = [0, sorted.length];
  for (let node = 0; node < labels.length; node++) {
    let low = ranges[2 * node]!;
    const high = ranges[2 * node + 1]!;
    const depth = depths[node]!;
    ends.push(NO_TOKEN);
    if (low < high && sorted[low]!.bytes.length === depth) ends[node] = tokenIdOf(sorted, low++);
    firsts.push(labels.length);
    while (low < high) {
      const label = sorted[low]!.bytes[depth]!;
      let end = low + 1;
      while (end < high && sorted[end]!.bytes[depth] === label) end++;
      labels.push(label);
      parents.push(node);
      depths.push(depth + 1);
      ranges.push(low, end);
      low = end;
    }
  }
  return layout;
}

function tokenIdOf(sorted: readonly RankedToken[], index: number): number {
  const { bytes, id } = sorted[index]!;
  const shown = `[${Array.from(bytes.subarray(0, 16)).join(", ")}${bytes.length > 16 ? ", …" : ""}]`;
  if (bytes.length === 0 || bytes.length > 0xffff) {
    throw damaged(`token ${id} has ${bytes.length} bytes; accepted are 1 to 65535`);
  }
  if (!Number.isInteger(id) || id < 0 || id >= MAX_IDS) {
    throw damaged(`token ${shown} has the ID ${id}; accepted are integers from 0 to ${MAX_IDS - 1}`);
  }
  const next = sorted[index + 1];
  if (next !== undefined && compareBytes(bytes, next.bytes) === 0) {
    throw damaged(`tokens ${id} and ${next.id} have the same bytes ${shown}`);
  }
  return id;
}

function checkIds(trie: Trie, sorted: readonly RankedToken[]): void {
  const perId = new Uint8Array(trie.idCount);
  for (const { id } of sorted) {
    if (perId[id] === 1) throw damaged(`two tokens have the ID ${id}`);
    perId[id] = 1;
  }
}

function damaged(problem: string): TokenwireError {
  return new TokenwireError("DAMAGED_VOCABULARY", `Damaged vocabulary: ${problem}.`);
}

/** Fills what follows from the nodes: the records per ID and the two-byte table. */
function indexTrie(trie: Trie, parents: Int32Array, depths: Uint16Array): void {
  const { tokens, nodeCount } = trie;
  // Longest token on the path to each node; parents come before children in level order.
  const best = new Int32Array(nodeCount).fill(NO_TOKEN);
  for (let node = 1; node < nodeCount; node++) {
    const above = best[parents[node]!]!;
    const token = tokenAt(trie, node);
    if (token === NO_TOKEN) {
      best[node] = above;
      continue;
    }
    best[node] = token;
    const at = 4 * token;
    tokens[at] = node;
    tokens[at + 1] = above;
    tokens[at + 3] = (tokens[at + 3]! & 0xffff0000) | depths[node]!;
  }
  fillPairs(trie);
}
