// Byte-pair encoding of one piece by backtracking: src/tokenizer/bpe/backtrack.ts explains the algorithm.

import { DEAD, MEMO } from "./layout";
import {
  lengthOf,
  longest,
  nodeAt,
  nodeOf,
  rightPartSlot,
  shorterThan,
  splitOf,
  tokenBits,
  walk,
} from "./trie";

const MEMO_SHIFT: i32 = 17;

function leftPart(token: i32): i32 {
  const length = splitOf(token);
  let part = shorterThan(token);
  while (lengthOf(part) > length) part = shorterThan(part);
  return part;
}

function rightPart(token: i32, border: usize): i32 {
  const slot = rightPartSlot(token);
  const known = load<i32>(slot);
  if (known != 0) return known - 1;
  const part = tokenBits(nodeAt(border - lengthOf(token) + splitOf(token), border));
  store<i32>(slot, part + 1);
  return part;
}

/**
 * Whether two tokens that meet at `border` are the encoding of their bytes. If no longer token than `first` starts where
 * it does, none goes on over the border either, and only its parts have to be asked.
 */
function computeValid(first: i32, second: i32, border: usize, isLongest: bool): bool {
  let left = first;
  let right = second;
  let bound = i32.MAX_VALUE;
  for (;;) {
    if (left != first || !isLongest) {
      const node = walk(nodeOf(left), border, border + lengthOf(right));
      // "No token" is above every ID.
      if (node != 0 && tokenBits(node) < min(bound, 0xffffff)) return false;
    }
    if (left > right) {
      bound = left;
      if (splitOf(left) != 0) {
        left = rightPart(left, border);
        continue;
      }
      bound = right + 1;
      if (splitOf(right) == 0) return true;
      right = leftPart(right);
    } else {
      bound = right + 1;
      if (splitOf(right) != 0) {
        right = leftPart(right);
        continue;
      }
      bound = left;
      if (splitOf(left) == 0) return true;
      left = rightPart(left, border);
    }
  }
  return false;
}

function isValid(first: i32, second: i32, border: usize, isLongest: bool): bool {
  const hash = (((first as u32) * 0x9e3779b1) ^ (second as u32)) * 0x85ebca6b;
  const slot = MEMO + (((hash >>> MEMO_SHIFT) as usize) << 3);
  const known = load<i32>(slot, 4);
  if (load<i32>(slot) == first && known >> 1 == second) return (known & 1) != 0;
  const valid = computeValid(first, second, border, isLongest);
  store<i32>(slot, first);
  store<i32>(slot, (second << 1) | (valid ? 1 : 0), 4);
  return valid;
}

/** Writes the tokens of the bytes from `start` to `end` to `out`; returns the place after the last. */
export function encodePiece(start: usize, end: usize, out: usize): usize {
  let token = longest(start, end);
  if (start + lengthOf(token) == end) {
    store<i32>(out, token);
    return out + 4;
  }
  let anyDead = false;
  // Whether `token`, and the one before it, are the longest at their places.
  let isLongest = true;
  let wasLongest = true;
  let write = out;
  let position = start;
  for (;;) {
    if (token < 0) {
      if (!anyDead) {
        memory.fill(DEAD, 0, end - start + 1);
        anyDead = true;
      }
      store<u8>(DEAD + (position - start), 1);
      write -= 4;
      token = load<i32>(write);
      position -= lengthOf(token);
      token = shorterThan(token);
      isLongest = false;
      wasLongest = false;
      continue;
    }
    const next = position + lengthOf(token);
    if (
      (!anyDead || load<u8>(DEAD + (next - start)) == 0) &&
      (write == out || isValid(load<i32>(write - 4), token, position, wasLongest))
    ) {
      store<i32>(write, token);
      write += 4;
      position = next;
      if (position == end) return write;
      token = longest(position, end);
      wasLongest = isLongest;
      isLongest = true;
    } else {
      token = shorterThan(token);
      isLongest = false;
    }
  }
  return write;
}
