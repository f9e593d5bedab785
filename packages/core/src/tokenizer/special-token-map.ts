import { TokenwireError } from "../errors.ts";
import { lengthOf, type Trie } from "./vocabulary/trie.ts";

/** Special tokens as a map or a plain object from text to ID. */
export type SpecialTokenMap = ReadonlyMap<string, number> | Readonly<Record<string, number>>;

/** Special tokens as a map, in any of the accepted forms. */
export function specialTokenMap(tokens: SpecialTokenMap | undefined): ReadonlyMap<string, number> {
  if (tokens === undefined) return new Map();
  return tokens instanceof Map ? tokens : new Map(Object.entries(tokens));
}

/**
 * Raises INVALID_ARGUMENT for a special token with the ID of an ordinary one: decoding could not tell them apart. The
 * vocabulary is only looked at where an ID lies in its range.
 */
export function requireFreeIds(
  special: ReadonlyMap<string, number>,
  vocabulary: { readonly idCount: number; readonly trie: Trie },
  name: string,
): void {
  for (const [token, id] of special) {
    if (!(id >= 0 && id < vocabulary.idCount) || lengthOf(vocabulary.trie, id) === 0) continue;
    throw new TokenwireError(
      "INVALID_ARGUMENT",
      `Special token ${JSON.stringify(token)} has the ID ${id}, which an ordinary token of ${name} has already.`,
    );
  }
}
