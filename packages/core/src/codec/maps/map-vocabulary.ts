// The vocabulary of a map in the form that tokenizers and detokenizers share: tables by ID, built once per map.

import { encodeUtf8 } from "../../bytes/index.ts";
import { alphabetToBytes, byteAlphabet } from "../../tokenizer/index.ts";
import { CodecLimitError } from "../codec-error.ts";
import type { TokenizerMap } from "./tokenizer-map.ts";

/** What an ID stands for. */
export const KIND = { unknown: 0, token: 1, special: 2, byte: 3, literal: 4 } as const;

/** U+2581, which stands for a space in metaspace vocabularies. */
export const METASPACE = "\u2581";

/** Tables have one entry per ID up to the largest; an untrusted map must not choose their size freely. */
const MAX_TABLE_ID = 16_777_215;
const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/;

export class MapVocabulary {
  readonly map: TokenizerMap;
  readonly form: "byte_level" | "metaspace" | "identity";
  /** One more than the largest ID. */
  readonly idCount: number;
  readonly kinds: Uint8Array;
  /** The key of each ID, as in the map. */
  readonly keys: (string | undefined)[];
  /** IDs by key, special tokens included. */
  readonly ids: Map<string, number>;
  readonly specials: ReadonlyMap<string, number>;
  /** IDs that stand for single bytes of text that the vocabulary lacks, by byte. */
  readonly byteFallback: readonly number[] | undefined;
  readonly replacement: string;
  readonly #byteValues: Map<number, number> = new Map();

  constructor(map: TokenizerMap) {
    this.map = map;
    this.form = map.encoder ?? "identity";
    this.replacement = map.ext?.metaspace?.replacement ?? METASPACE;
    this.specials = new Map(Object.entries(map.special_tokens ?? {}));
    const entries = vocabEntries(map);
    this.idCount = 1 + largestId(map, entries);
    this.kinds = new Uint8Array(this.idCount);
    this.keys = new Array<string | undefined>(this.idCount);
    this.ids = new Map();
    for (const [key, id] of entries) this.#add(key, id, KIND.token);
    for (const { content, id } of map.ext?.added_tokens ?? []) this.#set(content, id, KIND.literal);
    for (const [name, id] of this.specials) this.#set(name, id, KIND.special);
    this.byteFallback = this.#findByteFallback();
  }

  /** Byte of an ID whose kind is `byte`. */
  byteOf(id: number): number {
    return this.#byteValues.get(id) ?? 0;
  }

  /** The bytes that an ID adds to the text. Empty for unknown IDs. */
  bytesOf(id: number): Uint8Array {
    const key = this.keys[id];
    if (key === undefined) return new Uint8Array(0);
    const kind = this.kinds[id];
    if (kind === KIND.byte) return Uint8Array.of(this.byteOf(id));
    if (kind === KIND.token && this.form === "byte_level") {
      const bytes = alphabetToBytes(key);
      if (bytes !== undefined) return bytes;
    }
    return encodeUtf8(this.literalOf(id));
  }

  /** The text of an ID that is not a sequence of bytes. */
  literalOf(id: number): string {
    const key = this.keys[id] ?? "";
    return this.form === "metaspace" && this.kinds[id] === KIND.token
      ? key.replaceAll(this.replacement, " ")
      : key;
  }

  /** The first key of an ID wins. */
  #add(key: string, id: number, kind: number): void {
    this.ids.set(key, id);
    if (this.keys[id] !== undefined) return;
    this.keys[id] = key;
    this.kinds[id] = kind;
    if (this.form === "byte_level") return;
    const byte = key.length === 6 ? BYTE_TOKEN.exec(key)?.[1] : undefined;
    if (byte !== undefined) this.#setByte(id, Number.parseInt(byte, 16));
  }

  #set(key: string, id: number, kind: number): void {
    this.ids.set(key, id);
    this.keys[id] = key;
    this.kinds[id] = kind;
    this.#byteValues.delete(id);
  }

  #setByte(id: number, byte: number): void {
    this.kinds[id] = KIND.byte;
    this.#byteValues.set(id, byte);
  }

  #findByteFallback(): readonly number[] | undefined {
    const { byte_fallback_start: start, ext } = this.map;
    const ids =
      ext?.byte_fallback_ids ??
      (start === undefined ? undefined : Array.from({ length: 256 }, (_, byte) => start + byte));
    for (const [byte, id] of ids?.entries() ?? []) {
      this.keys[id] ??= `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
      this.#setByte(id, byte);
    }
    return ids?.length === 256 ? ids : undefined;
  }
}

function vocabEntries(map: TokenizerMap): readonly (readonly [string, number])[] {
  if (map.vocab !== undefined) return Object.entries(map.vocab);
  return Object.entries(map.tokens ?? {}).map(([id, text]) => [text, Number(id)] as const);
}

function largestId(map: TokenizerMap, entries: readonly (readonly [string, number])[]): number {
  let largest = map.byte_fallback_end ?? 0;
  for (const [, id] of entries) if (id > largest) largest = id;
  for (const id of Object.values(map.special_tokens ?? {})) if (id > largest) largest = id;
  for (const { id } of map.ext?.added_tokens ?? []) if (id > largest) largest = id;
  for (const id of map.ext?.byte_fallback_ids ?? []) if (id > largest) largest = id;
  if (largest > MAX_TABLE_ID) {
    throw new CodecLimitError(
      `Map ${map.id} has ID ${largest}; IDs up to ${MAX_TABLE_ID} can be rendered and encoded.`,
    );
  }
  return largest;
}

const vocabularies = new WeakMap<TokenizerMap, MapVocabulary>();

/** The vocabulary of a map; kept as long as the map is. */
export function vocabularyOf(map: TokenizerMap): MapVocabulary {
  let vocabulary = vocabularies.get(map);
  if (vocabulary === undefined) {
    vocabulary = new MapVocabulary(map);
    vocabularies.set(map, vocabulary);
  }
  return vocabulary;
}

/** The character that a byte-level vocabulary writes for each byte, and back. */
export const BYTE_TO_CHAR: readonly string[] = byteAlphabet;
export const CHAR_TO_BYTE: ReadonlyMap<string, number> = new Map(
  byteAlphabet.map((character, byte) => [character, byte]),
);
