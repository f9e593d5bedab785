// Maps of byte-pair encodings given as ranks. The merges that a map lists are those that the ranks imply.

import { byteAlphabet, type Encoding } from "../../tokenizer/index.ts";
import { CodecError } from "../codec-error.ts";
import { programOfTiktokenPattern, recogniseAlternation } from "../pretok/recognise.ts";
import { makeMap, type TokenizerMap } from "./tokenizer-map.ts";

/** A tokenizer as tiktoken describes it. */
export interface TiktokenSource {
  /** Token bytes and their rank, which is the ID. */
  readonly ranks: Iterable<readonly [Uint8Array, number]>;
  readonly pattern: string;
  readonly specialTokens?: Readonly<Record<string, number>> | ReadonlyMap<string, number>;
}

export interface ConvertTiktokenOptions {
  readonly id: string;
  readonly version?: string;
  readonly publishedAt?: string;
  /** Write the `ext` block. Default: true. */
  readonly ext?: boolean;
  /** Name of the encoding, for `ext.source`. */
  readonly name?: string;
}

function keyOf(bytes: Uint8Array): string {
  let key = "";
  for (const byte of bytes) key += byteAlphabet[byte];
  return key;
}

/**
 * The pair that makes each token: what merging by lower ranks leaves of it, when that is exactly two parts. Tokens are
 * written in the byte alphabet, one character per byte.
 */
function deriveMerges(
  tokens: readonly (readonly [string, number])[],
  ranks: ReadonlyMap<string, number>,
): string[] {
  const merges: string[] = [];
  for (const [token, rank] of tokens) {
    if (token.length < 2) continue;
    const parts = mergeBelow(token, rank, ranks);
    if (parts.length === 2) merges.push(`${parts[0]} ${parts[1]}`);
  }
  return merges;
}

function mergeBelow(token: string, limit: number, ranks: ReadonlyMap<string, number>): string[] {
  const parts = token.split("");
  while (parts.length > 2) {
    let best = limit;
    let at = -1;
    for (let index = 0; index + 1 < parts.length; index++) {
      const rank = ranks.get(parts[index]! + parts[index + 1]!) ?? limit;
      if (rank < best) {
        best = rank;
        at = index;
      }
    }
    if (at < 0) break;
    parts.splice(at, 2, parts[at]! + parts[at + 1]!);
  }
  return parts;
}

/**
 * A map from ranks.
 *
 * @example
 * convertTiktoken({ ranks: parseTiktoken(text), pattern, specialTokens }, { id: "openai/cl100k_base" });
 */
export function convertTiktoken(source: TiktokenSource, options: ConvertTiktokenOptions): TokenizerMap {
  const tokens = [...source.ranks]
    .map(([bytes, rank]) => [keyOf(bytes), rank] as const)
    .sort((left, right) => left[1] - right[1]);
  const merges = deriveMerges(tokens, new Map(tokens));
  const specials: Record<string, number> = Object.fromEntries(
    source.specialTokens instanceof Map ? source.specialTokens : Object.entries(source.specialTokens ?? {}),
  );
  const ops = recogniseAlternation(source.pattern);
  const program = ops === undefined ? programOfTiktokenPattern(source.pattern) : { version: 1, ops };
  if (program === undefined) {
    throw new CodecError(
      "CODEC_UNSUPPORTED",
      `No pre-tokenizer program expresses the pattern ${source.pattern.slice(0, 120)}`,
    );
  }
  // From entries, so that a token spelled __proto__ is an entry like any other.
  const vocab: Record<string, number> = Object.fromEntries([...tokens, ...Object.entries(specials)]);
  const maxId = Math.max(tokens.at(-1)?.[1] ?? 0, ...Object.values(specials));
  return makeMap({
    id: options.id,
    version: options.version ?? "2",
    vocab_size: maxId + 1,
    vocab,
    encoder: "byte_level",
    merges,
    pre_tokenizer_pattern: source.pattern,
    pre_tokenizer_program: program,
    ...(Object.keys(specials).length > 0 ? { special_tokens: specials } : {}),
    ...(options.publishedAt === undefined ? {} : { published_at: options.publishedAt }),
    ...(options.ext === false
      ? {}
      : {
          ext: {
            schema: 1,
            source: { kind: "tiktoken" as const, name: options.name ?? options.id },
            max_id: maxId,
          },
        }),
  });
}

/** A map of one of our encodings: `mapFromEncoding(getEncoding("cl100k_base"), { id: "openai/cl100k_base" })`. */
export function mapFromEncoding(encoding: Encoding, options: ConvertTiktokenOptions): TokenizerMap {
  const specials = new Set(encoding.specialTokens.values());
  const ranks: [Uint8Array, number][] = [];
  for (const bytes of encoding.tokenByteValues()) {
    const id = encoding.encodeSingleToken(bytes);
    if (!specials.has(id)) ranks.push([bytes, id]);
  }
  return convertTiktoken(
    { ranks, pattern: encoding.pattern, specialTokens: encoding.specialTokens },
    { name: encoding.name, ...options },
  );
}
