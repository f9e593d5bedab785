// The common case of scanning: a piece that lies within 16 bytes and is plain ASCII, like the character after it. One
// load and a few comparisons of all 16 bytes replace a look at each character. Whatever this does not decide, and
// returns 0 for, is left to `scan`; what it decides is what `scan` would.

import { KINDS } from "./layout";
import { FAMILY_CASE, FAMILY_GPT2, family, maxDigits, newlines, slashes } from "./scan";

/** May be the first character of a piece that goes on with letters. */
const PREFIX: i32 = 1;
const LETTER: i32 = 2;
const DIGIT: i32 = 4;

/** Which of the 16 bytes lie in `count` values from `first` on, as a bit mask. */
function inRange(x: v128, first: i32, count: i32): i32 {
  return i8x16.bitmask(i8x16.lt_u(i8x16.sub(x, i8x16.splat(first as i8)), i8x16.splat(count as i8)));
}

function equal(x: v128, byte: i32): i32 {
  return i8x16.bitmask(i8x16.eq(x, i8x16.splat(byte as i8)));
}

/** End of the piece at `p`, whose first 16 bytes are `x`, or 0. Zeros follow the text, which ends at `end`. */
export function asciiEnd(p: usize, end: usize, x: v128): usize {
  const kind = load<u8>(KINDS + (load<u8>(p) as usize)) as i32;
  if (kind == 0) return 0;
  const upper = inRange(x, 0x41, 26);
  const lower = inRange(x, 0x61, 26);
  const letters = upper | lower;
  const skip = (kind & LETTER) != 0 ? 0 : 1;
  if (skip == 0 || ((kind & PREFIX) != 0 && (letters & 2) != 0)) {
    // Where case matters, a word also ends between a lower-case and an upper-case letter.
    const ends = family == FAMILY_CASE ? ~letters | (upper & (lower << 1)) : ~letters;
    const size = ctz(ends >> skip) + skip;
    if (size >= 16) return 0;
    const next = load<u8>(p + size) as i32;
    // Another script may go on with the word, and a contraction may belong to it.
    return next >= 0x80 || (next == 0x27 && family == FAMILY_CASE) ? 0 : p + size;
  }
  const digits = inRange(x, 0x30, 10);
  if ((kind & DIGIT) != 0) {
    const size = ctz(~digits);
    if (size >= maxDigits && family != FAMILY_GPT2) return p + maxDigits;
    return size >= 16 || load<u8>(p + size) >= 0x80 ? 0 : p + size;
  }
  const white = inRange(x, 9, 5) | equal(x, 32);
  const symbols = ~(letters | digits | white | i8x16.bitmask(x)) & 0xffff;
  const from = load<u8>(p) == 32 ? 1 : 0;
  if (((symbols >> from) & 1) != 0) return symbolsEnd(p, end, ctz(~symbols >> from) + from);
  return whiteEnd(p, end, ctz(~white), equal(x, 10) | equal(x, 13));
}

/** End of a piece that begins with `size` bytes of symbols: newlines may belong to it. */
function symbolsEnd(p: usize, end: usize, size: i32): usize {
  if (size >= 16 || p + size >= end) return 0;
  let at = p + size;
  let next = load<u8>(at) as i32;
  if (next >= 0x80) return 0;
  if (family == FAMILY_GPT2) return at;
  const slash = family == FAMILY_CASE && slashes ? 0x2f : 10;
  while (next == 10 || next == 13 || next == slash) {
    at++;
    next = load<u8>(at);
  }
  return at;
}

/** End of a piece that begins with `size` bytes of white space, of which `lineEnds` are newlines. */
function whiteEnd(p: usize, end: usize, size: i32, lineEnds: i32): usize {
  if (size >= 16 || p + size >= end) return 0;
  const next = load<u8>(p + size) as i32;
  if (next >= 0x80) return 0;
  const inside = lineEnds & ((1 << size) - 1);
  if (newlines != 0 && inside != 0) return p + (32 - clz(inside));
  if (size > 1) return p + size - 1;
  // For GPT-2 a space belongs to the digits after it.
  return family == FAMILY_GPT2 && next >= 0x30 && next <= 0x39 ? 0 : p + 1;
}
