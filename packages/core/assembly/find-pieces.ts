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
  let at = place;
  for (let rest = bits; rest != 0; at += 32) {
    for (let i: usize = 0; i < 32; i += 4) {
      store<u32>(at + i, (p + (ctz(rest) as usize)) as u32);
      rest &= rest - 1;
    }
  }
}
