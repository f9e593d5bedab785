// Byte-pair encoding by backtracking: exact and linear in the length of the piece.
//
// Definition. The encoding of a piece starts from single bytes and keeps merging the adjacent pair whose
// concatenation is the token of lowest rank, leftmost first. Corollary: a sequence of tokens is the encoding of its
// bytes if and only if each token encodes to itself and each adjacent pair is the encoding of its own bytes. So
// merging is not needed: take the longest token, check it against the one before (`isValidPair`), shorten it if the
// pair is not valid, and step back where nothing shorter is left; a position found dead is never tried again.
//
// The algorithm is that of the Rust crate `bpe`; here the pair check reads a byte trie instead of a table of pairs.

import {
  findToken,
  lengthOf,
  longestToken,
  NO_TOKEN,
  nodeOf,
  shorterThan,
  splitOf,
  type Trie,
  tokenAt,
  walk,
} from "../vocabulary/trie.ts";
import { missingByte } from "./missing-byte.ts";

/** Largest piece whose dead positions fit the buffer that every encoder keeps; longer pieces get one of their own. */
const KEPT = 4096;
const MEMO_BITS = 15;

/** Encodes pieces with one canonical vocabulary (see `BuiltTrie.canonical`). Not re-entrant. */
export class Backtracker {
  readonly #trie: Trie;
  /** Positions where no valid continuation exists, for pieces up to KEPT bytes. */
  readonly #dead: Uint8Array = new Uint8Array(KEPT + 1);
  /** Results of `isValidPair`, direct-mapped: first token, second token and result in two words. */
  readonly #memo: Int32Array = new Int32Array(2 << MEMO_BITS).fill(NO_TOKEN);

  constructor(trie: Trie) {
    this.#trie = trie;
  }

  /** Writes the tokens of `bytes[start..end)` to `out` from `at` on; returns the position after the last. */
  encode(bytes: Uint8Array, start: number, end: number, out: Uint32Array, at: number): number {
    const trie = this.#trie;
    const first = longestToken(trie, bytes, start, end);
    if (first !== NO_TOKEN && lengthOf(trie, first) === end - start) {
      out[at] = first;
      return at + 1;
    }
    const size = end - start;
    const dead = size <= KEPT ? this.#dead.fill(0, 0, size + 1) : new Uint8Array(size + 1);
    let write = at;
    let position = start;
    let token = first;
    for (;;) {
      if (token === NO_TOKEN) {
        // Nothing fits here: the position is dead, and the token before it must be shortened.
        if (write === at) throw missingByte(missingIn(trie, bytes, start, end));
        dead[position - start] = 1;
        token = out[--write]!;
        position -= lengthOf(trie, token);
        token = shorterThan(trie, token);
        continue;
      }
      const next = position + lengthOf(trie, token);
      if (
        dead[next - start] === 0 &&
        (write === at || this.#isValid(out[write - 1]!, token, bytes, position))
      ) {
        out[write++] = token;
        position = next;
        if (position === end) return write;
        token = longestToken(trie, bytes, position, end);
      } else {
        token = shorterThan(trie, token);
      }
    }
  }

  /** Whether [first, second] is the encoding of its bytes; `bytes` has the border between the two at `border`. */
  #isValid(first: number, second: number, bytes: Uint8Array, border: number): boolean {
    const memo = this.#memo;
    const hash = Math.imul(Math.imul(first, 0x9e3779b1) ^ second, 0x85ebca6b);
    const slot = (hash >>> (32 - MEMO_BITS)) << 1;
    if (memo[slot] === first && memo[slot + 1]! >> 1 === second) return (memo[slot + 1]! & 1) === 1;
    const valid = this.isValidPair(first, second, bytes, border, Number.POSITIVE_INFINITY);
    memo[slot] = first;
    memo[slot + 1] = (second << 1) | (valid ? 1 : 0);
    return valid;
  }

  /**
   * Whether merging by ranks below `limit` leaves the border between two tokens alone. Undoes the merges on both
   * sides from the last to the first: whenever the two tokens that then meet at the border would have merged earlier
   * than what was undone, the pair is not valid. Ties are broken towards the left.
   */
  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: the hot loop; calls for its two sides cost a fifth.
  isValidPair(first: number, second: number, bytes: Uint8Array, border: number, limit: number): boolean {
    const trie = this.#trie;
    let left = first;
    let right = second;
    let bound = limit;
    for (;;) {
      const node = walk(trie, nodeOf(trie, left), bytes, border, border + lengthOf(trie, right));
      if (node !== 0) {
        const merged = tokenAt(trie, node);
        if (merged !== NO_TOKEN && merged < bound) return false;
      }
      if (left > right) {
        bound = left;
        if (splitOf(trie, left) !== 0) {
          left = this.#rightPart(left, bytes, border);
          continue;
        }
        bound = right + 1;
        if (splitOf(trie, right) === 0) return true;
        right = this.#leftPart(right);
      } else {
        bound = right + 1;
        if (splitOf(trie, right) !== 0) {
          right = this.#leftPart(right);
          continue;
        }
        bound = left;
        if (splitOf(trie, left) === 0) return true;
        left = this.#rightPart(left, bytes, border);
      }
    }
  }

  /** The right one of the two parts of `token`, whose bytes end at `border`. */
  #rightPart(token: number, bytes: Uint8Array, border: number): number {
    const trie = this.#trie;
    const known = trie.tokens[4 * token + 2]!;
    if (known !== 0) return known - 1;
    const node = walk(trie, 0, bytes, border - lengthOf(trie, token) + splitOf(trie, token), border);
    const part = tokenAt(trie, node);
    trie.tokens[4 * token + 2] = part + 1;
    return part;
  }

  #leftPart(token: number): number {
    const trie = this.#trie;
    const length = splitOf(trie, token);
    let part = shorterThan(trie, token);
    while (lengthOf(trie, part) > length) part = shorterThan(trie, part);
    return part;
  }
}

/** The first byte that no token consists of, in a piece that cannot be encoded. */
function missingIn(trie: Trie, bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i + 1 < end && findToken(trie, bytes, i, i + 1) !== NO_TOKEN) i++;
  return bytes[i]!;
}
