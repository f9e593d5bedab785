// Maps of byte-pair encodings given as ranks. The merges that a map lists are those that the ranks imply.

import { byteAlphabet, type Encoding } from "../../tokenizer/index.ts";
import { CodecError } from "../codec-error.ts";
import { PairTable } from "../pair-table.ts";
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
 * The pair that makes each token, in rank order: what merging by lower ranks leaves of it, when that is exactly two parts.
 * The merges found so far are the rules for the next token: two parts that join to a token without being its pair never
 * stand side by side, because the merging of that stretch alone would have passed through them.
 */
export function deriveMerges(tokens: readonly (readonly [Uint8Array, number])[]): [number, number][] {
  const byteIds = new Map<number, number>();
  for (const [bytes, id] of tokens) if (bytes.length === 1) byteIds.set(bytes[0]!, id);
  const results = new PairTable();
  const merges: [number, number][] = [];
  for (const [bytes, id] of tokens) {
    if (bytes.length < 2) continue;
    const parts = Array.from(bytes, (byte) => byteIds.get(byte) ?? -1);
    if (parts.includes(-1)) continue;
    mergeToPair(parts, results);
    const [left, right] = parts as [number, number];
    if (parts.length !== 2 || results.get(left, right) >= 0) continue;
    results.add(left, right, id);
    merges.push([left, right]);
  }
  return merges;
}

/** Merges the pair of lowest rank, leftmost first, until two parts are left or nothing merges. */
function mergeToPair(parts: number[], results: PairTable): void {
  while (parts.length > 2) {
    let best = -1;
    let at = -1;
    for (let index = 0; index + 1 < parts.length; index++) {
      const result = results.get(parts[index]!, parts[index + 1]!);
      if (result >= 0 && (best < 0 || result < best)) {
        best = result;
        at = index;
      }
    }
    if (at < 0) return;
    parts.splice(at, 2, best);
  }
}

/**
 * A map from ranks.
 *
 * @example
 * convertTiktoken({ ranks: parseTiktoken(text), pattern, specialTokens }, { id: "openai/cl100k_base" });
 */
export function convertTiktoken(source: TiktokenSource, options: ConvertTiktokenOptions): TokenizerMap {
  const ranks = [...source.ranks].sort((left, right) => left[1] - right[1]);
  const tokens = ranks.map(([bytes, rank]) => [keyOf(bytes), rank] as const);
  const keys = new Map(tokens.map(([key, rank]) => [rank, key]));
  const merges = deriveMerges(ranks).map(([left, right]) => `${keys.get(left)} ${keys.get(right)}`);
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
