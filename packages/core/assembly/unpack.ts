// Unpacks a vocabulary in one pass: src/tokenizer/vocabulary/packed.ts describes the file. Compiled code runs at full
// speed from the first node on, which is what a cold start needs. Damage is only detected here; the host, which then
// repeats the work in TypeScript, says what it is.

import { labels, nodes, tokens } from "./trie";

const NONE: u32 = 0xffffff;
const MAX_CHILDREN: u32 = 256;

let nodeCount: u32 = 0;
let idCount: u32 = 0;
let idLimit: u32 = 0;
let tokenCount: u32 = 0;
let innerCount: u32 = 0;
let splitOverflows: u32 = 0;

/** Sizes for the next `unpack`. */
export function setSizes(
  nodeTotal: u32,
  idTotal: u32,
  limit: u32,
  tokenTotal: u32,
  innerTotal: u32,
  splitOverflowTotal: u32,
): void {
  nodeCount = nodeTotal;
  idCount = idTotal;
  idLimit = limit;
  tokenCount = tokenTotal;
  innerCount = innerTotal;
  splitOverflows = splitOverflowTotal;
}

/** Number of ones from position `bit` on, of which there are many. */
function longRun(bits: usize, bit: u32): u32 {
  let end = bit;
  while ((((load<u8>(bits + (end >> 3)) as u32) >> (end & 7)) & 1) != 0 && end - bit <= MAX_CHILDREN) end++;
  return end - bit;
}

/**
 * Fills the trie that `setTrie` named from the sections at the given places. A node waits for its turn with the longest
 * token above it in its second word. Returns false if the sections contradict each other.
 */
export function unpack(
  children: usize,
  isToken: usize,
  idsLow: usize,
  idsHigh: usize,
  splits: usize,
  splitOverflow: usize,
): bool {
  let next: u32 = 1;
  let levelEnd: u32 = 1;
  let depth: u32 = 0;
  let bit: u32 = 0;
  let index: u32 = 0;
  let inner: u32 = 0;
  let split: u32 = 0;
  store<u32>(nodes, NONE, 4);
  for (let node: u32 = 0; node < nodeCount; node++) {
    if (node == levelEnd) {
      depth++;
      levelEnd = next;
    }
    const record = nodes + ((node as usize) << 3);
    let count = ctz(~(load<u32>(children + (bit >> 3)) >> (bit & 7))) as u32;
    if (count > 24) count = longRun(children, bit);
    bit += count + 1;
    let best = load<u32>(record, 4);
    let token = NONE;
    let hasToken: u32 = 1;
    if (count != 0) {
      if (next + count > nodeCount || count > MAX_CHILDREN) return false;
      hasToken = ((load<u8>(isToken + (inner >> 3)) as u32) >> (inner & 7)) & 1;
      inner++;
    }
    if (hasToken != 0) {
      const high = ((load<u8>(idsHigh + (index >> 2)) as u32) >> ((index & 3) << 1)) & 3;
      const id = (load<u16>(idsLow + ((index as usize) << 1)) as u32) | (high << 16);
      let left = ((load<u8>(splits + (index >> 1)) as u32) >> ((index & 1) << 2)) & 15;
      index++;
      if (left == 15) {
        left = split < splitOverflows ? (load<u16>(splitOverflow + ((split as usize) << 1)) as u32) : 0;
        split++;
      }
      if (id >= idCount || node == 0) return false;
      if (id < idLimit) {
        const entry = tokens + ((id as usize) << 4);
        if (load<u32>(entry) != 0) return false;
        store<u32>(entry, node);
        store<i32>(entry, best == NONE ? -1 : (best as i32), 4);
        store<u32>(entry, depth | (left << 16), 12);
        token = id;
        best = id;
      }
    }
    store<u32>(record, next | (count << 23));
    store<u32>(record, token | ((load<u8>(labels + (node as usize)) as u32) << 24), 4);
    if (count != 0) {
      if (node >= next && node > 0) return false;
      for (const end = next + count; next < end; next++) store<u32>(nodes + ((next as usize) << 3), best, 4);
    }
  }
  return next == nodeCount && index == tokenCount && inner == innerCount;
}

/** Fills the table of two-byte strings. */
export function fillPairs(pairs: usize): void {
  const root = load<u32>(nodes);
  const firstEnd = (root & 0x7fffff) + (root >>> 23);
  for (let first = root & 0x7fffff; first < firstEnd; first++) {
    const record = load<u32>(nodes + ((first as usize) << 3));
    const secondEnd = (record & 0x7fffff) + (record >>> 23);
    const row = pairs + ((load<u8>(labels + (first as usize)) as usize) << 10);
    for (let second = record & 0x7fffff; second < secondEnd; second++) {
      store<u32>(row + ((load<u8>(labels + (second as usize)) as usize) << 2), second);
    }
  }
}
