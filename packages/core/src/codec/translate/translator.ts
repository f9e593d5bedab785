// From the IDs of one vocabulary to those of another while they stream: render, then encode. The result is that of
// translating all IDs at once, however they are cut.

import type { SpecialTokenSet } from "../../tokenizer/index.ts";
import { CodecError } from "../codec-error.ts";
import { KIND, vocabularyOf } from "../maps/map-vocabulary.ts";
import type { TokenizerMap } from "../maps/tokenizer-map.ts";
import { Detokenizer } from "../text/detokenizer.ts";
import { BPETokenizer, pickTokenizer, withPrefix } from "../tokenize/map-tokenizer.ts";
import { normalize, stableLength } from "../tokenize/normalize.ts";
import { SpecialSplitter } from "../tokenize/special-splitter.ts";
import { type ChunkEncoder, createChunkEncoder, type StreamEncoderOptions } from "./stream-encoder.ts";

export interface TranslatorOptions extends StreamEncoderOptions {
  /**
   * Special tokens of the source: left out (`"skip"`, default), replaced by the token of the same name or role
   * (`"map"`; those without one are left out), or an error.
   */
  readonly specialTokens?: "skip" | "map" | "error";
  /** Special tokens of the target that text may spell. Default: none. */
  readonly allowedSpecial?: SpecialTokenSet;
}

/** Everything between rendered text and target IDs: normalisation, special tokens, prefix, pieces. */
class TargetStream {
  readonly #map: TokenizerMap;
  readonly #encoder: ChunkEncoder;
  readonly #splitter: SpecialSplitter | undefined;
  /** Text that may still change under normalisation, then text that may be the start of a special token. */
  #raw = "";
  #held = "";
  /** No text has been encoded yet. */
  #first = true;
  /** No text of the present stretch between special tokens has been encoded yet. */
  #chunkStart = true;

  constructor(map: TokenizerMap, options: TranslatorOptions) {
    this.#map = map;
    this.#encoder = createChunkEncoder(map, options);
    const allowed = options.allowedSpecial ?? [];
    const some = allowed === "all" || [...allowed].length > 0;
    this.#splitter = some ? new SpecialSplitter(vocabularyOf(map), allowed) : undefined;
  }

  push(text: string, out: number[]): void {
    const steps = this.#map.ext?.normalizers ?? [];
    if (steps.length === 0) {
      this.#specials(text, false, out);
      return;
    }
    this.#raw += text;
    const stable = stableLength(this.#raw, steps) ?? 0;
    if (stable === 0) return;
    const ready = this.#raw.slice(0, stable);
    this.#raw = this.#raw.slice(stable);
    this.#specials(normalize(ready, steps), false, out);
  }

  /** Ends the text; a special token or nothing follows. */
  flush(out: number[]): void {
    const rest = normalize(this.#raw, this.#map.ext?.normalizers ?? []);
    this.#raw = "";
    this.#specials(rest, true, out);
    this.#endChunk(out);
  }

  reset(): void {
    this.flush([]);
    this.#first = true;
  }

  #specials(text: string, final: boolean, out: number[]): void {
    if (this.#splitter === undefined) {
      this.#text(text, out);
      return;
    }
    const all = this.#held + text;
    const open = final ? 0 : this.#splitter.openTail(all);
    this.#held = all.slice(all.length - open);
    this.#splitter.split(all.slice(0, all.length - open), {
      text: (part) => this.#text(part, out),
      special: (id) => {
        this.#endChunk(out);
        out.push(id);
      },
    });
  }

  #text(text: string, out: number[]): void {
    if (text === "") return;
    const prefixed = withPrefix(this.#map, text, this.#first && this.#chunkStart);
    this.#first = false;
    this.#chunkStart = false;
    this.#encoder.push(prefixed, out);
  }

  #endChunk(out: number[]): void {
    this.#encoder.end(out);
    this.#chunkStart = true;
  }
}

/**
 * Translates one stream of IDs.
 *
 * @example
 * const translator = new Translator(fromMap, toMap);
 * for await (const frame of frames) send(translator.translate(frame.ids, { partial: true }));
 * send(translator.finish());
 */
export class Translator {
  readonly fromId: string;
  readonly toId: string;
  readonly #from: TokenizerMap;
  readonly #detokenizer: Detokenizer;
  readonly #target: TargetStream;
  readonly #specialTokens: "skip" | "map" | "error";
  /** Target ID of each special token of the source that has one. */
  readonly #mapped: ReadonlyMap<number, number>;

  constructor(from: TokenizerMap, to: TokenizerMap, options: TranslatorOptions = {}) {
    if (!BPETokenizer.supports(to)) {
      throw new CodecError(
        "CODEC_UNSUPPORTED",
        `Map ${to.id} is not a byte-pair map; translation needs one as its target.`,
      );
    }
    this.#from = from;
    this.fromId = from.id;
    this.toId = to.id;
    this.#detokenizer = new Detokenizer(from);
    this.#target = new TargetStream(to, options);
    this.#specialTokens = options.specialTokens ?? "skip";
    this.#mapped = this.#specialTokens === "map" ? mapSpecials(from, to) : new Map();
  }

  /** The target IDs that these source IDs complete; without `partial`, all that was held back too. */
  translate(ids: ArrayLike<number>, options: { readonly partial?: boolean } = {}): number[] {
    const out: number[] = [];
    if (this.#specialTokens === "skip")
      this.#target.push(this.#detokenizer.render(ids, { partial: true }), out);
    else this.#withSpecials(ids, out);
    if (options.partial !== true) this.#flush(out);
    return out;
  }

  /** Ends the stream. */
  finish(): number[] {
    return this.translate([]);
  }

  /** Forgets what was held back. */
  reset(): void {
    this.#detokenizer.reset();
    this.#target.reset();
  }

  #flush(out: number[]): void {
    this.#target.push(this.#detokenizer.render([], { partial: false }), out);
    this.#target.flush(out);
  }

  #withSpecials(ids: ArrayLike<number>, out: number[]): void {
    const { kinds, keys } = vocabularyOf(this.#from);
    let from = 0;
    for (let at = 0; at < ids.length; at++) {
      const id = ids[at]!;
      if (kinds[id] !== KIND.special) continue;
      if (this.#specialTokens === "error") {
        throw new CodecError(
          "INVALID_TOKEN",
          `Special token ${keys[id]} (${id}) of ${this.fromId} has no translation.`,
        );
      }
      const target = this.#mapped.get(id);
      if (target === undefined) continue;
      this.#target.push(this.#detokenizer.render(slice(ids, from, at), { partial: true }), out);
      this.#flush(out);
      out.push(target);
      from = at + 1;
    }
    this.#target.push(this.#detokenizer.render(slice(ids, from, ids.length), { partial: true }), out);
  }
}

function slice(ids: ArrayLike<number>, from: number, to: number): number[] {
  return Array.prototype.slice.call(ids, from, to);
}

/** Same name, or same role: the first token of a text, the last one. */
function mapSpecials(from: TokenizerMap, to: TokenizerMap): Map<number, number> {
  const mapped = new Map<number, number>();
  const targets = vocabularyOf(to).specials;
  for (const [name, id] of vocabularyOf(from).specials) {
    const target = targets.get(name);
    if (target !== undefined) mapped.set(id, target);
  }
  const { bos_id: bos, eos_ids: eos } = from.ext ?? {};
  if (bos !== undefined && to.ext?.bos_id !== undefined && !mapped.has(bos)) mapped.set(bos, to.ext.bos_id);
  const targetEos = to.ext?.eos_ids?.[0];
  for (const id of eos ?? []) if (targetEos !== undefined && !mapped.has(id)) mapped.set(id, targetEos);
  return mapped;
}

/** Translates a whole sequence: `translate(fromMap, toMap, ids)`. */
export function translate(
  from: TokenizerMap,
  to: TokenizerMap,
  ids: ArrayLike<number>,
  options: TranslatorOptions = {},
): number[] {
  return new Translator(from, to, options).translate(ids);
}

/**
 * Each source ID rendered and encoded alone, without specials and empty renderings. For analysis: translating a text ID
 * by ID with this table gives other IDs than translating the text.
 */
export function staticTranslationTable(
  from: TokenizerMap,
  to: TokenizerMap,
  options: StreamEncoderOptions = {},
): Map<number, number[]> {
  const vocabulary = vocabularyOf(from);
  const tokenizer = pickTokenizer(to, options);
  const detokenizer = new Detokenizer(from);
  const table = new Map<number, number[]>();
  for (let id = 0; id < vocabulary.idCount; id++) {
    const kind = vocabulary.kinds[id];
    if (kind === KIND.unknown || kind === KIND.special) continue;
    detokenizer.reset();
    const text = detokenizer.render([id]);
    if (text !== "") table.set(id, tokenizer.encode(text));
  }
  return table;
}
