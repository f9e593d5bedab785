// Where tokens start in the text that they decode to.

import { continuesUtf8 } from "../bytes/index.ts";

/** What offsets count: Unicode code points (tiktoken's unit), UTF-16 units (JavaScript's) or bytes of UTF-8. */
export type OffsetUnit = "codepoint" | "utf16" | "byte";

/**
 * Start of each token. A token that begins inside a character starts where that character does, so that the text
 * before its offset is what all earlier tokens decode to without an incomplete character at the end.
 */
export function offsetsOf(tokens: readonly Uint8Array[], unit: OffsetUnit): Uint32Array {
  const offsets = new Uint32Array(tokens.length);
  let units = 0;
  let lastCharacter = 0;
  for (const [i, bytes] of tokens.entries()) {
    const [first = 0] = bytes;
    offsets[i] = continuesUtf8(first) ? Math.max(0, units - lastCharacter) : units;
    for (const byte of bytes) {
      const continues = continuesUtf8(byte);
      const size = unitsOf(byte, continues, unit);
      lastCharacter = continues ? lastCharacter + size : size;
      units += size;
    }
  }
  return offsets;
}

/** How many units a byte adds: those of its character for a first byte, none for the others unless bytes count. */
function unitsOf(byte: number, continues: boolean, unit: OffsetUnit): number {
  if (unit === "byte") return 1;
  if (continues) return 0;
  return unit === "utf16" && byte >= 0xf0 ? 2 : 1;
}
