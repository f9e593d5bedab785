// Numbers of IDs of the shortest pieces, so that counting reads less than encoding. An entry is one word: the bytes of
// the piece, its length in the 4 bits above, and the number in the highest 4.

import { COUNTS } from "./layout";
import { lowKey } from "./short-cache";

/** Pieces of this many bytes and more do not fit. */
export const TOO_LONG: usize = 8;

/** All of the entry for a piece but the number. */
export function countKey(p: usize, size: usize): u64 {
  return lowKey(p, size) | ((size as u64) << 56);
}

/** Where the piece with this key would be. */
export function countSlot(key: u64): usize {
  return COUNTS + ((((key * 0x9e3779b97f4a7c15) >> 49) as usize) << 3);
}

/** The number of IDs, or 0 if the slot has another piece. */
export function countIn(slot: usize, key: u64): usize {
  const rest = load<u64>(slot) ^ key;
  return rest << 4 == 0 ? ((rest >> 60) as usize) : 0;
}

export function rememberCount(slot: usize, key: u64, count: usize): void {
  store<u64>(slot, key | ((count as u64) << 60));
}
