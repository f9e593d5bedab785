// Where pieces start, for 64 bytes at once: one bit per byte says whether it is of some class of characters, and a few
// shifts and additions turn these bits into those of piece starts. Hardly a branch depends on the text, which is what
// makes it fast: guessing the end of a word wrong costs more than all of this. What cannot be known here is left to
// `scan`, whose rules these are.

import { below, bitAt, continuations, equalTo, inRange, join, withBit } from "./byte-masks";
import { CLASSES, WINDOW } from "./layout";
import {
  classify,
  contractionLength,
  contractions,
  FAMILY_CASE,
  FAMILY_GPT2,
  family,
  maxDigits,
  newlines,
  slashes,
  word,
} from "./scan";

let letters: u64 = 0;
let upper: u64 = 0;
let lower: u64 = 0;
/** Positions from which on nothing is certain. */
let open: u64 = 0;

/** As `classify`, for a character beyond ASCII, of which these are the first four bytes: half the time of a call. */
function classOf(bytes: u32, p: usize): u32 {
  const lead = bytes & 0xff;
  const second = (bytes >> 8) & 63;
  if (lead < 0xe0) return load<u8>(CLASSES + ((((lead & 31) << 6) | second) as usize));
  if (lead >= 0xf0) return (classify(p) >> 3) as u32;
  return load<u8>(CLASSES + ((((lead & 15) << 12) | (second << 6) | ((bytes >> 16) & 63)) as usize));
}

/** Adds the characters beyond ASCII to the masks. `starts` are their first bytes, `high` all their bytes. */
function addOthers(p: usize, starts: u64, high: u64): void {
  for (let rest = starts; rest != 0; rest &= rest - 1) {
    const at = ctz(rest) as usize;
    // For as many bytes as a character can have; the next one overwrites what is too much.
    store<u32>(WINDOW + at, classOf(load<u32>(p + at), p + at) * 0x01010101);
  }
  const a = v128.load(WINDOW);
  const b = v128.load(WINDOW, 16);
  const c = v128.load(WINDOW, 32);
  const d = v128.load(WINDOW, 48);
  // Numbers and white space beyond ASCII are rare.
  open |= (withBit(a, b, c, d, 1) | withBit(a, b, c, d, 2)) & high;
  if (family != FAMILY_CASE) {
    letters |= (withBit(a, b, c, d, 0) | (word > 1 ? withBit(a, b, c, d, 5) : 0)) & high;
    return;
  }
  const startsWord = withBit(a, b, c, d, 3) & high;
  const endsWord = withBit(a, b, c, d, 4) & high;
  const caseless = startsWord & endsWord;
  upper |= startsWord & ~caseless;
  lower |= endsWord & ~caseless;
  letters |= startsWord | endsWord;
  // Whether an upper-case letter goes on with a word of caseless ones depends on what follows; what a mark without a
  // letter belongs to, on what precedes.
  open |= (upper & (caseless << 1)) | (withBit(a, b, c, d, 5) & high & ~(letters << 1));
}

/**
 * Bits of the positions after `p`, where a piece starts, at which others start: of those that are certain. A piece that
 * ends with the text has its end among them. 0 if nothing is certain.
 */
export function pieceStarts(p: usize, end: usize): u64 {
  const a = v128.load(p);
  const b = v128.load(p, 16);
  const c = v128.load(p, 32);
  const d = v128.load(p, 48);
  lower = inRange(a, b, c, d, 0x61, 26);
  upper = inRange(a, b, c, d, 0x41, 26);
  letters = lower | upper;
  const digits = inRange(a, b, c, d, 0x30, 10);
  const space = equalTo(a, b, c, d, 32);
  const white = inRange(a, b, c, d, 9, 5) | space;
  const newline = newlines == 0 ? 0 : equalTo(a, b, c, d, 10) | equalTo(a, b, c, d, 13);
  // The end of the text, or a position that is never reached.
  const last: u64 = end - p < 64 ? end - p : -1;
  open = end - p < 64 ? ~below(last) : 0;
  let starts: u64 = -1;
  const high = join(a, b, c, d);
  if (high != 0) {
    starts = ~continuations(a, b, c, d);
    addOthers(p, starts & high, high);
  }
  const symbols = ~(letters | digits | white);
  // Newlines right after symbols belong to them.
  const tail = newline & ~(newline + (newline & (symbols << 1)));
  if (family == FAMILY_CASE && slashes) {
    const after = (tail << 1) & symbols;
    if (after != 0) open |= after & equalTo(a, b, c, d, 0x2f);
  }

  let found = whiteSpaceStarts(white & ~tail, white, newline);
  const spaced = symbols & (space << 1);
  found |= symbols & ~(symbols << 1) & ~spaced;
  if (family == FAMILY_GPT2) {
    found |= ((letters & ~(letters << 1)) | (digits & ~(digits << 1))) & ~(space << 1);
  } else {
    // One character that is not a newline belongs to the letters after it, unless it belongs to symbols before it.
    const taken = (symbols + ((symbols & (symbols << 1) & starts) | spaced)) & ~symbols;
    const prefix = ((white & ~newline) | symbols) << 1;
    found |= (letters & ~(letters << 1) & (~prefix | taken)) | groups(digits);
    if (family == FAMILY_CASE) found |= upper & (lower << 1);
  }
  const quotes = equalTo(a, b, c, d, 0x27) & (family == FAMILY_CASE ? letters << 1 : found & (letters >> 1));
  if (quotes != 0 && contractions) found = withContractions(found, quotes, p, end, last);

  const stop = ctz(open);
  // White space up to there may go on: only its beginning is certain.
  const trailing = clz(~(white << (64 - stop)));
  if (stop == last && trailing == 0) return (found & below(last) & ~1) | bitAt(last);
  return found & ((open & -open) - 1) & ((-1 as u64) >> (63 - min(stop - trailing, 63))) & ~1;
}

/** White space starts a piece at its beginning, after its last newline, and at its last character. */
function whiteSpaceStarts(blank: u64, white: u64, newline: u64): u64 {
  const spaces = blank & ~newline;
  let indents = spaces & ((blank & newline) << 1);
  for (let rest = (spaces + indents) & ~spaces & newline; rest != 0; rest &= rest - 1) {
    // A newline follows: these spaces, the last that start before it, are of an empty line.
    indents ^= bitAt(63 - clz(indents & (rest ^ (rest - 1))));
  }
  return (blank & ~(blank << 1)) | (spaces & ~(white >> 1)) | indents;
}

/** The first of each group of digits. */
function groups(digits: u64): u64 {
  if (maxDigits == 1) return digits;
  let starts = digits & ~(digits << 1);
  const fourth = digits & (digits << 1) & (digits << 2) & (digits << 3);
  for (let next = (starts << 3) & fourth; next != 0; next = (next << 3) & fourth) starts |= next;
  return starts;
}

/** `found` with the contractions at `quotes`: after words for the case family, else pieces of their own. */
function withContractions(found: u64, quotes: u64, p: usize, end: usize, last: u64): u64 {
  const within = (family == FAMILY_CASE) as u64;
  const fold = family == FAMILY_GPT2 ? 0 : 0x20;
  const stop = ctz(open);
  let result = found;
  let after: u64 = -1;
  for (let rest = quotes; rest != 0; rest &= rest - 1) {
    const at = ctz(rest);
    if (at + 3 >= stop && stop != last) {
      open |= bitAt(at);
      break;
    }
    // Right after another contraction, a new word starts.
    if (at == after && within != 0) continue;
    const length = contractionLength(p + (at as usize), end, fold) as u64;
    if (length == 0) continue;
    after = at + length;
    result = (result & ~(below(after) ^ below(at + 1 - within))) | bitAt(after);
  }
  return result;
}
