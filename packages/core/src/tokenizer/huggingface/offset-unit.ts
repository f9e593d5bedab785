// Offsets in the units that callers count in: UTF-16 units, code points (as Python does) or UTF-8 bytes.

import type { OffsetUnit } from "../offsets.ts";

type Offset = readonly [start: number, end: number];

/** Converts offsets into `text` from UTF-16 units. */
export function convertOffsets(text: string, offsets: readonly Offset[], unit: OffsetUnit): Offset[] {
  if (unit === "utf16") return [...offsets];
  const positions = new Int32Array(text.length + 1);
  let position = 0;
  let at = 0;
  for (const character of text) {
    for (let i = 0; i < character.length; i++) positions[at + i] = position;
    at += character.length;
    position += unit === "codepoint" ? 1 : utf8Length(character.codePointAt(0) ?? 0);
  }
  positions[at] = position;
  return offsets.map(([start, end]) => [positions[start]!, positions[end]!]);
}

function utf8Length(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}
