// A map in binary: a fifth of the JSON's size, and smaller compressed. The facts of the map stay JSON; the vocabulary is a
// list of token bytes by ID, and merges that ranks imply are left out and derived again.
//
//   "TWM" 01, varint length, header JSON, varint count, entries, varint merge count, merges
//   entry = varint ID distance, varint (length × 2 + literal), bytes        merge = varint left ID, varint right ID

import { decodeUtf8Strict, encodeUtf8, readVarint } from "../../bytes/index.ts";
import { alphabetToBytes, byteAlphabet } from "../../tokenizer/index.ts";
import { ByteWriter } from "../byte-writer.ts";
import { deriveMerges } from "./convert-tiktoken.ts";
import { TokenizerMapValidationError } from "./map-error.ts";
import { makeMap, TokenizerMap } from "./tokenizer-map.ts";
import { splitMerge } from "./validate-map.ts";

const MAGIC: readonly number[] = [0x54, 0x57, 0x4d, 0x01];

/** Where the merges are. */
type MergeForm = "none" | "derived" | "listed";

/** Bytes that a key stands for, or undefined when it is literal text. */
function keyBytes(map: TokenizerMap, key: string): Uint8Array | undefined {
  const literal = map.special_tokens !== undefined && Object.hasOwn(map.special_tokens, key);
  return map.encoder === "byte_level" && !literal ? alphabetToBytes(key) : undefined;
}

function derivedMerges(map: TokenizerMap): string[] {
  const tokens: [Uint8Array, number][] = [];
  for (const [key, id] of Object.entries(map.vocab ?? {})) {
    const bytes = keyBytes(map, key);
    if (bytes !== undefined) tokens.push([bytes, id]);
  }
  tokens.sort((left, right) => left[1] - right[1]);
  const keys = new Map(tokens.map(([bytes, id]) => [id, alphabetText(bytes)]));
  return deriveMerges(tokens).map(([left, right]) => `${keys.get(left)} ${keys.get(right)}`);
}

function alphabetText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byteAlphabet[byte];
  return text;
}

function mergeForm(map: TokenizerMap): MergeForm {
  if (map.merges === undefined) return "none";
  const derived = map.encoder === "byte_level" ? derivedMerges(map) : [];
  const same =
    derived.length === map.merges.length && derived.every((merge, index) => merge === map.merges?.[index]);
  return same ? "derived" : "listed";
}

/**
 * The compact form of a map with `vocab`. Reading it back gives an equal map, with the vocabulary in the order of its IDs.
 * Raises `TokenizerMapValidationError` for merges that name tokens outside the vocabulary.
 */
export function encodeCompactMap(map: TokenizerMap): Uint8Array {
  if (map.vocab === undefined) throw new TokenizerMapValidationError("the compact form needs vocab.");
  const { vocab, merges, ...facts } = map;
  const form = mergeForm(map);
  const out = new ByteWriter();
  out.raw(MAGIC);
  const header = encodeUtf8(JSON.stringify({ ...facts, merges: form }));
  out.varint(header.length);
  out.raw(header);
  const entries = Object.entries(vocab).sort((left, right) => left[1] - right[1]);
  out.varint(entries.length);
  let previous = 0;
  for (const [key, id] of entries) {
    const bytes = keyBytes(map, key);
    const stored = bytes ?? encodeUtf8(key);
    out.varint(id - previous);
    out.varint(2 * stored.length + (bytes === undefined ? 1 : 0));
    out.raw(stored);
    previous = id;
  }
  writeMerges(out, form === "listed" ? (merges ?? []) : [], vocab);
  return out.take().slice();
}

function writeMerges(
  out: ByteWriter,
  merges: readonly string[],
  vocab: Readonly<Record<string, number>>,
): void {
  const isToken = (token: string): boolean => Object.hasOwn(vocab, token);
  out.varint(merges.length);
  for (const merge of merges) {
    const sides = splitMerge(merge, isToken);
    if (sides === undefined || !isToken(sides[0]) || !isToken(sides[1])) {
      throw new TokenizerMapValidationError(
        `the merge ${JSON.stringify(merge)} names tokens that are not in vocab.`,
      );
    }
    out.varint(vocab[sides[0]]!);
    out.varint(vocab[sides[1]]!);
  }
}

/** The bytes are a compact map. */
export function isCompactMap(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, index) => bytes[index] === byte);
}

class CompactReader {
  readonly bytes: Uint8Array;
  at: number = MAGIC.length;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  varint(): number {
    const value = readVarint(this.bytes, this, this.bytes.length);
    if (value === undefined) throw new TokenizerMapValidationError("the compact form is damaged or cut off.");
    return value;
  }

  take(length: number): Uint8Array {
    if (length > this.bytes.length - this.at)
      throw new TokenizerMapValidationError("the compact form is cut off.");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  text(length: number): string {
    try {
      return decodeUtf8Strict(this.take(length));
    } catch (error) {
      if (error instanceof TokenizerMapValidationError) throw error;
      throw new TokenizerMapValidationError("the compact form holds text that is not UTF-8.");
    }
  }
}

/** The map in its compact form, checked. */
export function decodeCompactMap(bytes: Uint8Array): TokenizerMap {
  if (!isCompactMap(bytes)) throw new TokenizerMapValidationError("it is not in the compact form.");
  const reader = new CompactReader(bytes);
  const header = parseHeader(reader.text(reader.varint()));
  const entries: [string, number][] = [];
  let id = 0;
  for (let left = reader.varint(); left > 0; left--) {
    id += reader.varint();
    const size = reader.varint();
    const length = Math.floor(size / 2);
    entries.push([size % 2 === 1 ? reader.text(length) : alphabetText(reader.take(length)), id]);
  }
  const listed = readMerges(reader, new Map(entries.map(([key, entry]) => [entry, key])));
  if (reader.at !== bytes.length) throw new TokenizerMapValidationError("bytes follow the compact form.");
  const { merges: form, id: mapId, version, vocab_size: size, encoder, ...rest } = header;
  const map = {
    id: mapId,
    version,
    vocab_size: size,
    vocab: Object.fromEntries(entries),
    ...(encoder === undefined ? {} : { encoder }),
  };
  const merges = form === "derived" ? derivedMerges({ ...map, ...rest } as TokenizerMap) : listed;
  return makeMap({ ...map, ...(form === "none" ? {} : { merges }), ...rest } as unknown as TokenizerMap);
}

function parseHeader(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Falls through to the one error for both.
  }
  throw new TokenizerMapValidationError("the header of the compact form is not a JSON object.");
}

function readMerges(reader: CompactReader, keys: ReadonlyMap<number, string>): string[] {
  const merges: string[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const sides = [keys.get(reader.varint()), keys.get(reader.varint())];
    if (sides.includes(undefined))
      throw new TokenizerMapValidationError("a merge of the compact form names an unknown ID.");
    merges.push(sides.join(" "));
  }
  return merges;
}

/** A map from bytes of either form: JSON or compact. */
export function parseMap(bytes: Uint8Array): TokenizerMap {
  return isCompactMap(bytes) ? decodeCompactMap(bytes) : TokenizerMap.fromJson(bytes);
}
