// Arrays of IDs or bytes, one after another.

/** All parts in one new array; a single part as it is. */
export function joinIds(parts: readonly Uint32Array[]): Uint32Array {
  return join(parts, Uint32Array);
}

/** All parts in one new array; a single part as it is. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  return join(parts, Uint8Array);
}

function join<T extends Uint8Array | Uint32Array>(parts: readonly T[], type: new (length: number) => T): T {
  if (parts.length === 1) return parts[0]!;
  const out = new type(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
