// Results for pieces of up to 15 bytes and 4 IDs, which are nearly all. A bucket is one cache line with two entries: a
// key of 16 bytes, which are those of the piece and its length in the last, then four IDs, of which the first has their
// number in its top byte. A piece has two buckets, in the same page of memory.

import { encodePiece } from "./backtrack";
import { MASKS, SHORT_CACHE } from "./layout";
import { encodeLong, SHORTEST_LONG } from "./long-cache";

/** Keys have room for this many bytes and the length. */
export const LONGEST_SHORT: usize = 15;
const MOST_IDS: usize = 4;

/** Which of two full buckets gives way. */
let turn: bool = false;

/** First half of the key of the piece of `size` bytes at `p`. */
export function lowKey(p: usize, size: usize): u64 {
  return load<u64>(p) & load<u64>(MASKS + (size << 4));
}

/** Second half of the key. */
export function highKey(p: usize, size: usize): u64 {
  return (load<u64>(p, 8) & load<u64>(MASKS + (size << 4), 8)) | ((size as u64) << 56);
}

export function hashOf(low: u64, high: u64): u64 {
  const hash = (low * 0x9e3779b97f4a7c15) ^ (high * 0xc2b2ae3d27d4eb4f);
  return hash ^ (hash >> 32);
}

export function firstBucket(hash: u64): usize {
  return SHORT_CACHE + (((hash & 0xffff) as usize) << 6);
}

/** 0 if the entry has this key. */
export function difference(entry: usize, low: u64, high: u64): u64 {
  return (load<u64>(entry) ^ low) | (load<u64>(entry, 8) ^ high);
}

/** The entry of a bucket that may have this key: the first, if it has, else the second. */
export function likelyEntry(bucket: usize, low: u64, high: u64): usize {
  return bucket + (((difference(bucket, low, high) != 0) as usize) << 5);
}

/** Number of IDs of an entry. */
export function countOf(entry: usize): usize {
  return (load<u32>(entry, 16) >> 24) as usize;
}

/** Writes the IDs of an entry, always four. */
export function writeIds(entry: usize, out: usize): void {
  v128.store(out, v128.and(v128.load(entry, 16), i32x4(0xffffff, -1, -1, -1)));
}

/** Encodes a piece that is not in its first bucket, and remembers it; returns the place after its last ID. */
export function encodeShort(p: usize, end: usize, out: usize): usize {
  const low = lowKey(p, end - p);
  const high = highKey(p, end - p);
  const hash = hashOf(low, high);
  const bucket = firstBucket(hash);
  const other = bucket ^ ((((hash >> 16) as usize) & 0xfc0) | 0x40);
  const isSpilled = isFull(bucket);
  if (isSpilled) {
    const entry = likelyEntry(other, low, high);
    if (difference(entry, low, high) == 0) {
      writeIds(entry, out);
      return out + (countOf(entry) << 2);
    }
  }
  // With more IDs than fit here, the long cache has the piece.
  const after = end - p < SHORTEST_LONG ? encodePiece(p, end, out) : encodeLong(p, end, out, MOST_IDS);
  const count = (after - out) >> 2;
  if (count > MOST_IDS) return after;
  // Into the bucket that has room. Of two full ones into one and the other by turns: so pieces that are met often end
  // up where they do not displace each other.
  let place = bucket;
  if (isSpilled) {
    turn = !turn;
    if (turn || !isFull(other)) place = other;
  }
  v128.store(place + 32, v128.load(place));
  v128.store(place + 48, v128.load(place + 16));
  store<u64>(place, low);
  store<u64>(place, high, 8);
  v128.store(place + 16, v128.load(out));
  store<u32>(place, load<u32>(out) | ((count as u32) << 24), 16);
  return after;
}

function isFull(bucket: usize): bool {
  return load<u32>(bucket, 44) != 0;
}
