// Where invalid and incomplete UTF-8 sequences end, as the WHATWG decoder sees it (maximal subparts).

/** A complete sequence of this many bytes. */
export interface Utf8Sequence {
  readonly kind: "valid" | "invalid" | "incomplete";
  readonly length: number;
}

const oneByte: Utf8Sequence = { kind: "valid", length: 1 };
const badByte: Utf8Sequence = { kind: "invalid", length: 1 };

/** The sequence that starts at `at`. */
export function utf8SequenceAt(bytes: Uint8Array, at: number): Utf8Sequence {
  const lead = bytes[at]!;
  if (lead < 0x80) return oneByte;
  if (lead < 0xc2 || lead > 0xf4) return badByte;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  for (let index = 1; index < length; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return { kind: "incomplete", length: index };
    if (!isContinuation(lead, index, byte)) return { kind: "invalid", length: index };
  }
  return { kind: "valid", length };
}

/** The second byte is restricted after the leads that could otherwise spell overlong forms or surrogates. */
function isContinuation(lead: number, index: number, byte: number): boolean {
  if (byte < 0x80 || byte > 0xbf) return false;
  if (index > 1) return true;
  switch (lead) {
    case 0xe0:
      return byte >= 0xa0;
    case 0xed:
      return byte <= 0x9f;
    case 0xf0:
      return byte >= 0x90;
    case 0xf4:
      return byte <= 0x8f;
    default:
      return true;
  }
}

/** Offset of the first sequence that is not valid, or the length. */
export function validUtf8Prefix(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const sequence = utf8SequenceAt(bytes, at);
    if (sequence.kind !== "valid") return at;
    at += sequence.length;
  }
  return at;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Text with U+FFFD for each invalid sequence; a byte-order mark is text. */
export function decodeUtf8Lossy(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** `a` followed by `b`. */
export function joinBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
