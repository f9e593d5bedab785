// Chooses the rows of the toy model's table out of the o200k_harmony vocabulary: all bytes, numbers below 100, the
// words of the corpus' frame, and pieces of words for everything that is to be copied.

import { chunkPattern } from "../../packages/tokenwire/src/engines/embedded/segment.ts";
import { createDocument } from "./corpus/document.ts";
import { Random } from "./corpus/random.ts";
import { capitals, cities, names, nouns } from "./corpus/words.ts";

export interface Row {
  /** Id in o200k_harmony. */
  readonly id: number;
  /** One character per byte; for a special token its name. */
  readonly bytes: string;
  readonly special: boolean;
}

/** Special tokens by the names that the corpus uses. */
export const specialIds: Readonly<Record<string, number>> = {
  startoftext: 199998,
  endoftext: 199999,
  return: 200002,
  constrain: 200003,
  channel: 200005,
  start: 200006,
  end: 200007,
  message: 200008,
  call: 200012,
};

/** Text as one character per UTF-8 byte. */
export function toByteString(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

function countChunks(seed: number, documents: number): Map<string, number> {
  const random = new Random(seed);
  const counts = new Map<string, number>();
  for (let i = 0; i < documents; i++) {
    for (const run of createDocument(random)) {
      if (!("text" in run)) continue;
      for (const [chunk] of toByteString(run.text).matchAll(chunkPattern)) {
        counts.set(chunk, (counts.get(chunk) ?? 0) + 1);
      }
    }
  }
  return counts;
}

/** Words that must be copied letter by letter even when they are frequent. */
const copied = new Set([...names, ...cities, ...nouns].map((word) => word.toLowerCase()));

/**
 * The table of `size` rows.
 *
 * @param idOf id of a byte string that is one o200k token, or undefined.
 */
export function chooseRows(seed: number, size: number, idOf: (bytes: string) => number | undefined): Row[] {
  const chosen = new Map<string, number>();
  const add = (bytes: string): void => {
    const id = idOf(bytes);
    if (id !== undefined && chosen.size < size) chosen.set(bytes, id);
  };
  for (let byte = 0; byte < 256; byte++) add(String.fromCharCode(byte));
  for (let number = 0; number < 100; number++) add(String(number).padStart(2, "0"));
  for (const [country] of capitals) add(` ${country}`);
  const counts = [...countChunks(seed, 12_000)].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const specials = Object.entries(specialIds);
  const wordLimit = Math.floor((size - specials.length) * 0.78);
  for (const [chunk, count] of counts) {
    if (chosen.size >= wordLimit || count < 12) break;
    if (!/[0-9]/.test(chunk) && !copied.has(chunk.trim().toLowerCase())) add(chunk);
  }
  for (const piece of choosePieces(counts, chosen)) {
    if (chosen.size >= size - specials.length) break;
    add(piece);
  }
  const rows: Row[] = [...chosen].map(([bytes, id]) => ({ id, bytes, special: false }));
  for (const [name, id] of specials) rows.push({ id, bytes: name, special: true });
  return rows.sort((a, b) => a.id - b.id);
}

/** Substrings of two to four bytes of the chunks without a row, most useful first. */
function choosePieces(
  counts: readonly (readonly [string, number])[],
  chosen: ReadonlyMap<string, number>,
): string[] {
  const scores = new Map<string, number>();
  for (const [chunk, count] of counts) {
    if (chosen.has(chunk) || /[0-9]/.test(chunk)) continue;
    const body = chunk.replace(/^ (?=.)/, "");
    for (let length = 2; length <= 4; length++) {
      for (let at = 0; at + length <= body.length; at++) {
        const piece = body.slice(at, at + length);
        scores.set(piece, (scores.get(piece) ?? 0) + count * (length - 1));
      }
    }
  }
  return [...scores].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([piece]) => piece);
}
