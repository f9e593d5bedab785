// Base64 (RFC 4648, standard alphabet). Hosts that decode natively do so: a vocabulary is two million characters.

import { TokenwireError } from "../errors.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Value of each ASCII character in base64; 64 for characters outside the alphabet. */
const sextets: Uint8Array = new Uint8Array(128).fill(64);
for (let i = 0; i < 64; i++) sextets[alphabet.charCodeAt(i)] = i;

/** Base64 of `bytes`, with padding. `encodeBase64(Uint8Array.of(104, 105))` is `"aGk="`. */
export function encodeBase64(bytes: Uint8Array): string {
  let out = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const b = bytes[i + 1];
    const c = bytes[i + 2];
    const group = (bytes[i]! << 16) | ((b ?? 0) << 8) | (c ?? 0);
    out += alphabet[group >> 18]! + alphabet[(group >> 12) & 63]!;
    out += b === undefined ? "=" : alphabet[(group >> 6) & 63]!;
    out += c === undefined ? "=" : alphabet[group & 63]!;
  }
  return out;
}

interface NativeDecoder {
  readonly Buffer?: { from(text: string, encoding: "base64"): Uint8Array<ArrayBuffer> };
}

/**
 * Bytes of base64 `text`, padded or not. Raises INVALID_ARGUMENT, with the offset, for any other character: white
 * space and the URL alphabet are not accepted.
 */
export function decodeBase64(text: string): Uint8Array {
  let length = text.length;
  if (length % 4 === 0 && text.endsWith("=")) length -= text.endsWith("==") ? 2 : 1;
  if (length % 4 === 1) throw invalid(text, length - 1);
  const native = (globalThis as NativeDecoder).Buffer;
  if (native !== undefined && length > 4096) {
    const size = Math.floor((length * 3) / 4);
    const bytes = native.from(text, "base64");
    // Buffer skips characters that it does not know, so a shorter result means that there were some.
    if (bytes.length === size && !text.includes("-") && !text.includes("_")) {
      // Not the Buffer itself, whose `slice` would share its bytes.
      return new Uint8Array(bytes.buffer, bytes.byteOffset, size);
    }
  }
  return decodeGroups(text, length);
}

function decodeGroups(text: string, length: number): Uint8Array {
  const out = new Uint8Array(Math.floor((length * 3) / 4));
  let at = 0;
  let bits = 0;
  let held = 0;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    const value = code < 128 ? sextets[code]! : 64;
    if (value === 64) throw invalid(text, i);
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = held >> bits;
    }
  }
  return out;
}

function invalid(text: string, offset: number): TokenwireError {
  const shown = JSON.stringify(text.slice(offset, offset + 1));
  return new TokenwireError(
    "INVALID_ARGUMENT",
    `Invalid base64 at offset ${offset} of ${text.length}: ${shown}. Accepted: A-Z, a-z, 0-9, "+", "/" and "=" padding.`,
  );
}
