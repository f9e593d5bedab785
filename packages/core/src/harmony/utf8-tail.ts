// Where invalid and incomplete UTF-8 sequences end, as the WHATWG decoder sees it (maximal subparts).

/** A complete sequence of this many bytes. */
export interface Utf8Sequence {
  readonly kind: "valid" | "invalid" | "incomplete";
  readonly length: number;
}

// There are few possible answers, so none is ever allocated.
const [valid, invalid, incomplete] = (["valid", "invalid", "incomplete"] as const).map((kind) =>
  [0, 1, 2, 3, 4].map((length): Utf8Sequence => ({ kind, length })),
) as [Utf8Sequence[], Utf8Sequence[], Utf8Sequence[]];

/** The sequence that starts at `at`. */
export function utf8SequenceAt(bytes: ArrayLike<number>, at: number): Utf8Sequence {
  const lead = bytes[at]!;
  if (lead < 0x80) return valid[1]!;
  if (lead < 0xc2 || lead > 0xf4) return invalid[1]!;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  for (let index = 1; index < length; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return incomplete[index]!;
    if (!isContinuation(lead, index, byte)) return invalid[index]!;
  }
  return valid[length]!;
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
export function validUtf8Prefix(bytes: ArrayLike<number>): number {
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
  // A call of the decoder costs more than the few bytes of a token.
  return bytes.length > 16 ? decoder.decode(bytes) : decodeFewBytes(bytes, bytes.length);
}

/** The text of the first `end` bytes, as `decodeUtf8Lossy`, for short inputs. */
export function decodeFewBytes(bytes: ArrayLike<number>, end: number): string {
  let text = "";
  for (let at = 0; at < end; ) {
    const { kind, length } = utf8SequenceAt(bytes, at);
    text += kind === "valid" ? String.fromCodePoint(codePoint(bytes, at, length)) : "\ufffd";
    at += length;
  }
  return text;
}

function codePoint(bytes: ArrayLike<number>, at: number, length: number): number {
  const lead = bytes[at]!;
  if (length === 1) return lead;
  let point = lead & (0x7f >> length);
  for (let index = 1; index < length; index++) point = (point << 6) | (bytes[at + index]! & 0x3f);
  return point;
}

/** `pending` followed by `bytes`. A plain array: these are a few bytes, and typed arrays are costly to make. */
export function joinBytes(pending: readonly number[], bytes: Uint8Array): ArrayLike<number> {
  if (pending.length === 0) return bytes;
  const joined = [...pending];
  for (let at = 0; at < bytes.length; at++) joined.push(bytes[at]!);
  return joined;
}

/** The bytes from `from` on. */
export function bytesFrom(bytes: ArrayLike<number>, from: number): readonly number[] {
  const rest: number[] = [];
  for (let at = from; at < bytes.length; at++) rest.push(bytes[at]!);
  return rest;
}
