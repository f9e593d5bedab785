// One reused buffer for the UTF-8 of the text being encoded. Encoding is synchronous and does not call itself.

/** Scanners may read this far past the end of the text. */
const padding = 64;
/** A larger buffer is not kept after the call that needed it. */
const keptBytes = 1 << 20;

const encoder = new TextEncoder();
let shared: Uint8Array = new Uint8Array(1 << 14);

/** Bytes of a text, followed by zeros. Valid until the next call. */
export interface TextBytes {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** UTF-8 of `text`; lone surrogates become U+FFFD. */
export function toPaddedUtf8(text: string): TextBytes {
  const needed = text.length * 3 + padding;
  const buffer = shared.length < needed ? new Uint8Array(needed) : shared;
  if (needed <= keptBytes) shared = buffer;
  const { written } = encoder.encodeInto(text, buffer);
  buffer.fill(0, written, written + padding);
  return { bytes: buffer, length: written };
}
