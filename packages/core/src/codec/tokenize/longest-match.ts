// For maps without merges: at each position the longest entry of the vocabulary. Not the model's own tokenization, but
// IDs that decode to the text.

import type { SpecialTokenSet } from "../../tokenizer/index.ts";
import { CodecError } from "../codec-error.ts";
import { KIND, type MapVocabulary, vocabularyOf } from "../maps/map-vocabulary.ts";
import type { TokenizerMap } from "../maps/tokenizer-map.ts";
import { normalize } from "./normalize.ts";

export interface LongestMatchOptions {
  /**
   * Text that no entry matches: the unknown token and one character on, an error, or (as reference clients do) ID 0 and
   * one UTF-16 unit on. Default: `"unk"` where the map has one, else `"error"`.
   */
  readonly onUnknown?: "unk" | "error" | "legacy-zero";
}

/** A trie over UTF-16 units. */
interface TrieNode {
  id: number;
  readonly next: Map<number, TrieNode>;
}

const newNode = (): TrieNode => ({ id: -1, next: new Map() });

function insert(root: TrieNode, text: string, id: number): void {
  if (text === "") return;
  let node = root;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    let child = node.next.get(unit);
    if (child === undefined) {
      child = newNode();
      node.next.set(unit, child);
    }
    node = child;
  }
  if (node.id < 0) node.id = id;
}

export class LongestMatchTokenizer {
  readonly id: string;
  readonly #map: TokenizerMap;
  readonly #vocabulary: MapVocabulary;
  readonly #root: TrieNode = newNode();
  readonly #onUnknown: "unk" | "error" | "legacy-zero";
  readonly #unknownId: number | undefined;

  constructor(map: TokenizerMap, options: LongestMatchOptions = {}) {
    this.id = map.id;
    this.#map = map;
    this.#vocabulary = vocabularyOf(map);
    this.#unknownId = map.ext?.unk_id ?? this.#vocabulary.ids.get("<unk>");
    this.#onUnknown = options.onUnknown ?? (this.#unknownId === undefined ? "error" : "unk");
    for (let id = 0; id < this.#vocabulary.idCount; id++) {
      if (this.#vocabulary.kinds[id] === KIND.token) insert(this.#root, this.#textOf(id), id);
    }
  }

  /** IDs of `text`. Special tokens in it are text unless `allowedSpecial` names them. */
  encode(text: string, options: { readonly allowedSpecial?: SpecialTokenSet } = {}): number[] {
    const normalized = normalize(text, this.#map.ext?.normalizers ?? []);
    const specials = this.#specials(options.allowedSpecial ?? []);
    const out: number[] = [];
    for (let at = 0; at < normalized.length; ) {
      const [id, length] =
        longest(specials, normalized, at) ??
        longest(this.#root, normalized, at) ??
        this.#unknown(normalized, at);
      out.push(id);
      at += length;
    }
    return out;
  }

  #textOf(id: number): string {
    if (this.#vocabulary.form !== "byte_level") return this.#vocabulary.literalOf(id);
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.#vocabulary.bytesOf(id));
    return text.includes("\ufffd") ? "" : text;
  }

  /** Allowed special tokens by every spelling: a name without angle brackets is also written `<|name|>`. */
  #specials(allowed: SpecialTokenSet): TrieNode {
    const root = newNode();
    const all = this.#vocabulary.specials;
    for (const name of allowed === "all" ? all.keys() : allowed) {
      const id = all.get(name);
      if (id === undefined)
        throw new CodecError(
          "INVALID_ARGUMENT",
          `Map ${this.id} has no special token ${JSON.stringify(name)}.`,
        );
      insert(root, name, id);
      if (!name.startsWith("<")) insert(root, `<|${name}|>`, id);
    }
    return root;
  }

  #unknown(text: string, at: number): readonly [number, number] {
    if (this.#onUnknown === "legacy-zero") return [0, 1];
    const character = String.fromCodePoint(text.codePointAt(at)!);
    if (this.#onUnknown === "unk" && this.#unknownId !== undefined)
      return [this.#unknownId, character.length];
    throw new CodecError(
      "CODEC_BAD_MAP",
      `Map ${this.id} has no entry for ${JSON.stringify(character)} at index ${at}. Pass onUnknown: "unk" for maps with an unknown token.`,
    );
  }
}

function longest(root: TrieNode, text: string, from: number): readonly [number, number] | undefined {
  let found: readonly [number, number] | undefined;
  let node: TrieNode | undefined = root;
  for (let at = from; at < text.length; at++) {
    node = node.next.get(text.charCodeAt(at));
    if (node === undefined) break;
    if (node.id >= 0) found = [node.id, at + 1 - from];
  }
  return found;
}
