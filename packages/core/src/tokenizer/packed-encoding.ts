// Encodings from packed vocabularies. Apart from `createEncoding`, so that a bundle with a packed vocabulary carries
// neither the trie builder nor the regular-expression fallback.

import { refuse } from "./arguments.ts";
import { Backtracker } from "./bpe/backtrack.ts";
import { Encoding } from "./encoding.ts";
import { EncodingBase, type LoadedVocabulary, type Normalization } from "./encoding-base.ts";
import { type Backend, createKernelMemory } from "./fast/choose-kernel.ts";
import { knownPreTokenizer } from "./pretokenize/known-pre-tokenizer.ts";
import { shippedPattern } from "./pretokenize/shipped-patterns.ts";
import { type SpecialTokenMap, specialTokenMap } from "./special-token-map.ts";
import { readPacked } from "./vocabulary/packed.ts";
import { PackedSearch } from "./vocabulary/packed-search.ts";
import { unpackVocabulary } from "./vocabulary/unpack.ts";

export interface PackedEncodingDefinition {
  readonly name: string;
  /** One of `knownPatterns`. */
  readonly pattern: string;
  /** The packed vocabulary: see vocabulary/packed.ts. */
  readonly vocabulary: Uint8Array;
  /** Leave out tokens with this ID and above. */
  readonly idLimit?: number | undefined;
  readonly normalization?: Normalization | undefined;
  readonly specialTokens?: SpecialTokenMap;
  /** "js" keeps to the plain TypeScript kernel. Default: the fastest that works here. */
  readonly backend?: Backend;
}

/** An encoding from a packed vocabulary. Raises DAMAGED_VOCABULARY, and INVALID_ARGUMENT for an unknown pattern. */
export function createPackedEncoding(definition: PackedEncodingDefinition): Encoding {
  const { name, pattern, vocabulary, idLimit, normalization } = definition;
  const known = shippedPattern(pattern);
  if (known === undefined) {
    refuse(
      `the pattern of ${name} must be one of knownPatterns`,
      pattern,
      " For others use createEncoding().",
    );
  }
  const sections = readPacked(vocabulary);
  const idCount = Math.min(idLimit ?? sections.idCount, sections.idCount);
  const load = (): LoadedVocabulary => {
    const memory = definition.backend === "js" ? undefined : createKernelMemory();
    const trie = unpackVocabulary(sections, { idLimit, unpacker: memory });
    return { trie, pieces: new Backtracker(trie), memory };
  };
  const source = { idCount, load, search: new PackedSearch(sections, idCount) };
  const base = new EncodingBase(source, knownPreTokenizer(pattern, known), normalization);
  return new Encoding(name, base, specialTokenMap(definition.specialTokens));
}
