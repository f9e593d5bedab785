// The scanners of the pattern families. Each is the hand-written equivalent of the regular expression quoted at it;
// the tests compare them with a literal reading of the alternatives and with tiktoken.

import { classify, LETTER, LOWER, NUMBER, SPACE, UPPER } from "./character-classes.ts";
import {
  APOSTROPHE,
  contractionLength,
  isNewline,
  runOf,
  runWithout,
  type Scanner,
  SPACE_BYTE,
  whiteSpaceEnd,
} from "./scanner.ts";
import type { ScannerSettings } from "./scanner-settings.ts";

/** ` ?[^\s\p{L}\p{N}]+` at `start`, with the classes that end it in `mask`; 0 if it does not match. */
function symbolRun(bytes: Uint8Array, start: number, end: number, mask: number): number {
  const from = bytes[start] === SPACE_BYTE ? start + 1 : start;
  const position = runWithout(bytes, from, end, mask);
  return position > from ? position : 0;
}

/**
 * GPT-2 and its kin (`gpt2`, `r50k_base`, `p50k_base`, `p50k_edit`):
 * `'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
 */
const scanGpt2: Scanner = (bytes, start, end) => {
  if (bytes[start] === APOSTROPHE) {
    const length = contractionLength(bytes, start, end, false);
    if (length > 0) return start + length;
  }
  const from = bytes[start] === SPACE_BYTE && start + 1 < end ? start + 1 : start;
  const found = classify(bytes, from) >> 3;
  if ((found & LETTER) !== 0) return runOf(bytes, from, end, LETTER);
  if ((found & NUMBER) !== 0) return runOf(bytes, from, end, NUMBER);
  if ((found & SPACE) === 0) return runWithout(bytes, from, end, SPACE | LETTER | NUMBER);
  return whiteSpaceEnd(bytes, start, end, "none");
};

/**
 * cl100k and its kin. With the old spelling of the pattern, which most tokenizer.json files have:
 * `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
 */
function createWordScanner({ maxDigits, word, newlines }: ScannerSettings): Scanner {
  const endOfSymbols = SPACE | NUMBER | word;
  return (bytes, start, end) => {
    const lead = bytes[start]!;
    if (lead === APOSTROPHE) {
      const length = contractionLength(bytes, start, end, true);
      if (length > 0) return start + length;
    }
    const found = classify(bytes, start);
    const flags = found >> 3;
    if ((flags & word) !== 0) return runOf(bytes, start, end, word);
    if ((flags & NUMBER) !== 0) return runOf(bytes, start, end, NUMBER, maxDigits);
    if ((flags & LETTER) === 0 && !isNewline(lead)) {
      const next = start + (found & 7);
      const wordEnd = runOf(bytes, next, end, word);
      if (wordEnd > next) return wordEnd;
    }
    let position = symbolRun(bytes, start, end, endOfSymbols);
    if (position === 0) return whiteSpaceEnd(bytes, start, end, newlines);
    while (position < end && isNewline(bytes[position]!)) position++;
    return position;
  };
}

/** `[UPPER]*[LOWER]+` from `start`: its end, or 0. Characters of both classes are taken by the first bracket. */
function wordEndingLower(bytes: Uint8Array, start: number, end: number): number {
  let position = start;
  let afterBoth = 0;
  while (position < end) {
    const found = classify(bytes, position);
    if (((found >> 3) & UPPER) === 0) break;
    position += found & 7;
    if (((found >> 3) & LOWER) !== 0) afterBoth = position;
  }
  const lowerEnd = runOf(bytes, position, end, LOWER);
  // Without a lower-case tail the first bracket gives back down to the last character that is of both classes.
  return lowerEnd > position ? lowerEnd : afterBoth;
}

/** `[UPPER]+[LOWER]*` from `start`: its end, or 0. */
function wordStartingUpper(bytes: Uint8Array, start: number, end: number): number {
  const position = runOf(bytes, start, end, UPPER);
  return position === start ? 0 : runOf(bytes, position, end, LOWER);
}

/**
 * Both word alternatives of o200k without the contraction: the end of the match, or 0. A mark is a legal prefix and a
 * letter at once, hence the order: each alternative is tried with the character as a prefix, then as a letter.
 */
function caseWord(bytes: Uint8Array, start: number, end: number): number {
  const found = classify(bytes, start);
  const flags = found >> 3;
  const isLetter = (flags & (UPPER | LOWER)) !== 0;
  const isPrefix = (flags & (LETTER | NUMBER)) === 0 && !isNewline(bytes[start]!);
  const next = start + (found & 7);
  return (
    (isPrefix ? wordEndingLower(bytes, next, end) : 0) ||
    (isLetter ? wordEndingLower(bytes, start, end) : 0) ||
    (isPrefix ? wordStartingUpper(bytes, next, end) : 0) ||
    (isLetter ? wordStartingUpper(bytes, start, end) : 0)
  );
}

/**
 * o200k and its kin, where words split at a change from lower to upper case:
 * `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|…)?`, the same with `+` and `*`
 * exchanged, `\p{N}{1,3}`, ` ?[^\s\p{L}\p{N}]+[\r\n/]*`, `\s*[\r\n]+`, `\s+(?!\S)`, `\s+`
 */
function createCaseScanner({ maxDigits, contractions, slashes }: ScannerSettings): Scanner {
  return (bytes, start, end) => {
    const flags = classify(bytes, start) >> 3;
    if ((flags & NUMBER) !== 0) return runOf(bytes, start, end, NUMBER, maxDigits);
    const word = caseWord(bytes, start, end);
    if (word > 0) {
      if (!contractions || word >= end || bytes[word] !== APOSTROPHE) return word;
      return word + contractionLength(bytes, word, end, true);
    }
    let position = symbolRun(bytes, start, end, SPACE | LETTER | NUMBER);
    if (position === 0) return whiteSpaceEnd(bytes, start, end, "last-newline");
    while (position < end && (isNewline(bytes[position]!) || (slashes && bytes[position] === 0x2f)))
      position++;
    return position;
  };
}

/** A scanner by its settings: what known patterns are described with. */
export function createScanner(settings: ScannerSettings): Scanner {
  if (settings.family === "gpt2") return scanGpt2;
  return settings.family === "word" ? createWordScanner(settings) : createCaseScanner(settings);
}
