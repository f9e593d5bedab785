// Byte-pair encoding as a map describes it: merges of vocabulary entries by rank. Works on IDs: a piece becomes the IDs of
// its bytes (byte-level) or characters (metaspace), which then merge.

import { byteAlphabet, MergeTable, mergeSymbols } from "../../tokenizer/index.ts";
import { CodecError } from "../codec-error.ts";
import type { MapVocabulary } from "../maps/map-vocabulary.ts";
import { splitMerge } from "../maps/validate-map.ts";

/** Pieces whose IDs are remembered, and the longest such piece. When the table is full it starts anew. */
const CACHE_ENTRIES = 65_536;
const CACHED_LENGTH = 48;

export class BpeModel {
  readonly vocabulary: MapVocabulary;
  readonly merges: MergeTable;
  readonly ignoreMerges: boolean;
  /** ID of each byte, -1 where the vocabulary lacks it. */
  readonly #byteIds: Int32Array;
  readonly #cache: Map<string, readonly number[]> = new Map();
  #symbols: Int32Array = new Int32Array(256);
  #longestToken = 0;

  constructor(vocabulary: MapVocabulary) {
    this.vocabulary = vocabulary;
    this.ignoreMerges = vocabulary.map.ext?.ignore_merges ?? false;
    this.#byteIds = Int32Array.from(byteAlphabet, (character) => vocabulary.ids.get(character) ?? -1);
    this.merges = compileMerges(vocabulary);
  }

  /** Symbols of the longest token, or a few more where a key is literal text. */
  get longestToken(): number {
    if (this.#longestToken === 0) {
      for (const key of this.vocabulary.ids.keys())
        this.#longestToken = Math.max(this.#longestToken, key.length);
    }
    return this.#longestToken;
  }

  /** Appends the IDs of a piece that pre-tokenization never splits. */
  encodePiece(piece: string, out: number[]): void {
    const known = this.#cache.get(piece);
    if (known !== undefined) {
      for (let index = 0; index < known.length; index++) out.push(known[index]!);
      return;
    }
    const from = out.length;
    const whole = this.ignoreMerges ? this.#wholePiece(piece) : undefined;
    if (whole !== undefined) out.push(whole);
    else this.encodeSymbols(this.symbolsOf(piece), out);
    if (piece.length > CACHED_LENGTH) return;
    if (this.#cache.size >= CACHE_ENTRIES) this.#cache.clear();
    this.#cache.set(piece, out.slice(from));
  }

  /** Merges symbols and appends what is left of them. */
  encodeSymbols(symbols: Int32Array, out: number[]): void {
    const length = mergeSymbols(symbols, symbols.length, this.merges);
    for (let index = 0; index < length; index++) out.push(symbols[index]!);
  }

  /** The symbols that a piece starts from, as a view that the next call overwrites. */
  symbolsOf(piece: string): Int32Array {
    if (this.#symbols.length < 4 * piece.length) this.#symbols = new Int32Array(8 * piece.length);
    const length = this.vocabulary.form === "byte_level" ? this.#bytes(piece) : this.#characters(piece);
    return this.#symbols.subarray(0, length);
  }

  #wholePiece(piece: string): number | undefined {
    const { ids, form } = this.vocabulary;
    if (form !== "byte_level") return ids.get(piece);
    let key = "";
    for (const byte of utf8Bytes(piece)) key += byteAlphabet[byte];
    return ids.get(key);
  }

  #bytes(piece: string): number {
    const symbols = this.#symbols;
    let length = 0;
    for (let at = 0; at < piece.length; at++) {
      const unit = piece.charCodeAt(at);
      if (unit < 0x80) {
        symbols[length++] = this.#byteId(unit);
        continue;
      }
      const code = piece.codePointAt(at)!;
      if (code > 0xffff) at++;
      for (const byte of bytesOfCode(code)) symbols[length++] = this.#byteId(byte);
    }
    return length;
  }

  #byteId(byte: number): number {
    const id = this.#byteIds[byte]!;
    return id >= 0 ? id : this.#unknown(`byte 0x${byte.toString(16).padStart(2, "0")}`);
  }

  #characters(piece: string): number {
    const { ids, byteFallback } = this.vocabulary;
    const symbols = this.#symbols;
    let length = 0;
    for (const character of piece) {
      const id = ids.get(character);
      if (id !== undefined) symbols[length++] = id;
      else if (byteFallback === undefined) symbols[length++] = this.#unknown(JSON.stringify(character));
      else for (const byte of utf8Bytes(character)) symbols[length++] = byteFallback[byte]!;
    }
    return length;
  }

  #unknown(what: string): number {
    const { map, ids } = this.vocabulary;
    const id = map.ext?.unk_id ?? ids.get("<unk>");
    if (id !== undefined) return id;
    throw new CodecError(
      "CODEC_BAD_MAP",
      `Map ${map.id} has no token for ${what}, and neither byte fallback nor unk_id.`,
    );
  }
}

function compileMerges({ map, ids }: MapVocabulary): MergeTable {
  const merges = map.merges ?? [];
  const table = new MergeTable(merges.length);
  const isToken = (token: string): boolean => ids.has(token);
  for (const [rank, merge] of merges.entries()) {
    const sides = splitMerge(merge, isToken);
    if (sides === undefined) continue;
    const left = ids.get(sides[0]);
    const right = ids.get(sides[1]);
    const result = ids.get(sides[0] + sides[1]);
    // A merge of, or into, something that has no ID can never show in the result. The first rank of a pair counts.
    if (left === undefined || right === undefined || result === undefined) continue;
    if (table.find(left, right) === -1) table.set(left, right, rank, result);
  }
  return table;
}

function bytesOfCode(code: number): number[] {
  const scalar = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
  const last = 0x80 | (scalar & 0x3f);
  if (scalar < 0x80) return [scalar];
  if (scalar < 0x800) return [0xc0 | (scalar >> 6), last];
  const middle = 0x80 | ((scalar >> 6) & 0x3f);
  if (scalar < 0x10000) return [0xe0 | (scalar >> 12), middle, last];
  return [0xf0 | (scalar >> 18), 0x80 | ((scalar >> 12) & 0x3f), middle, last];
}

function utf8Bytes(text: string): number[] {
  return Array.from(text, (character) => bytesOfCode(character.codePointAt(0)!)).flat();
}
