// Wire ids: a prefix that says what the id names, and 128 random bits in hex.

const poolSize = 4096;
const pool = new Uint8Array(poolSize);
const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
let next = poolSize;

/** A fresh id, for example `newId("chatcmpl-")`. Random bytes are drawn in blocks: one id costs under 1 µs. */
export function newId(prefix: string): string {
  if (next + 16 > poolSize) {
    crypto.getRandomValues(pool);
    next = 0;
  }
  let id = prefix;
  for (let end = next + 16; next < end; next++) id += hex[pool[next]!];
  return id;
}

/** Seconds since 1970, as `created` fields want them. */
export function unixSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
