// The inner loop: looks pieces up among those seen before, and has those encoded that were not seen. Compiled to
// WebAssembly with SIMD; results are those of src/tokenizer/kernel.ts, byte for byte.

import { findPieces } from "./find-pieces";
import { INPUT, OUTPUT, PIECES } from "./layout";
import { encodeLong } from "./long-cache";
import {
  countOf,
  encodeShort,
  firstBucket,
  hashOf,
  hasKey,
  keyOf,
  likelyEntry,
  writeIds,
} from "./short-cache";

export { setFamily } from "./scan";
export { setTrie } from "./trie";
export { fillPairs, setSizes, unpack } from "./unpack";

/** Encodes the input; unless `keep`, IDs of pieces that are remembered are not read, only how many they are. */
function run(length: usize, keep: bool): usize {
  const end = INPUT + length;
  // What looks ahead finds zeros.
  for (let at = end; at < end + 64; at += 16) v128.store(at, i64x2.splat(0));
  let p = INPUT;
  let out = OUTPUT;
  let total: usize = 0;
  while (p < end) {
    const last = findPieces(p, end);
    for (let at = PIECES; at < last; at += 4) {
      const next = load<u32>(at) as usize;
      const size = next - p;
      let count: usize = 0;
      if (size < 16) {
        const key = keyOf(p, size);
        const hash = hashOf(key);
        const entry = likelyEntry(firstBucket(hash), key);
        if (hasKey(entry, key)) {
          if (keep) writeIds(entry, out);
          count = countOf(entry);
        } else {
          count = encodeShort(p, next, out, hash);
        }
      }
      if (count == 0) count = (encodeLong(p, next, out, keep) - out) >> 2;
      if (keep) out += count << 2;
      else total += count;
      p = next;
    }
  }
  return keep ? (out - OUTPUT) >> 2 : total;
}

/** Encodes the first `length` bytes of the input into the output; returns the number of IDs. */
export function encode(length: usize): usize {
  return run(length, true);
}

/** As `encode`, overwriting the same few IDs again and again: only their number is of interest. */
export function count(length: usize): usize {
  return run(length, false);
}
