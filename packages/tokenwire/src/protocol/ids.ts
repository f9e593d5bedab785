// Wire ids: a prefix that says what the id names, and 128 random bits in hex.

const poolSize = 4096;
const pool = new Uint8Array(poolSize);
const digits = "0123456789abcdef";
/** Codes of the digits of one id: a string of codes is one piece, one that grows digit by digit keeps all steps. */
const codes = new Array<number>(32).fill(0);
let next = poolSize;

/** A fresh id, for example `newId("chatcmpl-")`. Random bytes are drawn in blocks: one id costs under 1 µs. */
export function newId(prefix: string): string {
  if (next + 16 > poolSize) {
    crypto.getRandomValues(pool);
    next = 0;
  }
  for (let at = 0; at < 32; at += 2) {
    const byte = pool[next++]!;
    codes[at] = digits.charCodeAt(byte >> 4);
    codes[at + 1] = digits.charCodeAt(byte & 15);
  }
  return prefix + String.fromCharCode(...codes);
}

/** Seconds since 1970, as `created` fields want them. */
export function unixSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
