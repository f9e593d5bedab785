// Characters that the JavaScript engine's Unicode version has assigned since the pinned one. Properties in translated
// expressions leave them out, so that token IDs do not depend on the engine.

import { allCharacterClasses } from "../../pretokenize/sign-classes.ts";

/** Letters, marks, numbers, punctuation and symbols: what the pinned table tells from everything else. */
const assigned = /[\p{L}\p{M}\p{N}\p{P}\p{S}]/gu;
const chunkLength = 4096;
/** Where characters get assigned: planes 0 to 3, and the tags of plane 14. Planes 15 and 16 are private. */
const ranges = [
  [0x80, 0xd7ff],
  [0xe000, 0x3ffff],
  [0xe0000, 0xe0fff],
] as const;

let known: string | undefined;

/** The newer characters as contents of a class, empty if there are none. Found once, in a few milliseconds. */
export function newerCharacters(): string {
  known ??= toRanges(findNewer());
  return known;
}

function findNewer(): number[] {
  const newer: number[] = [];
  let chunk = "";
  const flush = (): void => {
    for (const [character] of chunk.matchAll(assigned)) newer.push(character.codePointAt(0) as number);
    chunk = "";
  };
  for (const [first, last] of ranges) {
    for (let code = first; code <= last; code++) {
      if (allCharacterClasses[code] !== 0) continue;
      chunk += String.fromCodePoint(code);
      if (chunk.length >= chunkLength) flush();
    }
  }
  flush();
  return newer;
}

function toRanges(codes: readonly number[]): string {
  let result = "";
  for (let i = 0; i < codes.length; ) {
    let end = i;
    while (codes[end + 1] === (codes[end] as number) + 1) end++;
    const first = (codes[i] as number).toString(16);
    const last = (codes[end] as number).toString(16);
    result += end === i ? `\\u{${first}}` : `\\u{${first}}-\\u{${last}}`;
    i = end + 1;
  }
  return result;
}
