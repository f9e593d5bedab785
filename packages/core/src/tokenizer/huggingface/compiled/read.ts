// Reads the compiled form of a tokenizer.json: the parsed document, with the vocabulary and the merges ready for use.

import { decodeUtf8 } from "../../../bytes/index.ts";
import { TokenwireError } from "../../../errors.ts";
import { MergeEntries, ScoredTokens, TokenIndex, TokenVocabulary, tokenHash } from "../models/index.ts";
import { checksumOf, HEADER, MAGIC, NO_TOKEN, padded, sectionLengths } from "./layout.ts";

export function isCompiled(file: Uint8Array): boolean {
  return file.length >= 4 && new DataView(file.buffer, file.byteOffset, 4).getUint32(0, true) === MAGIC;
}

type Six = [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
type Ten = [number, number, number, number, number, number, number, number, number, number];

/** What the slots of an index are made with; files keep it to tell whether theirs are still right. */
export function sampleHash(): number {
  return tokenHash("tokenwire", 0, 9, 0, 0) >>> 0;
}

/** The document as `JSON.parse` would give it, but for `model.vocab` and `model.merges`. Raises DAMAGED_VOCABULARY. */
export function readCompiled(input: Uint8Array): unknown {
  // Numbers are read where they lie, which must be at a multiple of eight.
  const file = input.byteOffset % 8 === 0 ? input : new Uint8Array(input);
  if (file.length < HEADER || file.length % 8 !== 0) throw damaged(`it ends after ${file.length} bytes`);
  const header = new Uint32Array(file.buffer, file.byteOffset, HEADER / 4);
  const [, checksum, sample, , tokens, slots, merges, json, texts, hasScores] = [...header] as Ten;
  const lengths = sectionLengths({ tokens, slots, merges, json, texts, hasScores: hasScores === 1 });
  const size = lengths.reduce((sum, length) => sum + padded(length), HEADER);
  if (size !== file.length) throw damaged(`it has ${file.length} bytes instead of ${size}`);
  if (checksumOf(file) !== checksum) throw damaged("its checksum does not match");
  if (sample !== sampleHash()) throw damaged("it was compiled by another version");
  let end = HEADER;
  const sections = lengths.map((length) => {
    const start = end;
    end += padded(length);
    return file.subarray(start, start + length);
  }) as Six;
  const [document, text, sizes, index, entries, scores] = sections;
  // What is kept is copied, so that it does not keep the whole file.
  const { root, model } = parseRest(decodeUtf8(document));
  const vocabulary = vocabularyOf(
    decodeUtf8(text),
    numbers(sizes, Uint32Array),
    numbers(index, Int32Array).slice(),
  );
  model["vocab"] =
    hasScores === 1 ? new ScoredTokens(vocabulary, numbers(scores, Float64Array).slice()) : vocabulary;
  if ("merges" in model) model["merges"] = mergesOf(numbers(entries, Int32Array), tokens);
  return root;
}

function parseRest(json: string): { readonly root: unknown; readonly model: Record<string, unknown> } {
  try {
    const root = JSON.parse(json) as { readonly model?: unknown } | null;
    const model = root?.model;
    if (typeof model === "object" && model !== null) return { root, model: model as Record<string, unknown> };
  } catch {
    // Said below.
  }
  throw damaged("its JSON is not that of a tokenizer");
}

function numbers<T>(
  { buffer, byteOffset, byteLength }: Uint8Array,
  type: {
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
    readonly BYTES_PER_ELEMENT: number;
  },
): T {
  return new type(buffer, byteOffset, byteLength / type.BYTES_PER_ELEMENT);
}

function vocabularyOf(text: string, sizes: Uint32Array, slots: Int32Array): TokenVocabulary {
  const tokens = new Array<string | undefined>(sizes.length);
  let at = 0;
  for (let id = 0; id < sizes.length; id++) {
    const size = sizes[id]!;
    if (size === NO_TOKEN) continue;
    tokens[id] = text.slice(at, at + size);
    at += size;
  }
  // Searching an index ends at an empty slot.
  const isIndex = (slots.length & (slots.length - 1)) === 0 && slots.includes(0);
  const isSound = at === text.length && isIndex && allWithin(slots, tokens.length);
  if (!isSound) throw damaged("its tokens contradict each other");
  return new TokenVocabulary(tokens, new TokenIndex(tokens, slots));
}

function mergesOf(entries: Int32Array, tokens: number): MergeEntries {
  for (let at = 0; at < entries.length; at += 4) {
    const [left, right, rank, merged] = [entries[at]!, entries[at + 1]!, entries[at + 2]!, entries[at + 3]!];
    const isSound = Math.min(left, right, rank, merged) >= 0 && Math.max(left, right, merged) < tokens;
    if (!isSound) throw damaged("its merges contradict its tokens");
  }
  return new MergeEntries(entries);
}

function allWithin(values: Int32Array, most: number): boolean {
  for (let i = 0; i < values.length; i++) if (values[i]! < 0 || values[i]! > most) return false;
  return true;
}

function damaged(problem: string): TokenwireError {
  return new TokenwireError(
    "DAMAGED_VOCABULARY",
    `Damaged compiled tokenizer: ${problem}. Compile the tokenizer.json again.`,
  );
}
