// Where pieces end: src/tokenizer/pretokenize/families.ts, rule by rule, over memory. The families are told apart by
// settings instead of closures.

import { CLASSES } from "./layout";

const LETTER: i32 = 1;
const NUMBER: i32 = 2;
const SPACE: i32 = 4;
const UPPER: i32 = 8;
const LOWER: i32 = 16;
const MARK: i32 = 32;

export const FAMILY_GPT2: i32 = 0;
export const FAMILY_WORD: i32 = 1;
export const FAMILY_CASE: i32 = 2;

export let family: i32 = 0;
export let maxDigits: i32 = 3;
export let word: i32 = LETTER;
/** 0: none; 1: after the last newline; 2: the same, unless the run reaches the end of the text. */
export let newlines: i32 = 0;
export let contractions: bool = true;
export let slashes: bool = true;

export function setFamily(
  familyIs: i32,
  digits: i32,
  wordClasses: i32,
  newlineRule: i32,
  hasContractions: i32,
  hasSlashes: i32,
): void {
  family = familyIs;
  maxDigits = digits;
  word = wordClasses;
  newlines = newlineRule;
  contractions = hasContractions != 0;
  slashes = hasSlashes != 0;
}

/** Flags and byte length of the character at `p`: `flags << 3 | length`. */
export function classify(p: usize): i32 {
  const lead = load<u8>(p) as i32;
  if (lead < 0x80) return ((load<u8>(CLASSES + lead) as i32) << 3) | 1;
  const second = (load<u8>(p, 1) as i32) & 63;
  if (lead < 0xe0) return ((load<u8>(CLASSES + (((lead & 31) << 6) | second)) as i32) << 3) | 2;
  const third = (load<u8>(p, 2) as i32) & 63;
  if (lead < 0xf0) {
    return ((load<u8>(CLASSES + (((lead & 15) << 12) | (second << 6) | third)) as i32) << 3) | 3;
  }
  const point = ((lead & 7) << 18) | (second << 12) | (third << 6) | ((load<u8>(p, 3) as i32) & 63);
  if (point < 0x40000) return ((load<u8>(CLASSES + point) as i32) << 3) | 4;
  // Above, only the variation selectors have a class.
  const selector = point >= 0xe0100 && point <= 0xe01ef;
  return selector ? ((UPPER | LOWER | MARK) << 3) | 4 : 4;
}

function isNewline(byte: i32): bool {
  return byte == 10 || byte == 13;
}

/** A number whose lowest set bit is below 16 if any of the 16 bytes at `p` is not an ASCII letter or is one. */
function notLetters(p: usize): i32 {
  const folded = v128.or(v128.load(p), i8x16.splat(0x20));
  return ~i8x16.bitmask(i8x16.lt_u(i8x16.sub(folded, i8x16.splat(0x61)), i8x16.splat(26)));
}

function runOf(p: usize, end: usize, mask: i32): usize {
  while (p < end) {
    const found = classify(p);
    if (((found >> 3) & mask) == 0) break;
    p += found & 7;
  }
  return p;
}

function runWithout(p: usize, end: usize, mask: i32): usize {
  while (p < end) {
    const found = classify(p);
    if (((found >> 3) & mask) != 0) break;
    p += found & 7;
  }
  return p;
}

/** As `runOf`, for masks that hold all ASCII letters: sixteen of them are passed at a time. */
function runOfLetters(p: usize, end: usize, mask: i32): usize {
  while (p < end) {
    if (load<u8>(p) < 0x80) {
      const stop = ctz(notLetters(p));
      p += min(stop, 16);
      if (stop >= 16) continue;
      if (p >= end || load<u8>(p) < 0x80) return min(p, end);
    }
    const found = classify(p);
    if (((found >> 3) & mask) == 0) return p;
    p += found & 7;
  }
  return min(p, end);
}

function fewNumbers(p: usize, end: usize): usize {
  for (let taken = 0; taken < maxDigits && p < end; taken++) {
    const found = classify(p);
    if (((found >> 3) & NUMBER) == 0) break;
    p += found & 7;
  }
  return p;
}

function whiteSpaceEnd(start: usize, end: usize): usize {
  let p = start;
  let last = start;
  let afterNewline: usize = 0;
  while (p < end) {
    const found = classify(p);
    if (((found >> 3) & SPACE) == 0) break;
    last = p;
    p += found & 7;
    if (isNewline(load<u8>(last))) afterNewline = p;
  }
  if (p == end && newlines == 2) return end;
  if (newlines != 0 && afterNewline != 0) return afterNewline;
  return p == end || last == start ? p : last;
}

export function contractionLength(p: usize, end: usize, fold: i32): i32 {
  if (p + 1 >= end) return 0;
  const raw = load<u8>(p, 1) as i32;
  const first = raw | fold;
  if (first == 0x73 || first == 0x64 || first == 0x6d || first == 0x74) return 2;
  if (p + 2 >= end) return 0;
  const second = (load<u8>(p, 2) as i32) | fold;
  if (fold != 0 && raw == 0xc5 && load<u8>(p, 2) == 0xbf) return 3;
  if (first == 0x6c && second == 0x6c) return 3;
  return (first == 0x76 || first == 0x72) && second == 0x65 ? 3 : 0;
}

/** ` ?[^\s…]+` at `start`; 0 if it does not match. */
function symbolRun(start: usize, end: usize, mask: i32): usize {
  const from = load<u8>(start) == 32 ? start + 1 : start;
  const p = runWithout(from, end, mask);
  return p > from ? p : 0;
}

function scanGpt2(start: usize, end: usize): usize {
  const lead = load<u8>(start);
  if (lead == 0x27) {
    const length = contractionLength(start, end, 0);
    if (length > 0) return start + length;
  }
  const from = lead == 32 && start + 1 < end ? start + 1 : start;
  const flags = classify(from) >> 3;
  if ((flags & LETTER) != 0) return runOfLetters(from, end, LETTER);
  if ((flags & NUMBER) != 0) return runOf(from, end, NUMBER);
  if ((flags & SPACE) == 0) return runWithout(from, end, SPACE | LETTER | NUMBER);
  return whiteSpaceEnd(start, end);
}

function scanWord(start: usize, end: usize): usize {
  const lead = load<u8>(start) as i32;
  if (lead == 0x27) {
    const length = contractionLength(start, end, 0x20);
    if (length > 0) return start + length;
  }
  const found = classify(start);
  const flags = found >> 3;
  if ((flags & word) != 0) return runOfLetters(start, end, word);
  if ((flags & NUMBER) != 0) return fewNumbers(start, end);
  if ((flags & LETTER) == 0 && !isNewline(lead)) {
    const next = start + (found & 7);
    const wordEnd = runOfLetters(next, end, word);
    if (wordEnd > next) return wordEnd;
  }
  let p = symbolRun(start, end, SPACE | NUMBER | word);
  if (p == 0) return whiteSpaceEnd(start, end);
  while (p < end && isNewline(load<u8>(p))) p++;
  return p;
}

function wordEndingLower(start: usize, end: usize): usize {
  let p = start;
  let afterBoth: usize = 0;
  while (p < end) {
    const found = classify(p);
    if (((found >> 3) & UPPER) == 0) break;
    p += found & 7;
    if (((found >> 3) & LOWER) != 0) afterBoth = p;
  }
  const lowerEnd = runOf(p, end, LOWER);
  return lowerEnd > p ? lowerEnd : afterBoth;
}

function wordStartingUpper(start: usize, end: usize): usize {
  const p = runOf(start, end, UPPER);
  return p == start ? 0 : runOf(p, end, LOWER);
}

function caseWord(start: usize, end: usize): usize {
  const found = classify(start);
  const flags = found >> 3;
  const isLetter = (flags & (UPPER | LOWER)) != 0;
  const isPrefix = (flags & (LETTER | NUMBER)) == 0 && !isNewline(load<u8>(start));
  const next = start + (found & 7);
  let end1: usize = 0;
  if (isPrefix) end1 = wordEndingLower(next, end);
  if (end1 == 0 && isLetter) end1 = wordEndingLower(start, end);
  if (end1 == 0 && isPrefix) end1 = wordStartingUpper(next, end);
  if (end1 == 0 && isLetter) end1 = wordStartingUpper(start, end);
  return end1;
}

function scanCase(start: usize, end: usize): usize {
  const flags = classify(start) >> 3;
  if ((flags & NUMBER) != 0) return fewNumbers(start, end);
  const wordEnd = caseWord(start, end);
  if (wordEnd != 0) {
    if (!contractions || wordEnd >= end || load<u8>(wordEnd) != 0x27) return wordEnd;
    return wordEnd + contractionLength(wordEnd, end, 0x20);
  }
  let p = symbolRun(start, end, SPACE | LETTER | NUMBER);
  if (p == 0) return whiteSpaceEnd(start, end);
  while (p < end && (isNewline(load<u8>(p)) || (slashes && load<u8>(p) == 0x2f))) p++;
  return p;
}

/** End of the piece that starts at `start`. */
export function scan(start: usize, end: usize): usize {
  if (family == FAMILY_CASE) return scanCase(start, end);
  if (family == FAMILY_WORD) return scanWord(start, end);
  return scanGpt2(start, end);
}
