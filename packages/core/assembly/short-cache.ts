// Results for pieces of up to 15 bytes and 4 IDs, which are nearly all. A bucket is one cache line with two entries: a
// key of 16 bytes, which are those of the piece and its length in the last, then four IDs, of which the first has their
// number in its top byte. Eight buckets are a set. Each piece has a first bucket, where it is looked for without a branch
// that could be guessed wrong, and comes to lie there whenever it is met; what gives way to it goes to the others.

import { encodePiece } from "./backtrack";
import { MASKS, SHORT_CACHE } from "./layout";
import { encodeLong, SHORTEST_LONG } from "./long-cache";

/** Keys have room for this many bytes and the length. */
export const LONGEST_SHORT: usize = 15;
const MOST_IDS: usize = 4;

const BUCKET: usize = 64;
const SET: usize = 512;

/** From a full bucket to the one of the same set that makes room for its oldest entry: all others by turns. */
let turn: usize = BUCKET;

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

/** Encodes a piece that is not in its first bucket, and remembers it there; returns the place after its last ID. */
export function encodeShort(p: usize, end: usize, out: usize): usize {
  const low = lowKey(p, end - p);
  const high = highKey(p, end - p);
  const bucket = firstBucket(hashOf(low, high));
  const wasFull = isFull(bucket);
  const entry = wasFull ? spilledEntry(bucket, low, high) : 0;
  if (entry != 0) {
    const key = v128.load(entry);
    const ids = v128.load(entry, 16);
    writeIds(entry, out);
    move(bucket + 32, entry);
    move(bucket, bucket + 32);
    v128.store(bucket, key);
    v128.store(bucket, ids, 16);
    return out + (countOf(bucket) << 2);
  }
  // With more IDs than fit here, the long cache has the piece.
  const after = end - p < SHORTEST_LONG ? encodePiece(p, end, out) : encodeLong(p, end, out, MOST_IDS);
  const count = (after - out) >> 2;
  if (count > MOST_IDS) return after;
  if (wasFull) move(bucket + 32, roomBeside(bucket));
  move(bucket, bucket + 32);
  store<u64>(bucket, low);
  store<u64>(bucket, high, 8);
  v128.store(bucket, v128.load(out), 16);
  store<u32>(bucket, load<u32>(out) | ((count as u32) << 24), 16);
  return after;
}

/** The entry with this key in the other buckets of the set, or 0. */
function spilledEntry(bucket: usize, low: u64, high: u64): usize {
  for (let step = BUCKET; step < SET; step += BUCKET) {
    const entry = likelyEntry(bucket ^ step, low, high);
    if (difference(entry, low, high) == 0) return entry;
  }
  return 0;
}

/** Where the oldest entry of a full bucket goes: to one with room, or else in place of the oldest of another. */
function roomBeside(bucket: usize): usize {
  for (let step = BUCKET; step < SET; step += BUCKET) {
    const other = bucket ^ step;
    if (isFull(other)) continue;
    move(other, other + 32);
    return other;
  }
  turn = turn + BUCKET == SET ? BUCKET : turn + BUCKET;
  return (bucket ^ turn) + 32;
}

function move(from: usize, to: usize): void {
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, 16), 16);
}

function isFull(bucket: usize): bool {
  return load<u32>(bucket, 44) != 0;
}
