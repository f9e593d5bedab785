// Where two tokenizations of the same text differ: the stretches between places where both have a token border and
// agree on what follows.

/** IDs and the byte at which each starts. */
export interface PlacedTokens {
  readonly ids: ArrayLike<number>;
  readonly starts: ArrayLike<number>;
}

/** A stretch of bytes that the two tokenize differently, as half-open ranges of token indices. */
export interface Difference {
  readonly startByte: number;
  readonly endByte: number;
  readonly first: readonly [from: number, to: number];
  readonly second: readonly [from: number, to: number];
}

/**
 * Differences between two tokenizations of one text of `length` bytes. Tokens are compared by `same`, which for two
 * vocabularies compares bytes and for one compares IDs.
 */
export function differencesOf(
  a: PlacedTokens,
  b: PlacedTokens,
  length: number,
  same: (indexA: number, indexB: number) => boolean,
): Difference[] {
  const differences: Difference[] = [];
  const startOf = (tokens: PlacedTokens, index: number): number =>
    index < tokens.ids.length ? tokens.starts[index]! : length;
  let i = 0;
  let j = 0;
  while (i < a.ids.length || j < b.ids.length) {
    if (i < a.ids.length && j < b.ids.length && same(i, j)) {
      i++;
      j++;
      continue;
    }
    const [fromA, fromB] = [i, j];
    const startByte = Math.min(startOf(a, i), startOf(b, j));
    // Both go on to the next place where they meet.
    do {
      if (startOf(a, i) <= startOf(b, j) && i < a.ids.length) i++;
      else j++;
    } while (startOf(a, i) !== startOf(b, j));
    differences.push({ startByte, endByte: startOf(a, i), first: [fromA, i], second: [fromB, j] });
  }
  return differences;
}
