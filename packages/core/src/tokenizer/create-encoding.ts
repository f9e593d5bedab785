// Ways to make an `Encoding`: from ranks, from a packed vocabulary, from another encoding.

import { TokenwireError } from "../errors.ts";
import { createPieceEncoder } from "./bpe/piece-encoder.ts";
import { Encoding } from "./encoding.ts";
import { knownScanner } from "./pretokenize/patterns.ts";
import type { Scanner } from "./pretokenize/scanner.ts";
import { TokenBytes } from "./token-decoder.ts";
import { buildTrie, type RankedToken } from "./vocabulary/build-trie.ts";
import { unpackVocabulary } from "./vocabulary/packed.ts";
import type { Trie } from "./vocabulary/trie.ts";

function baseOf(trie: Trie, canonical: boolean, pattern: string, scan: Scanner) {
  return {
    pattern,
    scan,
    tokens: new TokenBytes(trie),
    pieces: createPieceEncoder(trie, canonical),
    canonical,
  };
}

export interface PackedEncodingDefinition {
  readonly name: string;
  readonly pattern: string;
  readonly vocabulary: Uint8Array;
  readonly idLimit?: number | undefined;
  readonly normalization?: "NFC" | undefined;
  readonly specialTokens: ReadonlyMap<string, number>;
}

export function createPackedEncoding(definition: PackedEncodingDefinition): Encoding {
  const { trie } = unpackVocabulary(definition.vocabulary, { idLimit: definition.idLimit });
  const scan = knownScanner(definition.pattern);
  if (scan === undefined) throw new TokenwireError("INVALID_ARGUMENT", "pattern");
  return new Encoding(
    definition.name,
    baseOf(trie, true, definition.pattern, scan),
    definition.specialTokens,
  );
}

export function extendEncoding(
  encoding: Encoding,
  { name, specialTokens }: { readonly name: string; readonly specialTokens: ReadonlyMap<string, number> },
): Encoding {
  return new Encoding(name, encoding.base, new Map([...encoding.specialTokens, ...specialTokens]));
}

/** The same vocabulary and pattern with another set of special tokens. */
export function replaceSpecialTokens(
  encoding: Encoding,
  { name, specialTokens }: { readonly name: string; readonly specialTokens: ReadonlyMap<string, number> },
): Encoding {
  return new Encoding(name, encoding.base, specialTokens);
}

export function createEncoding(definition: {
  readonly name: string;
  readonly pattern: string;
  readonly ranks: readonly RankedToken[];
  readonly specialTokens: ReadonlyMap<string, number>;
}): Encoding {
  const { trie, canonical } = buildTrie(definition.ranks);
  const scan = knownScanner(definition.pattern);
  if (scan === undefined) throw new TokenwireError("INVALID_ARGUMENT", "pattern");
  return new Encoding(
    definition.name,
    baseOf(trie, canonical, definition.pattern, scan),
    definition.specialTokens,
  );
}
