// Text to IDs with a dialect map. Special tokens in the text are plain text unless they are allowed by name.

import type { SpecialTokenSet } from "../../tokenizer/index.ts";
import { CodecError } from "../codec-error.ts";
import { type MapVocabulary, vocabularyOf } from "../maps/map-vocabulary.ts";
import type { TokenizerMap } from "../maps/tokenizer-map.ts";
import { programOfTiktokenPattern, recogniseAlternation } from "../pretok/recognise.ts";
import { createRegexSplitter } from "../pretok/regex-splitter.ts";
import { type ProgramRunner, programRunner } from "../pretok/run-program.ts";
import { prependOf } from "../text/detokenizer.ts";
import { BpeModel } from "./bpe-model.ts";
import { LongestMatchTokenizer } from "./longest-match.ts";
import { normalize } from "./normalize.ts";
import { SpecialSplitter } from "./special-splitter.ts";

export interface MapEncodeOptions {
  /** Special tokens that become their ID when found in the text. Default: none. */
  readonly allowedSpecial?: SpecialTokenSet;
  /** Special tokens that raise SPECIAL_TOKEN_IN_TEXT. Default: none. `"all"` leaves out the allowed ones. */
  readonly disallowedSpecial?: SpecialTokenSet;
}

export interface MapTokenizerOptions {
  /** Run a regular expression from the map that is none of the well-known ones. Default: false. */
  readonly allowUntrustedPattern?: boolean;
}

/** A tokenizer over a map. */
export interface MapTokenizer {
  /** The map's id. */
  readonly id: string;
  encode(text: string, options?: MapEncodeOptions): number[];
}

/** How text is cut before byte-pair encoding. */
export type PieceRule =
  | { readonly kind: "program"; readonly runner: ProgramRunner; readonly program: unknown }
  | { readonly kind: "pattern"; readonly split: (text: string) => string[] }
  | { readonly kind: "metaspace"; readonly cutsAtWords: boolean };

const models = new WeakMap<TokenizerMap, BpeModel>();

export function bpeModelOf(map: TokenizerMap): BpeModel {
  let model = models.get(map);
  if (model === undefined) {
    model = new BpeModel(vocabularyOf(map));
    models.set(map, model);
  }
  return model;
}

export function pieceRuleOf(map: TokenizerMap, options: MapTokenizerOptions): PieceRule {
  if (map.encoder === "metaspace") return { kind: "metaspace", cutsAtWords: cutsAtWords(vocabularyOf(map)) };
  const pattern = map.pre_tokenizer_pattern;
  const ops = pattern === undefined ? undefined : recogniseAlternation(pattern);
  const program =
    map.pre_tokenizer_program ??
    (ops === undefined ? pattern && programOfTiktokenPattern(pattern) : sharedProgram(map, ops));
  if (program) return { kind: "program", runner: programRunner(program), program };
  if (pattern === undefined) {
    throw new CodecError(
      "CODEC_BAD_MAP",
      `Map ${map.id} has neither pre_tokenizer_program nor pre_tokenizer_pattern.`,
    );
  }
  if (options.allowUntrustedPattern !== true) {
    throw new CodecError(
      "CODEC_UNSUPPORTED",
      `Map ${map.id} has a pre_tokenizer_pattern that is not a known one. Pass allowUntrustedPattern: true if you trust the map: a hostile expression can run for ever.`,
    );
  }
  return { kind: "pattern", split: createRegexSplitter(pattern, map.ext?.pattern_flags) };
}

const sharedPrograms = new WeakMap<TokenizerMap, object>();

/** One program object per map, because compiled programs are remembered by object. */
function sharedProgram(map: TokenizerMap, ops: readonly unknown[]): object {
  const known = sharedPrograms.get(map) ?? { version: 1, ops };
  sharedPrograms.set(map, known);
  return known;
}

/** No token continues over a word border (a replacement character behind another one), so text may be cut there. */
function cutsAtWords(vocabulary: MapVocabulary): boolean {
  const mark = vocabulary.replacement;
  for (const [key, id] of vocabulary.ids) {
    if (vocabulary.kinds[id] !== 1) continue;
    for (let at = key.indexOf(mark, 1); at > 0; at = key.indexOf(mark, at + 1)) {
      if (!key.startsWith(mark, at - mark.length)) return false;
    }
  }
  return true;
}

/** Ends of the parts into which metaspace text may be cut. The last is the end of the text. */
export function* wordEnds(text: string, mark: string): Generator<number, void, undefined> {
  for (let at = text.indexOf(mark, 1); at > 0; at = text.indexOf(mark, at + 1)) {
    if (!text.startsWith(mark, at - mark.length)) yield at;
  }
  yield text.length;
}

/** Text before the model sees it: the space that metaspace and some byte-level tokenizers put in front. */
export function withPrefix(map: TokenizerMap, text: string, first: boolean): string {
  if (map.encoder !== "metaspace") {
    return first && map.ext?.add_prefix_space === true && !/^\p{White_Space}/u.test(text) ? ` ${text}` : text;
  }
  const mark = vocabularyOf(map).replacement;
  const marked = text.replaceAll(" ", mark);
  const prepend = first ? prependOf(map) : "never";
  return prepend === "always" || (prepend === "first" && !marked.startsWith(mark)) ? mark + marked : marked;
}

/**
 * Byte-pair encoding with a map that has merges.
 *
 * @example
 * const ids = new BPETokenizer(map).encode("Hello, world!");
 * await fetch(url, { method: "POST", body: JSON.stringify({ prompt: ids, stream_format: "msgpack" }) });
 */
export class BPETokenizer implements MapTokenizer {
  readonly id: string;
  readonly #map: TokenizerMap;
  readonly #model: BpeModel;
  readonly #rule: PieceRule;
  readonly #splitters: Map<unknown, SpecialSplitter> = new Map();

  constructor(map: TokenizerMap, options: MapTokenizerOptions = {}) {
    if (!BPETokenizer.supports(map)) {
      throw new CodecError(
        "CODEC_UNSUPPORTED",
        `Map ${map.id} is not a byte-pair map: it needs vocab, merges, an encoder and, for byte_level, a program or pattern.`,
      );
    }
    this.id = map.id;
    this.#map = map;
    this.#model = bpeModelOf(map);
    this.#rule = pieceRuleOf(map, options);
  }

  /** The map has what byte-pair encoding needs. */
  static supports(map: TokenizerMap): boolean {
    if (map.vocab === undefined || map.merges === undefined || map.encoder === undefined) return false;
    if ((map.ext?.model ?? "bpe") !== "bpe") return false;
    return (
      map.encoder === "metaspace" ||
      map.pre_tokenizer_program !== undefined ||
      map.pre_tokenizer_pattern !== undefined
    );
  }

  /** IDs of `text`. */
  encode(text: string, options: MapEncodeOptions = {}): number[] {
    const normalized = normalize(text, this.#map.ext?.normalizers ?? []);
    const out: number[] = [];
    const splitter = specialSplitter(this.#map, normalized, options, this.#splitters);
    let first = true;
    splitter.split(normalized, {
      text: (part) => {
        this.#encodeText(withPrefix(this.#map, part, first), out);
        first = false;
      },
      special: (id) => {
        out.push(id);
      },
    });
    return out;
  }

  #encodeText(text: string, out: number[]): void {
    const rule = this.#rule;
    if (rule.kind === "program") {
      rule.runner.eachPiece(text, (start, end) => this.#model.encodePiece(text.slice(start, end), out));
    } else if (rule.kind === "pattern") {
      for (const piece of rule.split(text)) this.#model.encodePiece(piece, out);
    } else if (rule.cutsAtWords) {
      let from = 0;
      for (const end of wordEnds(text, this.#model.vocabulary.replacement)) {
        this.#model.encodePiece(text.slice(from, end), out);
        from = end;
      }
    } else {
      this.#model.encodePiece(text, out);
    }
  }
}

/** The splitter for these options, after checking for disallowed tokens. */
export function specialSplitter(
  map: TokenizerMap,
  text: string,
  options: MapEncodeOptions,
  known: Map<unknown, SpecialSplitter>,
): SpecialSplitter {
  const vocabulary = vocabularyOf(map);
  const allowed = options.allowedSpecial ?? [];
  const names = allowed === "all" ? "all" : [...allowed];
  const key = typeof names === "string" ? names : names.join("\u0000");
  let splitter = known.get(key);
  if (splitter === undefined) {
    splitter = new SpecialSplitter(vocabulary, names);
    if (known.size < 16) known.set(key, splitter);
  }
  if (options.disallowedSpecial !== undefined)
    refuseDisallowed(vocabulary, text, names, options.disallowedSpecial);
  return splitter;
}

function refuseDisallowed(
  vocabulary: MapVocabulary,
  text: string,
  allowed: "all" | readonly string[],
  disallowed: SpecialTokenSet,
): void {
  if (allowed === "all" && disallowed === "all") return;
  const names = disallowed === "all" ? [...vocabulary.specials.keys()] : [...disallowed];
  const refused =
    allowed === "all" ? names : names.filter((name) => disallowed !== "all" || !allowed.includes(name));
  const found = new SpecialSplitter(vocabulary, refused).find(text);
  if (found === undefined) return;
  throw new CodecError(
    "SPECIAL_TOKEN_IN_TEXT",
    `Special token ${found.name} found at index ${found.index}. Pass allowedSpecial: ["${found.name}"] to encode it as a token.`,
  );
}

/** The tokenizer that fits the map: byte-pair encoding, or longest match for maps without merges. */
export function pickTokenizer(map: TokenizerMap, options: MapTokenizerOptions = {}): MapTokenizer {
  if (BPETokenizer.supports(map)) return new BPETokenizer(map, options);
  const model = map.ext?.model ?? "bpe";
  if (model !== "bpe") {
    throw new CodecError(
      "CODEC_UNSUPPORTED",
      `Map ${map.id} is a ${model} model; only byte-pair maps can encode text.`,
    );
  }
  return new LongestMatchTokenizer(map);
}

/** IDs of a text: `tokenize(map, "Hello")`. */
export function tokenize(
  map: TokenizerMap,
  text: string,
  options: MapEncodeOptions & MapTokenizerOptions = {},
): number[] {
  return pickTokenizer(map, options).encode(text, options);
}

/** IDs of a text by byte-pair encoding. */
export function bpeEncode(
  map: TokenizerMap,
  text: string,
  options: MapEncodeOptions & MapTokenizerOptions = {},
): number[] {
  return new BPETokenizer(map, options).encode(text, options);
}
