// Delta frames as plain values, for callers that frame them in an encoding of their own.

import { decodeDeltas, encodeDeltas } from "./delta.ts";

/** IDs as zigzag differences against `baseId`, the last ID before them (0 at the start of a stream). */
export interface DeltaFrame {
  readonly baseId: number;
  readonly idsDelta: readonly number[];
  readonly done: boolean;
  readonly finishReason?: string;
}

interface PlainFrame {
  readonly ids: ArrayLike<number>;
  readonly done?: boolean;
  readonly finishReason?: string;
}

/** `encodeDeltaFrame({ ids: [100, 200] })` is `{ baseId: 0, idsDelta: [200, 200], done: false }`. */
export function encodeDeltaFrame(frame: PlainFrame, baseId = 0): DeltaFrame {
  return {
    baseId,
    idsDelta: encodeDeltas(frame.ids, baseId),
    done: frame.done ?? false,
    ...(frame.finishReason === undefined ? {} : { finishReason: frame.finishReason }),
  };
}

/** The inverse; a frame decodes alone, from its own `baseId`. */
export function decodeDeltaFrame(frame: DeltaFrame): { ids: number[]; done: boolean; finishReason?: string } {
  return {
    ids: decodeDeltas(frame.idsDelta, frame.baseId),
    done: frame.done,
    ...(frame.finishReason === undefined ? {} : { finishReason: frame.finishReason }),
  };
}

/** Frames of one stream in order; `baseId` follows the last ID of the frame before. */
export function* encodeDeltaStream(frames: Iterable<PlainFrame>): Generator<DeltaFrame, void, undefined> {
  let baseId = 0;
  for (const frame of frames) {
    yield encodeDeltaFrame(frame, baseId);
    if (frame.ids.length > 0) baseId = frame.ids[frame.ids.length - 1]!;
  }
}

/** Plain frames of a delta stream. */
export function* decodeDeltaStream(
  frames: Iterable<DeltaFrame>,
): Generator<{ ids: number[]; done: boolean; finishReason?: string }, void, undefined> {
  for (const frame of frames) yield decodeDeltaFrame(frame);
}
