// 64 bytes as four vectors, and what holds of each as one bit.

/** One bit per lane of four vectors: its sign. */
export function join(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = i8x16.bitmask(a) | (i8x16.bitmask(b) << 16);
  const high = i8x16.bitmask(c) | (i8x16.bitmask(d) << 16);
  return (low as u32 as u64) | ((high as u32 as u64) << 32);
}

/** The bytes that have one of `count` values from `first` on. Compared as signed, because that is one instruction. */
function within(x: v128, first: i32, count: i32): v128 {
  return i8x16.lt_s(i8x16.sub(x, i8x16.splat((first + 128) as i8)), i8x16.splat((count - 128) as i8));
}

/** Bits of the bytes that have one of `count` values from `first` on. */
export function inRange(a: v128, b: v128, c: v128, d: v128, first: i32, count: i32): u64 {
  return join(
    within(a, first, count),
    within(b, first, count),
    within(c, first, count),
    within(d, first, count),
  );
}

/** Bits of the bytes that are `byte`. */
export function equalTo(a: v128, b: v128, c: v128, d: v128, byte: i32): u64 {
  const wanted = i8x16.splat(byte as i8);
  return join(i8x16.eq(a, wanted), i8x16.eq(b, wanted), i8x16.eq(c, wanted), i8x16.eq(d, wanted));
}

/** Bits of the bytes that go on with a character of several bytes. */
export function continuations(a: v128, b: v128, c: v128, d: v128): u64 {
  const leads = i8x16.splat(-64);
  return join(i8x16.lt_s(a, leads), i8x16.lt_s(b, leads), i8x16.lt_s(c, leads), i8x16.lt_s(d, leads));
}

/** Bits of the bytes of which bit `bit` is set. */
export function withBit(a: v128, b: v128, c: v128, d: v128, bit: i32): u64 {
  const up = 7 - bit;
  return join(i16x8.shl(a, up), i16x8.shl(b, up), i16x8.shl(c, up), i16x8.shl(d, up));
}

export function bitAt(position: u64): u64 {
  return (1 as u64) << position;
}

/** All bits below `position`, which is less than 64. */
export function below(position: u64): u64 {
  return bitAt(position) - 1;
}
