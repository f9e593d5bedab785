// Ways to make an `Encoding`: from ranks, from a packed vocabulary, from another encoding.

import { TokenwireError } from "../errors.ts";
import { createPieceEncoder } from "./bpe/piece-encoder.ts";
import { Encoding } from "./encoding.ts";
import { EncodingBase, type LoadedVocabulary, type Normalization } from "./encoding-base.ts";
import { createKernelMemory } from "./fast/choose-kernel.ts";
import { createPreTokenizer } from "./pretokenize/pre-tokenizer.ts";
import { type Ranks, rankedTokens } from "./ranks.ts";
import { requireFreeIds, type SpecialTokenMap, specialTokenMap } from "./special-token-map.ts";
import { buildTrie } from "./vocabulary/build-trie.ts";

export interface EncodingDefinition {
  readonly name: string;
  /** The regular expression that cuts text into pieces, in the syntax of tiktoken and Hugging Face. */
  readonly pattern: string;
  /** Tokens and their ranks, which are their IDs: what `parseTiktoken` returns, or a list. */
  readonly ranks: Ranks;
  readonly specialTokens?: SpecialTokenMap;
  readonly normalization?: Normalization;
  /** If given, the number of IDs that tokens and special tokens must have together; checked as tiktoken does. */
  readonly explicitVocabSize?: number;
}

/**
 * An encoding of your own.
 *
 *     createEncoding({ name: "mine", pattern, ranks: parseTiktoken(text), specialTokens: { "<|end|>": 50_000 } });
 *
 * Raises DAMAGED_VOCABULARY for contradictory ranks, INVALID_ARGUMENT for special tokens that collide with them, and
 * UNSUPPORTED_TOKENIZER for a pattern with constructs that cannot be translated.
 */
export function createEncoding(definition: EncodingDefinition): Encoding {
  const { name, pattern, explicitVocabSize } = definition;
  const tokens = rankedTokens(definition.ranks);
  const special = specialTokenMap(definition.specialTokens);
  const memory = createKernelMemory();
  const { trie, canonical } = buildTrie(tokens, memory?.arena);
  requireFreeIds(special, { idCount: trie.idCount, trie }, name);
  const vocabulary: LoadedVocabulary = {
    trie,
    pieces: createPieceEncoder(trie, canonical),
    // The fast kernel backtracks.
    memory: canonical ? memory : undefined,
  };
  const source = { idCount: trie.idCount, load: () => vocabulary };
  const base = new EncodingBase(source, createPreTokenizer(pattern), definition.normalization);
  const encoding = new Encoding(name, base, special);
  if (explicitVocabSize !== undefined) checkVocabSize(encoding, tokens.length, explicitVocabSize);
  return encoding;
}

function checkVocabSize(encoding: Encoding, tokenCount: number, expected: number): void {
  const actual = tokenCount + encoding.specialTokens.size;
  if (actual === expected && encoding.vocabSize === expected) return;
  throw new TokenwireError(
    "DAMAGED_VOCABULARY",
    `${encoding.name} has ${actual} tokens and a largest ID of ${encoding.maxTokenValue}; explicitVocabSize says ${expected} and ${expected - 1}.`,
  );
}
