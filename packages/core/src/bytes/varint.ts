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
