// The pattern of a known family: its hand-written scanner instead of a regular expression. Same cuts, pinned Unicode
// version, linear time.

import type { Scanner } from "../pretokenize/scanner.ts";
import type { MatchRange, Pattern } from "./pattern.ts";
import { toPaddedUtf8 } from "./utf8-buffer.ts";

export function scannerPattern(source: string, scanner: Scanner): Pattern {
  return { literal: undefined, source, scanner, matches: (text) => scannedRanges(text, scanner) };
}

function scannedRanges(text: string, scanner: Scanner): MatchRange[] {
  const { bytes, length } = toPaddedUtf8(text);
  const ranges: MatchRange[] = [];
  let unit = 0;
  for (let start = 0; start < length; ) {
    const end = scanner(bytes, start, length);
    const from = unit;
    for (let at = start; at < end; at++) unit += unitsOfByte(bytes[at]!);
    ranges.push([from, unit]);
    start = end;
  }
  return ranges;
}

/** UTF-16 units that a character has, counted at its first byte. */
function unitsOfByte(byte: number): number {
  if ((byte & 0xc0) === 0x80) return 0;
  return byte >= 0xf0 ? 2 : 1;
}
