// The three cuts of DeepSeek V3, R1 and V4 in one pass. Numbers and CJK characters are cut out first, so they are
// edges that no other match crosses and that look like the end of the text:
//   \p{N}{1,3}
//   [一-龥぀-ゟ゠-ヿ]+
//   [!"#…~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
// What matches no alternative (controls, unassigned characters) is a piece of its own up to the next match.

import { codePointAt, LETTER, MARK, NUMBER, SPACE } from "../pretokenize/character-classes.ts";
import { isNewline, runOf, type Scanner, SPACE_BYTE, whiteSpaceEnd } from "../pretokenize/scanner.ts";
import { classifySigns, PUNCTUATION, SYMBOL } from "../pretokenize/sign-classes.ts";

const WORD = LETTER | MARK;
const SIGN = PUNCTUATION | SYMBOL;

export const scanDeepseek: Scanner = (bytes, start, end) => {
  const found = classifySigns(bytes, start);
  const flags = found >> 3;
  if ((flags & NUMBER) !== 0) return runOf(bytes, start, end, NUMBER, 3);
  const region = isCjk(bytes, start);
  const next = start + (found & 7);
  if ((flags & SIGN) !== 0) {
    if (isAsciiPunctuation(bytes[start]!) && next < end && isAsciiLetter(bytes[next]!)) {
      return asciiLettersEnd(bytes, next, end);
    }
    return signsEnd(bytes, start, end, region);
  }
  if ((flags & WORD) !== 0) return runInRegion(bytes, start, end, WORD, region);
  if (!isNewline(bytes[start]!)) {
    const wordEnd = runInRegion(bytes, next, end, WORD, region);
    if (wordEnd > next) return wordEnd;
  }
  if (bytes[start] === SPACE_BYTE) {
    const signs = runInRegion(bytes, next, end, SIGN, region);
    if (signs > next) return newlinesEnd(bytes, signs, end);
  }
  if ((flags & SPACE) !== 0) return spacesEnd(bytes, start, end, region);
  return unmatchedEnd(bytes, next, end, region);
};

/** The ideographs and syllables of the second cut. */
function isCjk(bytes: Uint8Array, position: number): boolean {
  const lead = bytes[position]!;
  if (lead < 0xe3 || lead > 0xe9) return false;
  const code = codePointAt(bytes, position);
  return (code >= 0x4e00 && code <= 0x9fa5) || (code >= 0x3040 && code <= 0x30ff);
}

/** End of the run of characters with any flag of `mask` that are CJK or not as `region` says. */
function runInRegion(bytes: Uint8Array, start: number, end: number, mask: number, region: boolean): number {
  let position = start;
  while (position < end) {
    const found = classifySigns(bytes, position);
    if (((found >> 3) & mask) === 0 || isCjk(bytes, position) !== region) break;
    position += found & 7;
  }
  return position;
}

function signsEnd(bytes: Uint8Array, start: number, end: number, region: boolean): number {
  const signs = runInRegion(bytes, start, end, SIGN, region);
  // Line breaks are not CJK, so those after a CJK sign lie beyond the edge.
  return region ? signs : newlinesEnd(bytes, signs, end);
}

function newlinesEnd(bytes: Uint8Array, start: number, end: number): number {
  let position = start;
  while (position < end && isNewline(bytes[position]!)) position++;
  return position;
}

/** White space up to a number or a CJK character is taken as if the text ended there. */
function spacesEnd(bytes: Uint8Array, start: number, end: number, region: boolean): number {
  const run = runOf(bytes, start, end, SPACE);
  const isEdge = run === end || isRegionEdge(bytes, run, region);
  return whiteSpaceEnd(bytes, start, isEdge ? run : end, "last-newline");
}

function isRegionEdge(bytes: Uint8Array, position: number, region: boolean): boolean {
  return ((classifySigns(bytes, position) >> 3) & NUMBER) !== 0 || isCjk(bytes, position) !== region;
}

/** Goes on over characters that match nothing, up to one that does or that a word follows as its prefix. */
function unmatchedEnd(bytes: Uint8Array, start: number, end: number, region: boolean): number {
  let position = start;
  while (position < end && !isRegionEdge(bytes, position, region)) {
    const found = classifySigns(bytes, position);
    if (((found >> 3) & (WORD | SIGN | SPACE)) !== 0) break;
    const next = position + (found & 7);
    if (runInRegion(bytes, next, end, WORD, region) > next) break;
    position = next;
  }
  return position;
}

function isAsciiLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function isAsciiPunctuation(byte: number): boolean {
  return byte >= 0x21 && byte <= 0x7e;
}

function asciiLettersEnd(bytes: Uint8Array, start: number, end: number): number {
  let position = start;
  while (position < end && isAsciiLetter(bytes[position]!)) position++;
  return position;
}
