// The fast kernel remembers long pieces in memory that it fills round and round, every second one after the first round.
// A text that imitates an entry, where one of an earlier round lay, is not taken for it.

import { readFileSync } from "node:fs";
import { createPackedEncoding, knownPatterns } from "@tokenwire/core/tokenizer";
import { expect, it } from "vitest";
import { seededRandom } from "./adversarial-text.ts";

/** Bytes of the arena, and of an entry with these numbers of IDs and of bytes: see assembly/long-cache.ts. */
const ARENA = 0x300000;
const entrySize = (ids: number, bytes: number): number => (8 + 4 * ids + bytes + 7) & ~7;

it("does not read a piece as the entry that lay there two rounds ago", () => {
  const name = "o200k_base";
  const vocabulary = readFileSync(new URL(`../../../encodings/data/${name}.bin`, import.meta.url));
  const pattern = knownPatterns.o200k;
  const fast = createPackedEncoding({ name, pattern, vocabulary });
  const plain = createPackedEncoding({ name, pattern, vocabulary, backend: "js" });
  fast.prepare();
  const random = seededRandom(5);
  const letters = (length: number): string =>
    Array.from({ length }, () => String.fromCharCode(97 + random() * 26)).join("");
  const sizeOf = (piece: string): number => entrySize(plain.encodeOrdinary(piece).length, piece.length);

  const victim = "!#$%&()*+,-.:;<=>?@[]^_`{|}~#$%&()*+";
  const expected = plain.encodeOrdinary(victim);
  // Its length, one ID, which is another one, and its bytes.
  const entry = `${String.fromCharCode(victim.length)}\0\0\0\x01\0\0\0"\0\0\0${victim}`;
  // Before it, as many symbols as make it lie, behind the header and the IDs of its own piece, where the victim's was.
  const forgeries = Array.from({ length: 300 }, (_, n) => "+".repeat(n) + entry);
  const places = forgeries.map(
    (piece) => 8 + 4 * plain.encodeOrdinary(piece).length + piece.length - entry.length,
  );
  let first = letters(40);
  while (!places.includes(sizeOf(first))) first = letters(20 + random() * 100);
  const forged = forgeries[places.indexOf(sizeOf(first))]!;

  let next = 0;
  let wasFull = false;
  let isSkipped = false;
  const remember = (piece: string): void => {
    const ids = fast.encodeOrdinary(piece).length;
    isSkipped = wasFull && !isSkipped;
    if (isSkipped) return;
    if (next + 8 + 4 * ids + piece.length + 32 > ARENA) {
      next = 0;
      wasFull = true;
    }
    next += entrySize(ids, piece.length);
  };
  remember(first);
  remember(victim);
  for (let round = 0; round < 2; round++) {
    while (next + 3000 < ARENA) remember(letters(500));
    while (round === 0 && next > 3000) remember(letters(500));
  }
  while (next + sizeOf(forged) + 32 <= ARENA) remember(letters(40));
  if (!isSkipped) remember(letters(40));
  remember(forged);
  expect(next).toBe(sizeOf(forged));
  expect(fast.encodeOrdinary(victim)).toEqual(expected);
  expect(fast.encodeOrdinary(forged)).toEqual(plain.encodeOrdinary(forged));
});
