// The inner loop: looks pieces up among those seen before, and has those encoded that were not seen. Compiled to
// WebAssembly with SIMD; results are those of src/tokenizer/kernel.ts, byte for byte.

import { encodePiece } from "./backtrack";
import { countIn, countKey, countSlot, rememberCount, TOO_LONG } from "./count-cache";
import { findPieces } from "./find-pieces";
import { INPUT, OUTPUT, PART_BEFORE, PIECES } from "./layout";
import { encodeLong, sameBytes } from "./long-cache";
import {
  countOf,
  difference,
  encodeShort,
  firstBucket,
  hashOf,
  highKey,
  LONGEST_SHORT,
  likelyEntry,
  lowKey,
  writeIds,
} from "./short-cache";

export { setFamily } from "./scan";
export { setTrie } from "./trie";
export { fillPairs, setSizes, unpack } from "./unpack";

/** Start of the next piece, where its end is listed, and where its IDs go or how many there are already. */
let p: usize = 0;
let at: usize = 0;
let out: usize = 0;
let total: usize = 0;

/** Where the piece of `size` bytes at `start` would be in its first bucket. */
function entryOf(start: usize, size: usize): usize {
  const low = lowKey(start, size);
  const high = highKey(start, size);
  const entry = likelyEntry(firstBucket(hashOf(low, high)), low, high);
  return difference(entry, low, high) == 0 ? entry : 0;
}

/** Writes the IDs of the next pieces, up to the first that is not in its first bucket. */
function writeKnown(last: usize): void {
  let start = p;
  let place = at;
  let write = out;
  for (; place < last; place += 4) {
    const next = load<u32>(place) as usize;
    const size = next - start;
    if (size > LONGEST_SHORT) break;
    const entry = entryOf(start, size);
    if (entry == 0) break;
    writeIds(entry, write);
    write += countOf(entry) << 2;
    start = next;
  }
  p = start;
  at = place;
  out = write;
}

/** Counts the IDs of the next pieces, up to the first of which neither cache knows them. */
function countKnown(last: usize): void {
  let start = p;
  let place = at;
  let sum = total;
  for (; place < last; place += 4) {
    const next = load<u32>(place) as usize;
    const size = next - start;
    let number: usize = 0;
    if (size < TOO_LONG) {
      const key = countKey(start, size);
      const slot = countSlot(key);
      number = countIn(slot, key);
      if (number == 0) {
        const entry = entryOf(start, size);
        if (entry == 0) break;
        number = countOf(entry);
        rememberCount(slot, key, number);
      }
    } else {
      if (size > LONGEST_SHORT) break;
      const entry = entryOf(start, size);
      if (entry == 0) break;
      number = countOf(entry);
    }
    sum += number;
    start = next;
  }
  p = start;
  at = place;
  total = sum;
}

/** Writes the IDs of the next piece, however it comes by them. */
function writeOther(): usize {
  const next = load<u32>(at) as usize;
  const after = next - p > LONGEST_SHORT ? encodeLong(p, next, out, 0) : encodeShort(p, next, out);
  p = next;
  at += 4;
  return after;
}

/** Encodes the first `length` bytes of the input into the output; returns the number of IDs. */
export function encode(length: usize): usize {
  const end = begin(length);
  while (p < end) {
    const last = findPieces(p, end);
    at = PIECES;
    while (at < last) {
      writeKnown(last);
      if (at < last) out = writeOther();
    }
  }
  return (out - OUTPUT) >> 2;
}

/** As `encode`, overwriting the same few IDs again and again: only their number is of interest. */
export function count(length: usize): usize {
  const end = begin(length);
  while (p < end) {
    const last = findPieces(p, end);
    at = PIECES;
    while (at < last) {
      countKnown(last);
      if (at < last) total += (writeOther() - OUTPUT) >> 2;
    }
  }
  return total;
}

/**
 * Encodes the first `length` bytes of the input as one piece. `isNext`: so was the last call, with as many bytes. If they
 * were the same, the output is there already.
 */
export function encodePart(length: usize, isNext: bool): usize {
  if (!isNext || !sameBytes(INPUT, PART_BEFORE, length)) {
    memory.copy(PART_BEFORE, INPUT, length);
    total = (encodePiece(INPUT, INPUT + length, OUTPUT) - OUTPUT) >> 2;
  }
  return total;
}

function begin(length: usize): usize {
  const end = INPUT + length;
  // What looks ahead finds zeros.
  for (let zero = end; zero < end + 64; zero += 16) v128.store(zero, i64x2.splat(0));
  p = INPUT;
  out = OUTPUT;
  total = 0;
  return end;
}
