// Byte-pair encoding as its definition reads, in as few lines as it takes: for learning, and as the oracle that the
// fast implementations are tested against. Time grows with the square of a piece's length.

import { decodeUtf8, encodeUtf8 } from "../bytes/index.ts";

/** A token's bytes as a string of characters 0 to 255, which can be a map key. */
type ByteString = string;

const toByteString = (bytes: Uint8Array): ByteString =>
  Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
const toBytes = (text: ByteString): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));

/**
 * A tokenizer that can be read in one go.
 *
 *     const bpe = SimpleBytePairEncoding.train("aaabdaaabac", 259, /[^ ]+| +/gu);
 *     bpe.encode("aaab");            // [258]
 *     bpe.decode([258]);             // "aaab"
 */
export class SimpleBytePairEncoding {
  /** The pattern, as a JavaScript expression with the flag g. */
  readonly pattern: RegExp;
  readonly #ranks: ReadonlyMap<ByteString, number>;
  readonly #tokens: ReadonlyMap<number, ByteString>;

  /** `ranks`: every token with its rank, which is its ID. */
  constructor(ranks: Iterable<readonly [bytes: Uint8Array, rank: number]>, pattern: RegExp) {
    this.pattern = pattern;
    this.#ranks = new Map(Array.from(ranks, ([bytes, rank]) => [toByteString(bytes), rank]));
    this.#tokens = new Map(Array.from(this.#ranks, ([token, rank]) => [rank, token]));
  }

  /** Learns a vocabulary of `size` tokens: again and again, the most frequent adjacent pair becomes a token. */
  static train(text: string, size: number, pattern: RegExp): SimpleBytePairEncoding {
    const ranks = new Map<ByteString, number>();
    for (let byte = 0; byte < 256; byte++) ranks.set(String.fromCharCode(byte), byte);
    let words = (text.match(pattern) ?? []).map((word) => [...toByteString(encodeUtf8(word))]);
    while (ranks.size < size) {
      const pair = mostFrequentPair(words);
      if (pair === undefined) break;
      ranks.set(pair[0] + pair[1], ranks.size);
      words = words.map((word) => mergePair(word, pair));
    }
    return new SimpleBytePairEncoding(
      Array.from(ranks, ([token, rank]) => [toBytes(token), rank]),
      pattern,
    );
  }

  /** IDs of `text`. */
  encode(text: string): number[] {
    return (text.match(this.pattern) ?? []).flatMap((piece) => this.encodePiece(encodeUtf8(piece)));
  }

  /** IDs of one piece: the definition of byte-pair encoding. */
  encodePiece(bytes: Uint8Array): number[] {
    return this.mergeSteps(bytes)
      .at(-1)!
      .map((part) => this.#ranks.get(toByteString(part))!);
  }

  /** All states on the way from single bytes to tokens, for display. */
  mergeSteps(bytes: Uint8Array): Uint8Array[][] {
    let parts = [...toByteString(bytes)];
    const steps = [parts];
    for (;;) {
      // The adjacent pair whose concatenation has the lowest rank; the leftmost of equals.
      let lowest = Number.POSITIVE_INFINITY;
      let at = -1;
      for (let i = 0; i + 1 < parts.length; i++) {
        const rank = this.#ranks.get(parts[i]! + parts[i + 1]!);
        if (rank !== undefined && rank < lowest) {
          lowest = rank;
          at = i;
        }
      }
      if (at < 0) break;
      parts = [...parts.slice(0, at), parts[at]! + parts[at + 1]!, ...parts.slice(at + 2)];
      steps.push(parts);
    }
    return steps.map((step) => step.map(toBytes));
  }

  decodeBytes(ids: Iterable<number>): Uint8Array {
    return toBytes(Array.from(ids, (id) => this.#tokens.get(id)!).join(""));
  }

  decode(ids: Iterable<number>): string {
    return decodeUtf8(this.decodeBytes(ids));
  }
}

function mostFrequentPair(
  words: readonly (readonly ByteString[])[],
): readonly [ByteString, ByteString] | undefined {
  const counts = new Map<string, { pair: readonly [ByteString, ByteString]; count: number }>();
  for (const word of words) {
    for (let i = 0; i + 1 < word.length; i++) {
      const key = `${word[i]!.length} ${word[i]}${word[i + 1]}`;
      const entry = counts.get(key) ?? { pair: [word[i]!, word[i + 1]!] as const, count: 0 };
      entry.count++;
      counts.set(key, entry);
    }
  }
  let best: { pair: readonly [ByteString, ByteString]; count: number } | undefined;
  for (const entry of counts.values()) if (best === undefined || entry.count > best.count) best = entry;
  return best?.pair;
}

function mergePair(
  word: readonly ByteString[],
  [left, right]: readonly [ByteString, ByteString],
): ByteString[] {
  const merged: ByteString[] = [];
  for (let i = 0; i < word.length; i++) {
    if (word[i] === left && word[i + 1] === right) {
      merged.push(left + right);
      i++;
    } else {
      merged.push(word[i]!);
    }
  }
  return merged;
}
