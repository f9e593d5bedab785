// The inner loop: finds pieces, looks them up among the pieces seen before, encodes those that were not seen.
// Compiled to WebAssembly with SIMD; results are those of src/tokenizer/kernel.ts, byte for byte.

import { encodePiece } from "./backtrack";
import { INPUT, LONG_ARENA, LONG_ARENA_END, LONG_TABLE, MASKS, OUTPUT, SHORT_CACHE, SINGLES } from "./layout";
import { scan } from "./scan";
import { asciiEnd } from "./scan-ascii";

export { setFamily } from "./scan";
export { setTrie } from "./trie";
export { checksum, fillPairs, setSizes, unpack } from "./unpack";

/** Longest piece that is remembered. */
const LONGEST_KEPT: usize = 512;
const ID_MASK: i32 = 0xffffff;

/** Failed look-ups in a full arena before it is emptied. */
const PATIENCE: i32 = 100_000;

let arenaNext: usize = LONG_ARENA;
let failures: i32 = 0;

function hashLong(p: usize, length: usize): u32 {
  let hash = (length as u64) * 0x9e3779b97f4a7c15;
  const last = p + length - 8;
  for (let at = p; at < last; at += 8) hash = rotl(hash ^ load<u64>(at), 29) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ load<u64>(last)) * 0x94d049bb133111eb;
  return ((hash ^ (hash >> 29)) >> 18) as u32;
}

function sameBytes(a: usize, b: usize, length: usize): bool {
  const last = length - 8;
  for (let i: usize = 0; i < last; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false;
  return load<u64>(a + last) == load<u64>(b + last);
}

/** A piece of 8 bytes or more that the short cache cannot hold; returns the place after its last ID. */
function encodeLong(p: usize, end: usize, out: usize, keep: bool): usize {
  const length = end - p;
  if (length > LONGEST_KEPT) return encodePiece(p, end, out);
  const slot = LONG_TABLE + (((hashLong(p, length) & 0x7fff) as usize) << 2);
  // An entry: length, number of IDs, IDs, bytes.
  const entry = load<u32>(slot) as usize;
  if (entry != 0 && load<u32>(entry) == (length as u32)) {
    const count = load<u32>(entry, 4) as usize;
    const ids = entry + 8;
    if (sameBytes(ids + (count << 2), p, length)) {
      if (keep)
        for (let i: usize = 0; i < count; i += 4) v128.store(out + (i << 2), v128.load(ids + (i << 2)));
      return out + (count << 2);
    }
  }
  const after = encodePiece(p, end, out);
  keepLong(slot, p, length, out, after - out);
  return after;
}

/** Stores an encoded piece in the arena, if there is room. */
function keepLong(slot: usize, p: usize, length: usize, ids: usize, size: usize): void {
  let place = arenaNext;
  if (place + 8 + size + length + 32 > LONG_ARENA_END) {
    // Full. What is there may still be of use, so it stays until many look-ups have failed; then all is forgotten,
    // which bounds the memory and costs less than keeping an order of use.
    if (++failures < PATIENCE) return;
    failures = 0;
    memory.fill(LONG_TABLE, 0, LONG_ARENA - LONG_TABLE);
    place = LONG_ARENA;
  }
  store<u32>(place, length as u32);
  store<u32>(place, (size >> 2) as u32, 4);
  memory.copy(place + 8, ids, size);
  memory.copy(place + 8 + size, p, length);
  store<u32>(slot, place as u32);
  arenaNext = (place + 8 + size + length + 7) & ~7;
}

/** Encodes a short piece that the cache does not have, and keeps it in `bucket` under `key`. */
function encodeNew(p: usize, end: usize, out: usize, bucket: usize, key: v128): usize {
  const after = encodePiece(p, end, out);
  const count = (after - out) >> 2;
  if (count > 4) {
    if (end - p < 8) return after;
    // Too many IDs for the short cache: kept as a long piece, with a note here to look there.
    v128.store(bucket + 32, v128.load(bucket));
    v128.store(bucket + 48, v128.load(bucket + 16));
    v128.store(bucket, key);
    store<u32>(bucket, 0, 16);
    return after;
  }
  v128.store(bucket + 32, v128.load(bucket));
  v128.store(bucket + 48, v128.load(bucket + 16));
  v128.store(bucket, key);
  v128.store(bucket + 16, v128.load(out));
  store<u32>(bucket, load<u32>(out) | ((count as u32) << 24), 16);
  return after;
}

/** Encodes the input; unless `keep`, IDs of pieces that are remembered are not read, only how many they are. */
function run(length: usize, keep: bool): usize {
  let p = INPUT;
  const end = INPUT + length;
  let out = OUTPUT;
  let total: usize = 0;
  while (p < end) {
    const x = v128.load(p);
    let next = asciiEnd(p, end, x);
    if (next == 0) next = scan(p, end);
    const size = next - p;
    let count: usize;
    if (size == 1) {
      if (keep) store<u32>(out, load<u32>(SINGLES + ((load<u8>(p) as usize) << 2)));
      count = 1;
    } else if (size < 16) {
      const key = v128.or(
        v128.and(x, v128.load(MASKS + (size << 4))),
        v128.load(MASKS + 0x100 + (size << 4)),
      );
      const low = i64x2.extract_lane(key, 0);
      const high = i64x2.extract_lane(key, 1);
      let hash = ((low as u64) * 0x9e3779b97f4a7c15) ^ ((high as u64) * 0xc2b2ae3d27d4eb4f);
      hash ^= hash >> 32;
      const bucket = SHORT_CACHE + (((hash & 0xffff) as usize) << 6);
      if (!v128.any_true(v128.xor(v128.load(bucket), key))) {
        const head = load<u32>(bucket, 16);
        if (keep) {
          v128.store(out, v128.load(bucket, 16));
          store<u32>(out, head & ID_MASK);
        }
        count = (head >> 24) as usize;
      } else if (!v128.any_true(v128.xor(v128.load(bucket, 32), key))) {
        const head = load<u32>(bucket, 48);
        if (keep) {
          v128.store(out, v128.load(bucket, 48));
          store<u32>(out, head & ID_MASK);
        }
        count = (head >> 24) as usize;
      } else {
        count = (encodeNew(p, next, out, bucket, key) - out) >> 2;
      }
      if (count == 0) count = (encodeLong(p, next, out, keep) - out) >> 2;
    } else {
      count = (encodeLong(p, next, out, keep) - out) >> 2;
    }
    total += count;
    if (keep) out += count << 2;
    p = next;
  }
  return total;
}

/** Encodes the first `length` bytes of the input into the output; returns the number of IDs. */
export function encode(length: usize): usize {
  return run(length, true);
}

/** As `encode`, overwriting the same few IDs again and again: only their number is of interest. */
export function count(length: usize): usize {
  return run(length, false);
}
