// Finds the first fault in bytes that should be UTF-8. Used only after the platform's decoder has refused them.

/** Smallest and largest second byte after each lead byte that restricts it (no overlong forms, no surrogates). */
const secondByte: Readonly<Record<number, readonly [number, number]>> = {
  224: [0xa0, 0xbf],
  237: [0x80, 0x9f],
  240: [0x90, 0xbf],
  244: [0x80, 0x8f],
};

function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/** Offset of the first byte that does not begin a well-formed sequence, or -1. */
export function firstInvalidUtf8(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at]!;
    const length = sequenceLength(lead);
    if (length === 0 || at + length > bytes.length) return at;
    for (let step = 1; step < length; step++) {
      const [low, high] = (step === 1 ? secondByte[lead] : undefined) ?? [0x80, 0xbf];
      const byte = bytes[at + step]!;
      if (byte < low || byte > high) return at;
    }
    at += length;
  }
  return -1;
}
