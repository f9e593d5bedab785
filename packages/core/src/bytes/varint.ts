// LEB128 variable-length integers: seven bits per byte, least significant first, high bit set on all but the last.
// The same encoding serves protobuf varints and the ids of the tokenwire stream. Values up to 2^53 - 1.

/** The most bytes that a 32-bit value takes. */
export const MAX_VARINT32_BYTES = 5;

/** Bytes that `writeVarint` needs for `value`. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
  return length;
}

/**
 * Writes a non-negative safe integer at `offset` and returns the offset after it. The caller provides the room.
 *
 * @example
 * writeVarint(new Uint8Array(5), 0, 9708); // 2, the bytes are ec 4b
 */
export function writeVarint(bytes: Uint8Array, offset: number, value: number): number {
  let at = offset;
  let rest = value;
  while (rest >= 0x80) {
    bytes[at++] = (rest % 0x80) | 0x80;
    rest = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / 0x80);
  }
  bytes[at++] = rest;
  return at;
}

/**
 * Reads one varint at `cursor.at` and moves the cursor behind it. Undefined, with the cursor where it was, when the bytes
 * end first or the value takes more than `maxBytes` bytes (default: five, enough for 35 bits).
 *
 * @example
 * readVarint(Uint8Array.of(0xec, 0x4b), { at: 0 }, 2); // 9708
 */
export function readVarint(
  bytes: Uint8Array,
  cursor: { at: number },
  end: number,
  maxBytes: number = MAX_VARINT32_BYTES,
): number | undefined {
  let value = 0;
  let scale = 1;
  const limit = Math.min(end, cursor.at + maxBytes);
  for (let at = cursor.at; at < limit; at++) {
    const byte = bytes[at]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      cursor.at = at + 1;
      return value;
    }
    scale *= 0x80;
  }
  return undefined;
}
