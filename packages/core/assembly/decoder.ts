// Decoding: the bytes of tokens one after another, and the UTF-16 of those bytes. A module of its own with a memory of
// its own: programs that only encode or count have neither.

// Where everything lies: the host (src/tokenizer/decode/decoder-memory.ts) has the same numbers.

/** IDs of one block. */
const IDS: usize = 0x10;
/** The bytes they stand for: full from FULL on, behind which the longest token, 65,535 bytes, still has room. */
const BYTES: usize = 0x10010;
const FULL: usize = 0x20000;
/** The bytes as UTF-16. */
const WIDE: usize = 0x40020;

/** Records of 16 bytes: src/tokenizer/vocabulary/token-table.ts. */
const TOKENS: usize = 0xa0040;
const LONGEST_SHORT: usize = 15;

let idCount: u32 = 0;
/** Index of the ID at which `copy` stopped. */
let next: u32 = 0;
/** Whether the bytes of this block are ASCII as far as they have been looked at, and how far that is. */
let isAscii: bool = true;
let known: usize = BYTES;

export function setTokens(count: u32): void {
  idCount = count;
}

/**
 * Writes the tokens of the IDs from index `from` to `to` behind the `length` bytes that there are; returns the new
 * length. Stops early, as `stoppedAt` says, at an ID without a token and when the bytes are full.
 */
export function copy(from: u32, to: u32, length: usize): usize {
  let place = IDS + ((from as usize) << 2);
  const last = IDS + ((to as usize) << 2);
  const end = BYTES + FULL;
  let out = BYTES + length;
  if (length == 0) startBlock();
  lookAt(out);
  let seen = i64x2.splat(0);
  while (place < last && out < end) {
    const id = load<u32>(place);
    if (id >= idCount) break;
    const record = TOKENS + ((id as usize) << 4);
    const size = load<u8>(record, LONGEST_SHORT) as usize;
    if (size - 1 < LONGEST_SHORT) {
      // What is copied too much is overwritten.
      const bytes = v128.load(record);
      v128.store(out, bytes);
      seen = v128.or(seen, bytes);
      out += size;
    } else {
      if (size == 0) break;
      let rest = TOKENS + (load<u32>(record) as usize);
      const after = out + load<u32>(record, 4);
      for (let at = out; at < after; at += 16) {
        const bytes = v128.load(rest);
        v128.store(at, bytes);
        seen = v128.or(seen, bytes);
        rest += 16;
      }
      out = after;
    }
    place += 4;
  }
  next = ((place - IDS) >> 2) as u32;
  known = out;
  if (i8x16.bitmask(seen) != 0) isAscii = false;
  return out - BYTES;
}

export function stoppedAt(): u32 {
  return next;
}

function startBlock(): void {
  isAscii = true;
  known = BYTES;
}

/** Looks at the bytes that others have added. */
function lookAt(end: usize): void {
  while (known < end) if (load<u8>(known++) >= 0x80) isAscii = false;
}

/**
 * Number of UTF-16 units of the first `length` bytes. If it is `length`, the text is ASCII and lies in BYTES only;
 * otherwise its units are written to WIDE. -1 for what is not valid UTF-8.
 */
export function widen(length: usize): i32 {
  const end = BYTES + length;
  lookAt(end);
  const isNarrow = isAscii;
  startBlock();
  if (isNarrow) return length as i32;
  // No character has this byte: it ends runs of ASCII, and a character that is cut off is found to be invalid.
  store<u8>(end, 0xff);
  let p = BYTES;
  let out = WIDE;
  while (p < end) {
    const first = load<u8>(p) as u32;
    if (first < 0x80) {
      const run = v128.load(p);
      const high = i8x16.bitmask(run);
      v128.store(out, i16x8.extend_low_i8x16_u(run));
      v128.store(out, i16x8.extend_high_i8x16_u(run), 16);
      if (high == 0) {
        p += 16;
        out += 32;
        continue;
      }
      const count = ctz(high) as usize;
      p += count;
      out += count << 1;
    } else if (first < 0xe0) {
      const second = load<u8>(p, 1) as u32;
      if (first < 0xc2 || (second & 0xc0) != 0x80) return -1;
      store<u16>(out, ((first & 0x1f) << 6) | (second & 0x3f));
      p += 2;
      out += 2;
    } else if (first < 0xf0) {
      const rest = load<u16>(p, 1) as u32;
      const code = ((first & 0x0f) << 12) | ((rest & 0x3f) << 6) | ((rest >> 8) & 0x3f);
      if ((rest & 0xc0c0) != 0x8080 || code < 0x800 || (code & 0xf800) == 0xd800) return -1;
      store<u16>(out, code);
      p += 3;
      out += 2;
    } else {
      const rest = load<u32>(p) >> 8;
      const code =
        ((first & 0x07) << 18) | ((rest & 0x3f) << 12) | ((rest & 0x3f00) >> 2) | ((rest >> 16) & 0x3f);
      if ((rest & 0xc0c0c0) != 0x808080 || first > 0xf4 || code < 0x10000 || code > 0x10ffff) return -1;
      store<u16>(out, 0xd7c0 + (code >> 10));
      store<u16>(out, 0xdc00 | (code & 0x3ff), 2);
      p += 4;
      out += 4;
    }
  }
  return ((out - WIDE) >> 1) as i32;
}
