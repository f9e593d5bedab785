// Questions to the vocabulary. The same trie as src/tokenizer/vocabulary/trie.ts, read in place.

import { CHARACTERS, PAIRS, SINGLES } from "./layout";

export let nodes: usize = 0;
export let labels: usize = 0;
export let tokens: usize = 0;

export function setTrie(nodesAt: usize, labelsAt: usize, tokensAt: usize): void {
  nodes = nodesAt;
  labels = labelsAt;
  tokens = tokensAt;
}

const NONE: i32 = 0xffffff;

/** The token that ends at `node`, or a number above all IDs. */
export function tokenBits(node: i32): i32 {
  return load<i32>(nodes + ((node as usize) << 3), 4) & NONE;
}

export function nodeOf(token: i32): i32 {
  return load<i32>(tokens + ((token as usize) << 4));
}

/** The longest token that is a proper prefix, or -1. */
export function shorterThan(token: i32): i32 {
  return load<i32>(tokens + ((token as usize) << 4), 4);
}

export function rightPartSlot(token: i32): usize {
  return tokens + ((token as usize) << 4) + 8;
}

export function lengthOf(token: i32): i32 {
  return load<u16>(tokens + ((token as usize) << 4), 12) as i32;
}

/** Length of the left part, 0 for an atomic token. */
export function splitOf(token: i32): i32 {
  return load<u16>(tokens + ((token as usize) << 4), 14) as i32;
}

/** The child along `byte`, or 0. */
export function childOf(node: i32, byte: i32): i32 {
  const record = load<u32>(nodes + ((node as usize) << 3));
  let low = record & 0x7fffff;
  let count = record >>> 23;
  const wanted = i8x16.splat(byte as i8);
  const at = labels + low;
  if (count <= 32) {
    const equal =
      i8x16.bitmask(i8x16.eq(v128.load(at), wanted)) |
      (i8x16.bitmask(i8x16.eq(v128.load(at, 16), wanted)) << 16);
    const index = ctz(equal) as u32;
    return select<i32>(low + index, 0, index < count);
  }
  let equal = i8x16.bitmask(i8x16.eq(v128.load(labels + low), wanted));
  while (equal == 0 && count > 16) {
    low += 16;
    count -= 16;
    equal = i8x16.bitmask(i8x16.eq(v128.load(labels + low), wanted));
  }
  const index = ctz(equal) as u32;
  return select<i32>(low + index, 0, index < count);
}

/** The node reached from `node` along the bytes from `p` to `end`, or 0. */
export function walk(node: i32, p: usize, end: usize): i32 {
  let at = node;
  while (p < end) {
    at = childOf(at, load<u8>(p));
    if (at == 0) return 0;
    p++;
  }
  return at;
}

/** The node of the bytes from `p` to `end`, which are a token. */
export function nodeAt(p: usize, end: usize): i32 {
  if (p + 1 == end) return nodeOf(load<i32>(SINGLES + ((load<u8>(p) as usize) << 2)));
  const two = ((load<u8>(p) as usize) << 8) | (load<u8>(p, 1) as usize);
  return walk(load<i32>(PAIRS + (two << 2)), p + 2, end);
}

/** The longest token that the bytes from `p` to `end` start with. Every single byte is a token. */
export function longest(p: usize, end: usize): i32 {
  const first = load<u8>(p) as u32;
  let token = load<i32>(SINGLES + (first << 2));
  if (p + 1 >= end) return token;
  const second = load<u8>(p, 1) as u32;
  let node = load<i32>(PAIRS + (((first << 8) | second) << 2));
  if (node == 0) return token;
  let at = p + 2;
  // A character of three bytes is one look-up, unless no token starts with all of it.
  if ((first & 0xf0) == 0xe0 && at < end) {
    const point = ((first & 15) << 12) | ((second & 63) << 6) | (load<u8>(p, 2) as u32 & 63);
    const character = load<i32>(CHARACTERS + (point << 2));
    if (character != 0) {
      const whole = tokenBits(character);
      if (whole != NONE) {
        token = whole;
        node = character;
        at = p + 3;
      }
    }
  }
  for (;;) {
    const found = tokenBits(node);
    if (found != NONE) token = found;
    if (at >= end) return token;
    node = childOf(node, load<u8>(at));
    if (node == 0) return token;
    at++;
  }
  return token;
}
