// The byte alphabet of GPT-2, used by every byte-level vocabulary: each byte is written as one printable character.
// Bytes 21–7e, a1–ac and ae–ff stand for the code point of the same value; the other 68, in order, for U+0100 on.

import { encodeUtf8 } from "../../bytes/index.ts";

/** The character of each byte. */
export const alphabet: readonly string[] = buildAlphabet();

/** The byte of each character code; -1 for characters that are not in the alphabet. */
const byteOfCode: Int16Array = new Int16Array(0x144).fill(-1);
for (let byte = 0; byte < 256; byte++) byteOfCode[alphabet[byte]!.charCodeAt(0)] = byte;

function buildAlphabet(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(printable ? byte : next++);
  });
}

/** `text` as UTF-8 bytes written in the alphabet. `bytesToAlphabet(" é")` is `"ĠÃ©"`. */
export function bytesToAlphabet(text: string): string {
  let result = "";
  for (const byte of encodeUtf8(text)) result += alphabet[byte];
  return result;
}

/** The bytes that a token of the alphabet stands for, or undefined if a character is not in the alphabet. */
export function alphabetToBytes(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = byteOfCode[token.charCodeAt(i)] ?? -1;
    if (byte < 0) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}
