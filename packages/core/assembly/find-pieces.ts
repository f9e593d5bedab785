// Finds pieces ahead of encoding them: the two in turns for each piece would stall each other.

import { PIECES, PIECES_FULL } from "./layout";
import { scan } from "./scan";
import { pieceStarts } from "./scan-window";

/** Writes the ends of the pieces from `start` on to PIECES, as many as fit; returns the place after the last. */
export function findPieces(start: usize, end: usize): usize {
  let p = start;
  let at = PIECES;
  while (p < end && at < PIECES_FULL) {
    const starts = pieceStarts(p, end);
    if (starts == 0) {
      p = scan(p, end);
      store<u32>(at, p as u32);
      at += 4;
    } else {
      writePositions(at, p, starts);
      at += (popcnt(starts) as usize) << 2;
      p += 63 - (clz(starts) as usize);
    }
  }
  return at;
}

/** Writes `p` plus the position of each bit; eight at a time, because the processor cannot guess how many there are. */
function writePositions(place: usize, p: usize, bits: u64): void {
  let rest = bits;
  for (let at = place; rest != 0; at += 32) {
    rest = writePosition(at, p, rest);
    rest = writePosition(at + 4, p, rest);
    rest = writePosition(at + 8, p, rest);
    rest = writePosition(at + 12, p, rest);
    rest = writePosition(at + 16, p, rest);
    rest = writePosition(at + 20, p, rest);
    rest = writePosition(at + 24, p, rest);
    rest = writePosition(at + 28, p, rest);
  }
}

/** Writes the position of the lowest bit; returns the others. */
function writePosition(place: usize, p: usize, bits: u64): u64 {
  store<u32>(place, (p as u32) + (ctz(bits) as u32));
  return bits & (bits - 1);
}
