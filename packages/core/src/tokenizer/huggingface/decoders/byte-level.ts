// Tokens in the byte alphabet back to text. A token with a character outside the alphabet stands for its own UTF-8.

import { decodeUtf8, encodeUtf8, incompleteUtf8Tail, validUtf8Length } from "../../../bytes/index.ts";
import { alphabetToBytes } from "../byte-alphabet.ts";
import type { Decoder, DecoderContext, TextSink } from "./decoder.ts";

const cachedTexts = 100_000;
const noBytes: Uint8Array = new Uint8Array(0);

export class ByteLevelDecoder implements Decoder {
  /** Texts of tokens seen before; empty where a token is not text by itself. */
  private readonly texts = new Map<string, string>();

  open(next: TextSink, context: DecoderContext): TextSink {
    if (context.keepBytes) {
      return { push: (token) => next.push(escapeBytes(bytesOf(token))), end: () => next.end() };
    }
    let pending: Uint8Array = noBytes;
    const emit = (bytes: Uint8Array): void => {
      const tail = incompleteUtf8Tail(bytes);
      pending = bytes.slice(bytes.length - tail);
      const text = decodeUtf8(bytes.subarray(0, bytes.length - tail));
      if (text !== "") next.push(text);
    };
    return {
      push: (token) => {
        const whole = pending.length === 0 ? this.wholeText(token) : undefined;
        if (whole !== undefined) next.push(whole);
        else emit(concat([pending, bytesOf(token)]));
      },
      end: () => {
        if (pending.length > 0) next.push(decodeUtf8(pending));
        pending = noBytes;
        next.end();
      },
    };
  }

  /** The text of a token whose bytes are valid UTF-8 by themselves, as most are; undefined for others. */
  private wholeText(token: string): string | undefined {
    const known = this.texts.get(token);
    if (known !== undefined) return known === "" ? undefined : known;
    const bytes = bytesOf(token);
    const text = validUtf8Length(bytes) === bytes.length ? decodeUtf8(bytes) : "";
    if (this.texts.size >= cachedTexts) this.texts.clear();
    this.texts.set(token, text);
    return text === "" ? undefined : text;
  }
}

function bytesOf(token: string): Uint8Array {
  return alphabetToBytes(token) ?? encodeUtf8(token);
}

/** `bytes` as text, with U+DC00 + byte for each byte that is not ASCII. */
export function escapeBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
  return text;
}

const escaped = /[\udc80-\udcff]+/g;

/** The UTF-8 bytes of text in which `escapeBytes` has been at work. Well-formed text passes unchanged. */
export function unescapeBytes(text: string): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const match of text.matchAll(escaped)) {
    const paired = match.index > 0 && (text.charCodeAt(match.index - 1) & 0xfc00) === 0xd800;
    const start = match.index + (paired ? 1 : 0);
    const end = match.index + match[0].length;
    parts.push(encodeUtf8(text.slice(at, start)));
    parts.push(Uint8Array.from({ length: end - start }, (_, i) => text.charCodeAt(start + i) - 0xdc00));
    at = end;
  }
  parts.push(encodeUtf8(text.slice(at)));
  return concat(parts);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** Text of bytes that are valid UTF-8, or one U+FFFD for each byte of a run that is not. */
export function runToText(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  const isValid = !text.includes("\ufffd") || encodeUtf8(text).every((byte, i) => byte === bytes[i]);
  return isValid ? text : "\ufffd".repeat(bytes.length);
}
