// Questions to the vocabulary. The same trie as src/tokenizer/vocabulary/trie.ts, read in place.

import { CHARACTERS, PAIRS, SINGLES } from "./layout";

export let nodes: usize = 0;
export let labels: usize = 0;
export let nodeOf: usize = 0;
export let shorter: usize = 0;
export let lengths: usize = 0;
export let splits: usize = 0;
export let rightParts: usize = 0;

export function setTrie(
  nodesAt: usize,
  labelsAt: usize,
  nodeOfAt: usize,
  shorterAt: usize,
  lengthsAt: usize,
  splitsAt: usize,
  rightPartsAt: usize,
): void {
  nodes = nodesAt;
  labels = labelsAt;
  nodeOf = nodeOfAt;
  shorter = shorterAt;
  lengths = lengthsAt;
  splits = splitsAt;
  rightParts = rightPartsAt;
}

export function tokenAt(node: i32): i32 {
  return load<i32>(nodes + ((node as usize) << 3), 4);
}

export function lengthOf(token: i32): i32 {
  return load<u16>(lengths + ((token as usize) << 1)) as i32;
}

/** The child along `byte`, or 0. Sixteen labels are compared at once. */
export function childOf(node: i32, byte: i32): i32 {
  const record = nodes + ((node as usize) << 3);
  let low = load<i32>(record);
  const high = load<i32>(record, 8);
  const wanted = i8x16.splat(byte as i8);
  while (low < high) {
    const equal = i8x16.bitmask(i8x16.eq(v128.load(labels + low), wanted));
    if (equal != 0) {
      const at = low + ctz(equal);
      return at < high ? at : 0;
    }
    low += 16;
  }
  return 0;
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
      const whole = tokenAt(character);
      if (whole >= 0) {
        token = whole;
        node = character;
        at = p + 3;
      }
    }
  }
  for (;;) {
    const found = tokenAt(node);
    if (found >= 0) token = found;
    if (at >= end) return token;
    node = childOf(node, load<u8>(at));
    if (node == 0) return token;
    at++;
  }
  return token;
}
