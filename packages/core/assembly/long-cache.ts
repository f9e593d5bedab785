// Results for pieces that are too long, or have too many IDs, for the short cache: an arena of entries of any size, found
// through sets of four positions. The arena is filled round and round, the newest entry in place of the oldest.

import { encodePiece } from "./backtrack";
import { LONG_ARENA, LONG_ARENA_END, LONG_TABLE } from "./layout";

/** Shortest and longest piece that is remembered. */
export const SHORTEST_LONG: usize = 8;
const LONGEST: usize = 512;

/** A position: 19 bits of its place in the arena in units of 8 bytes, one that tells odd rounds from even ones, a hash. */
const PLACE_MASK: u32 = 0x7ffff;
const ROUND_BIT: u32 = 0x80000;
const TAG_MASK: u32 = 0xfff00000;

/** Where the next entry goes, and ROUND_BIT in odd rounds. */
let next: usize = LONG_ARENA;
let round: u32 = 0;
/**
 * Whether the arena has been full. From then on every second new piece is remembered: of pieces that come again and again
 * in the same order, and are a little too many, each would otherwise be forgotten just before it is met.
 */
let wasFull: bool = false;
let isSkipped: bool = false;

/** Pieces of up to 32 bytes without a loop, whose end the processor would guess wrong. */
function hashOf(p: usize, length: usize): u64 {
  const end = p + length;
  let even = load<u64>(p) ^ ((length as u64) * 0x9e3779b97f4a7c15);
  let odd = load<u64>(p + min<usize>(8, length - 8));
  for (let at = p + 16; at + 16 < end; at += 16) {
    even = rotl(even * 0xbf58476d1ce4e5b9, 29) ^ load<u64>(at);
    odd = rotl(odd * 0x94d049bb133111eb, 29) ^ load<u64>(at, 8);
  }
  even = (rotl(even * 0xbf58476d1ce4e5b9, 29) ^ load<u64>(end - min<usize>(16, length))) * 0x9e3779b97f4a7c15;
  odd = (rotl(odd * 0x94d049bb133111eb, 29) ^ load<u64>(end - 8)) * 0xc2b2ae3d27d4eb4f;
  const hash = even ^ rotl(odd, 32);
  return hash ^ (hash >> 29);
}

/** Compares at least eight bytes. */
export function sameBytes(a: usize, b: usize, length: usize): bool {
  if (length < 16) {
    return ((load<u64>(a) ^ load<u64>(b)) | (load<u64>(a + length - 8) ^ load<u64>(b + length - 8))) == 0;
  }
  const last = length - 16;
  let difference = v128.or(
    v128.xor(v128.load(a), v128.load(b)),
    v128.xor(v128.load(a + last), v128.load(b + last)),
  );
  for (let i: usize = 16; i < last; i += 16) {
    difference = v128.or(difference, v128.xor(v128.load(a + i), v128.load(b + i)));
  }
  return !v128.any_true(difference);
}

/** Encodes a piece and remembers it if it has more than `few` IDs; returns the place after its last ID. */
export function encodeLong(p: usize, end: usize, out: usize, few: usize): usize {
  const length = end - p;
  if (length > LONGEST) return encodePiece(p, end, out);
  const hash = hashOf(p, length);
  const set = LONG_TABLE + (((hash as usize) & 0x3fff) << 4);
  const tag = (hash >> 16) as u32 & TAG_MASK;
  const positions = v128.load(set);
  let equal = i32x4.bitmask(i32x4.eq(v128.and(positions, i32x4.splat(TAG_MASK)), i32x4.splat(tag)));
  for (; equal != 0; equal &= equal - 1) {
    const position = load<u32>(set + ((ctz(equal) as usize) << 2));
    const entry = LONG_ARENA + (((position & PLACE_MASK) as usize) << 3);
    // Entries of this round lie before the next, those of the last round after it.
    if (entry < next != ((position & ROUND_BIT) == round)) continue;
    // An entry: length, number of IDs, IDs, bytes.
    if (load<u32>(entry) != (length as u32)) continue;
    const size = (load<u32>(entry, 4) as usize) << 2;
    const ids = entry + 8;
    if (!sameBytes(ids + size, p, length)) continue;
    for (let i: usize = 0; i < size; i += 16) v128.store(out + i, v128.load(ids + i));
    return out + size;
  }
  const after = encodePiece(p, end, out);
  if (after - out > few << 2) remember(set, tag, p, length, out, after - out);
  return after;
}

function remember(set: usize, tag: u32, p: usize, length: usize, ids: usize, size: usize): void {
  isSkipped = wasFull && !isSkipped;
  if (isSkipped) return;
  if (next + 8 + size + length + 32 > LONG_ARENA_END) startRound();
  const entry = next;
  store<u32>(entry, length as u32);
  store<u32>(entry, (size >> 2) as u32, 4);
  memory.copy(entry + 8, ids, size);
  memory.copy(entry + 8 + size, p, length);
  next = (entry + 8 + size + length + 7) & ~7;
  // The newest comes first, the oldest of the set is forgotten.
  const position = tag | round | (((entry - LONG_ARENA) >> 3) as u32);
  v128.store(set, v128.shuffle<i32>(i32x4.splat(position), v128.load(set), 0, 4, 5, 6));
}

/** Goes back to the beginning. Positions of the round before the one that ends would be taken for those of the new one. */
function startRound(): void {
  next = LONG_ARENA;
  round ^= ROUND_BIT;
  wasFull = true;
  for (let at = LONG_TABLE; at < LONG_ARENA; at += 16) {
    const positions = v128.load(at);
    const rounds = v128.and(positions, i32x4.splat(ROUND_BIT));
    v128.store(at, v128.andnot(positions, i32x4.eq(rounds, i32x4.splat(round))));
  }
}
