// Runs of `<0xHH>` tokens back to text. A run that is not valid UTF-8 becomes one U+FFFD per byte; a stream emits the
// characters of a run as they complete, so there only the unfinished ones at its end turn into U+FFFD.

import { Utf8Decoder } from "../../../bytes/index.ts";
import { escapeBytes, runToText } from "./byte-level.ts";
import type { Decoder, DecoderContext, TextSink } from "./decoder.ts";

const byteToken = /^<0x([0-9A-Fa-f]{2})>$/;

/** The byte that a token names, or undefined for any other token. */
export function byteOfToken(token: string): number | undefined {
  const digits = token.length === 6 ? byteToken.exec(token)?.[1] : undefined;
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

interface ByteRun {
  add(byte: number): string;
  finish(): string;
}

export class ByteFallbackDecoder implements Decoder {
  open(next: TextSink, context: DecoderContext): TextSink {
    const run = createRun(context);
    const emit = (text: string): void => {
      if (text !== "") next.push(text);
    };
    return {
      push: (token) => {
        const byte = byteOfToken(token);
        if (byte !== undefined) emit(run.add(byte));
        else {
          emit(run.finish());
          next.push(token);
        }
      },
      end: () => {
        emit(run.finish());
        next.end();
      },
    };
  }
}

function createRun({ eager, keepBytes }: DecoderContext): ByteRun {
  if (keepBytes) return { add: (byte) => escapeBytes(Uint8Array.of(byte)), finish: () => "" };
  if (eager) {
    const decoder = new Utf8Decoder();
    return { add: (byte) => decoder.push(Uint8Array.of(byte)), finish: () => decoder.end() };
  }
  let bytes: number[] = [];
  return {
    add: (byte) => {
      bytes.push(byte);
      return "";
    },
    finish: () => {
      const text = runToText(Uint8Array.from(bytes));
      bytes = [];
      return text;
    },
  };
}
