// Delta frames: zigzag differences between neighbouring IDs. Values reach 2^33 - 1, beyond 32-bit operators, so this is
// plain arithmetic on doubles. Supported because some engines offer it; measured, it is larger than plain frames.

import { CodecFrameError } from "../codec-error.ts";
import { MAX_ID } from "./frame.ts";

/** 0, -1, 1, -2, 2 … → 0, 1, 2, 3, 4 … */
export function zigzagEncode(value: number): number {
  return value >= 0 ? 2 * value : -2 * value - 1;
}

/** The inverse of {@link zigzagEncode}. */
export function zigzagDecode(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** Zigzag differences of `ids`, the first one against `baseId`: `encodeDeltas([100, 200], 0)` is `[200, 200]`. */
export function encodeDeltas(ids: ArrayLike<number>, baseId: number): number[] {
  const deltas: number[] = [];
  let previous = baseId;
  for (let index = 0; index < ids.length; index++) {
    const id = ids[index]!;
    deltas.push(zigzagEncode(id - previous));
    previous = id;
  }
  return deltas;
}

/** The IDs behind zigzag differences. One outside 0 … 2^32 - 1 is a `CodecFrameError`. */
export function decodeDeltas(deltas: readonly number[], baseId: number): number[] {
  const ids: number[] = [];
  let previous = baseId;
  for (const delta of deltas) {
    previous += zigzagDecode(delta);
    if (previous < 0 || previous > MAX_ID) {
      throw new CodecFrameError(`Delta frame reaches ID ${previous}; IDs are 0 to ${MAX_ID}.`);
    }
    ids.push(previous);
  }
  return ids;
}
