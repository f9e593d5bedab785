// IDs to text, as they arrive. Text of any sequence of calls is exactly that of one call, however the IDs are cut.

import { decodeUtf8, decodeUtf8Strict, encodeUtf8, Utf8Decoder } from "../../bytes/index.ts";
import { alphabetToBytes, bytesToAlphabet } from "../../tokenizer/index.ts";
import { CodecError } from "../codec-error.ts";
import { KIND, type MapVocabulary, vocabularyOf } from "../maps/map-vocabulary.ts";
import type { TokenizerMap } from "../maps/tokenizer-map.ts";

const REPLACEMENT = "\ufffd";

export interface DetokenizerOptions {
  /** Drop the space that a metaspace vocabulary adds at the start of a text. Default: true. */
  readonly stripLeft?: boolean;
  /** What an ID that the map does not have becomes. Default: `"replace"`, U+FFFD. */
  readonly onUnknown?: "replace" | "skip" | "error";
}

export interface RenderOptions {
  /** More IDs follow: hold back an incomplete character. Default: false. */
  readonly partial?: boolean;
  /** Write special tokens out. Default: false, they are left out. */
  readonly renderSpecial?: boolean;
}

/** Texts of IDs that are complete on their own, per vocabulary: `undefined` until asked for, `null` for part of a character. */
const textTables = new WeakMap<MapVocabulary, (string | null | undefined)[]>();

function tableOf(vocabulary: MapVocabulary): (string | null | undefined)[] {
  let table = textTables.get(vocabulary);
  if (table === undefined) {
    table = new Array<string | null | undefined>(vocabulary.idCount).fill(undefined);
    textTables.set(vocabulary, table);
  }
  return table;
}

function completeText(vocabulary: MapVocabulary, id: number): string | null {
  const bytes = vocabulary.bytesOf(id);
  const text = decodeUtf8(bytes);
  if (!text.includes(REPLACEMENT)) return text;
  // Either not complete UTF-8, or a token that really holds U+FFFD.
  return encodeUtf8(text).length === bytes.length && isSame(encodeUtf8(text), bytes) ? text : null;
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.every((byte, index) => byte === right[index]);
}

/** Spaces that decoding drops at the start, by the rules for maps that do not say. */
export function prependOf(map: TokenizerMap): "always" | "first" | "never" {
  const declared = map.ext?.metaspace?.prepend;
  if (declared !== undefined) return declared;
  if (map.id.startsWith("google/gemma")) return "never";
  const always = ["meta-llama/llama-2", "microsoft/phi-3", "mistralai/codestral"];
  return always.includes(map.id) ? "always" : "first";
}

function stripLeftOf(map: TokenizerMap): number {
  const declared = map.ext?.decoder?.strip_left;
  if (declared !== undefined) return declared;
  return map.encoder === "metaspace" && prependOf(map) !== "never" ? 1 : 0;
}

/**
 * Renders the IDs of one sequence.
 *
 * @example
 * const detokenizer = new Detokenizer(map);
 * for await (const frame of frames) write(detokenizer.render(frame.ids, { partial: !frame.done }));
 */
export class Detokenizer {
  readonly map: TokenizerMap;
  readonly #vocabulary: MapVocabulary;
  readonly #texts: (string | null | undefined)[];
  readonly #bytes: Utf8Decoder = new Utf8Decoder();
  readonly #onUnknown: "replace" | "skip" | "error";
  readonly #stripLeft: number;
  readonly #stripRight: number;
  readonly #perByte: boolean;
  /** Spaces that may still be dropped; 0 once any text came. */
  #leftToStrip: number;
  /** Part of a character is held in `#bytes`. */
  #pending = false;
  /** Byte-fallback run held back in per-byte mode. */
  #run: number[] = [];
  /** Spaces at the end of the text so far, which `strip_right` may drop. */
  #heldSpaces = "";

  constructor(map: TokenizerMap, options: DetokenizerOptions = {}) {
    this.map = map;
    this.#vocabulary = vocabularyOf(map);
    this.#texts = tableOf(this.#vocabulary);
    this.#onUnknown = options.onUnknown ?? "replace";
    this.#stripLeft = options.stripLeft === false ? 0 : stripLeftOf(map);
    this.#stripRight = map.ext?.decoder?.strip_right ?? 0;
    this.#perByte = map.ext?.decoder?.byte_fallback_errors === "per_byte";
    this.#leftToStrip = this.#stripLeft;
  }

  /** The text that these IDs complete. Without `partial`, what was held back comes out too. */
  render(ids: ArrayLike<number>, options: RenderOptions = {}): string {
    const texts = this.#texts;
    const renderSpecial = options.renderSpecial === true;
    const count = ids.length;
    let out = "";
    for (let index = 0; index < count; index++) {
      const id = ids[index]!;
      const text = texts[id];
      // Empty for special tokens, so that leaving them out is the fast path too.
      if (typeof text === "string" && !this.#pending && (text !== "" || !renderSpecial)) out += text;
      else out += this.#slow(id, renderSpecial);
    }
    if (options.partial !== true) out += this.#flush();
    return this.#leftToStrip > 0 || this.#stripRight > 0 ? this.#strip(out, options.partial === true) : out;
  }

  /** Forgets everything: the next ID is the first of a new sequence. */
  reset(): void {
    this.#bytes.end();
    this.#pending = false;
    this.#run = [];
    this.#heldSpaces = "";
    this.#leftToStrip = this.#stripLeft;
  }

  #slow(id: number, renderSpecial: boolean): string {
    const vocabulary = this.#vocabulary;
    const kind = vocabulary.kinds[id] ?? KIND.unknown;
    if (kind === KIND.special) {
      if (!renderSpecial) this.#texts[id] = "";
      return this.#flush() + (renderSpecial ? (vocabulary.keys[id] ?? "") : "");
    }
    if (kind === KIND.unknown) return this.#flush() + this.#unknown(id);
    if (kind === KIND.byte) return this.#byte(vocabulary.byteOf(id));
    let text = this.#texts[id];
    if (text === undefined) {
      text = completeText(vocabulary, id);
      this.#texts[id] = text;
    }
    // A complete text never begins inside a character: what is pending stays incomplete.
    if (text !== null) return this.#flush() + text;
    return this.#flushRun() + this.#push(vocabulary.bytesOf(id));
  }

  #byte(byte: number): string {
    if (!this.#perByte) return this.#push(Uint8Array.of(byte));
    this.#run.push(byte);
    this.#pending = true;
    return "";
  }

  #push(bytes: Uint8Array): string {
    const text = this.#bytes.push(bytes);
    this.#pending = this.#bytes.pendingLength > 0;
    return text;
  }

  #unknown(id: number): string {
    if (this.#onUnknown === "error") {
      throw new CodecError(
        "INVALID_TOKEN",
        `Map ${this.map.id} has no token ${id}. Is it the map of this model?`,
      );
    }
    return this.#onUnknown === "replace" ? REPLACEMENT : "";
  }

  #flush(): string {
    if (!this.#pending) return "";
    const run = this.#flushRun();
    this.#pending = false;
    return run + this.#bytes.end();
  }

  /** Per-byte mode: a run of byte tokens is text as a whole or one U+FFFD per byte. */
  #flushRun(): string {
    if (this.#run.length === 0) return "";
    const run = Uint8Array.from(this.#run);
    this.#run = [];
    this.#pending = this.#bytes.pendingLength > 0;
    try {
      return decodeUtf8Strict(run);
    } catch {
      return REPLACEMENT.repeat(run.length);
    }
  }

  #strip(text: string, partial: boolean): string {
    let from = 0;
    while (this.#leftToStrip > 0 && from < text.length) {
      if (text.charCodeAt(from) !== 0x20) this.#leftToStrip = 0;
      else {
        from++;
        this.#leftToStrip--;
      }
    }
    const kept = from === 0 ? text : text.slice(from);
    return this.#stripRight > 0 ? this.#holdSpaces(kept, partial) : kept;
  }

  #holdSpaces(text: string, partial: boolean): string {
    const all = this.#heldSpaces + text;
    let end = all.length;
    while (end > 0 && all.length - end < this.#stripRight && all.charCodeAt(end - 1) === 0x20) end--;
    this.#heldSpaces = partial ? all.slice(end) : "";
    return all.slice(0, end);
  }
}

/** Text of a whole sequence of IDs: `detokenize(map, [9707, 11, 1879, 0])`. */
export function detokenize(
  map: TokenizerMap,
  ids: ArrayLike<number>,
  options: DetokenizerOptions & { readonly renderSpecial?: boolean } = {},
): string {
  return new Detokenizer(map, options).render(ids, { renderSpecial: options.renderSpecial ?? false });
}

/** The bytes behind a key of a byte-level vocabulary; undefined when it has other characters. */
export function decodeByteLevelToken(key: string): Uint8Array | undefined {
  return alphabetToBytes(key);
}

/** Text in the alphabet of byte-level vocabularies: `encodeByteLevelChars(" a")` is `"Ġa"`. */
export function encodeByteLevelChars(text: string): string {
  return bytesToAlphabet(text);
}
