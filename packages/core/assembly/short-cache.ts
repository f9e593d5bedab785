// Results for pieces of up to 15 bytes and 4 IDs, which are nearly all. A bucket is one cache line with two entries: a
// key of 16 bytes, which are those of the piece and its length in the last, then four IDs, of which the first has their
// number in its top byte. A piece has two buckets, in the same page of memory.

import { encodePiece } from "./backtrack";
import { MASKS, SHORT_CACHE } from "./layout";

const ID_MASK: u32 = 0xffffff;
const MOST_IDS: i32 = 4;

/** Which of two full buckets gives way. */
let turn: bool = false;

/** The key of the piece of `size` bytes at `p`. */
export function keyOf(p: usize, size: usize): v128 {
  const masks = MASKS + (size << 4);
  return v128.or(v128.and(v128.load(p), v128.load(masks)), v128.load(masks, 0x100));
}

export function hashOf(key: v128): u64 {
  const low = i64x2.extract_lane(key, 0) as u64;
  const high = i64x2.extract_lane(key, 1) as u64;
  const hash = (low * 0x9e3779b97f4a7c15) ^ (high * 0xc2b2ae3d27d4eb4f);
  return hash ^ (hash >> 32);
}

export function firstBucket(hash: u64): usize {
  return SHORT_CACHE + (((hash & 0xffff) as usize) << 6);
}

/** The entry of a bucket that may have this key: the first, if it has, else the second. */
export function likelyEntry(bucket: usize, key: v128): usize {
  return bucket + ((v128.any_true(v128.xor(v128.load(bucket), key)) as usize) << 5);
}

export function hasKey(entry: usize, key: v128): bool {
  return !v128.any_true(v128.xor(v128.load(entry), key));
}

/** Number of IDs of an entry; 0 says that they did not fit, and the long cache has them. */
export function countOf(entry: usize): i32 {
  return (load<u32>(entry, 16) >> 24) as i32;
}

/** Writes the IDs of an entry, always four. */
export function writeIds(entry: usize, out: usize): void {
  v128.store(out, v128.load(entry, 16));
  store<u32>(out, load<u32>(entry, 16) & ID_MASK);
}

/** Encodes a piece that is not in its first bucket, and remembers it; returns how many IDs it wrote, or 0 as above. */
export function encodeShort(p: usize, end: usize, out: usize, hash: u64): i32 {
  const key = keyOf(p, end - p);
  const bucket = firstBucket(hash);
  const other = bucket ^ (((hash >> 16) as usize & 0xfc0) | 0x40);
  const entry = likelyEntry(other, key);
  if (hasKey(entry, key)) {
    writeIds(entry, out);
    return countOf(entry);
  }
  const count = ((encodePiece(p, end, out) - out) >> 2) as i32;
  if (count > MOST_IDS && end - p < 8) return count;
  // Into the bucket that has room. Of two full ones into one and the other by turns: so pieces that are met often end
  // up where they do not displace each other.
  let place = bucket;
  if (isFull(bucket)) {
    turn = !turn;
    if (turn || !isFull(other)) place = other;
  }
  v128.store(place + 32, v128.load(place));
  v128.store(place + 48, v128.load(place + 16));
  v128.store(place, key);
  v128.store(place + 16, v128.load(out));
  store<u32>(place, count > MOST_IDS ? 0 : load<u32>(out) | ((count as u32) << 24), 16);
  return count;
}

function isFull(bucket: usize): bool {
  return load<u32>(bucket, 44) != 0;
}
