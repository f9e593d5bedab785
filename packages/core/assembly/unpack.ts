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

/** The checksum of the words from `at` to `end`. */
export function checksum(at: usize, end: usize): u32 {
  let sum: u32 = 0x811c9dc5;
  for (let p = at; p < end; p += 4) sum = (sum ^ load<u32>(p)) * 0x01000193;
  return sum;
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
 *
 * What a node has (children, a token) is hard to foresee for the processor, so the loop has no branch that depends on
 * it: children are written four at a time, which later ones overwrite, and the record of a token that does not count
 * goes to a spare one. Both may write a little past the end: see `createTrie`.
 */
export function unpack(
  children: usize,
  isToken: usize,
  idsLow: usize,
  idsHigh: usize,
  splits: usize,
  splitOverflow: usize,
): bool {
  const spare = tokens + ((idLimit as usize) << 4);
  let next: u32 = 1;
  let levelEnd: u32 = 1;
  let depth: u32 = 0;
  let bit: u32 = 0;
  let index: u32 = 0;
  let inner: u32 = 0;
  let split: u32 = 0;
  let wrong: u32 = 0;
  store<u32>(nodes, NONE, 4);
  for (let node: u32 = 0; node < nodeCount; node++) {
    if (node == levelEnd) {
      depth++;
      levelEnd = next;
    }
    const record = nodes + ((node as usize) << 3);
    let count = ctz(~(load<u64>(children + (bit >> 3)) >> (bit & 7))) as u32;
    if (count > 56) count = longRun(children, bit);
    bit += count + 1;
    if (next + count > nodeCount || count > MAX_CHILDREN || (node >= next && node > 0)) return false;
    const isInner = (count != 0) as u32;
    const mark = (load<u8>(isToken + (inner >> 3)) as u32) >> (inner & 7);
    const hasToken = (mark | (isInner ^ 1)) & 1;
    inner += isInner;
    const high = ((load<u8>(idsHigh + (index >> 2)) as u32) >> ((index & 3) << 1)) & 3;
    const id = (load<u16>(idsLow + ((index as usize) << 1)) as u32) | (high << 16);
    let left = ((load<u8>(splits + (index >> 1)) as u32) >> ((index & 1) << 2)) & 15;
    if ((hasToken & ((left == 15) as u32)) != 0) {
      left = split < splitOverflows ? (load<u16>(splitOverflow + ((split as usize) << 1)) as u32) : 0;
      split++;
    }
    index += hasToken;
    const counts = hasToken & ((id < idLimit) as u32);
    const entry = select<usize>(tokens + ((id as usize) << 4), spare, counts != 0);
    wrong |= hasToken & (((id >= idCount) as u32) | ((node == 0) as u32));
    wrong |= counts & ((load<u32>(entry) != 0) as u32);
    const best = load<u32>(record, 4);
    store<u64>(entry, (node as u64) | ((select<u32>(-1, best, best == NONE) as u64) << 32));
    store<u64>(entry, ((depth | (left << 16)) as u64) << 32, 8);
    const token = select<u32>(id, NONE, counts != 0);
    const longest = select<u32>(id, best, counts != 0);
    const labelled = token | ((load<u8>(labels + (node as usize)) as u32) << 24);
    store<u64>(record, ((next | (count << 23)) as u64) | ((labelled as u64) << 32));
    const waiting = i64x2.splat(((longest as u64) << 32) as i64);
    const first = nodes + ((next as usize) << 3);
    v128.store(first, waiting);
    v128.store(first, waiting, 16);
    next += count;
    for (let at: usize = 4; at < (count as usize); at++) store<u32>(first + (at << 3), longest, 4);
  }
  return wrong == 0 && next == nodeCount && index == tokenCount && inner == innerCount;
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
