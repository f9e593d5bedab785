// Frames out: one stateful encoder per response, and one-shot functions for single frames.

import { ByteWriter } from "../byte-writer.ts";
import { CodecError } from "../codec-error.ts";
import { encodeDeltas } from "./delta.ts";
import { type CodecFrame, type CodecToolCall, toCodecFrame, type WireFrame } from "./frame.ts";
import { writeMsgpackDeltaFrame, writeMsgpackFrame } from "./msgpack-writer.ts";
import { writeProtobufFrame } from "./protobuf-writer.ts";

/** Encodings whose unit is a Codec frame. */
export type FrameFormat = "msgpack" | "protobuf" | "msgpack-delta" | "protobuf-delta";

export const FRAME_FORMATS: readonly FrameFormat[] = [
  "msgpack",
  "protobuf",
  "msgpack-delta",
  "protobuf-delta",
];

export interface FrameEncoderOptions {
  /** `"canonical"` (default): proto3. `"engine"`: always write `done`, as vLLM does. */
  readonly protobuf?: "canonical" | "engine";
  /** Write `finish_reason: nil` in delta frames without one, byte for byte as the reference. Default: false. */
  readonly nullFinishReason?: boolean;
}

/**
 * Encodes the frames of one response. The returned bytes stay valid.
 *
 * `protobuf-delta` is written as plain protobuf: no text of the protocol says which field would hold the differences.
 *
 * @example
 * const encoder = new FrameEncoder("msgpack");
 * encoder.frame([9707]);                    // 82 a3 69 64 73 91 cd 25 eb a4 64 6f 6e 65 c2
 * encoder.frame([], true, "eos_token");
 */
export class FrameEncoder {
  readonly format: FrameFormat;
  readonly #out = new ByteWriter();
  readonly #protobuf: "canonical" | "engine";
  readonly #nullFinishReason: boolean;
  #lastId = 0;

  constructor(format: FrameFormat, options: FrameEncoderOptions = {}) {
    if (!FRAME_FORMATS.includes(format)) {
      throw new CodecError(
        "CODEC_UNSUPPORTED",
        `Unknown frame format ${JSON.stringify(format)}. Formats: ${FRAME_FORMATS.join(", ")}.`,
      );
    }
    this.format = format;
    this.#protobuf = options.protobuf ?? "canonical";
    this.#nullFinishReason = options.nullFinishReason ?? false;
  }

  /** The bytes of one frame. IDs must be integers from 0 to 2^32 - 1; they are not checked here. */
  frame(
    ids: ArrayLike<number>,
    done = false,
    finishReason?: string,
    toolCalls?: readonly CodecToolCall[],
  ): Uint8Array {
    if (this.format === "msgpack") {
      writeMsgpackFrame(this.#out, ids, done, finishReason, toolCalls);
    } else if (this.format === "msgpack-delta") {
      const deltas = encodeDeltas(ids, this.#lastId);
      writeMsgpackDeltaFrame(this.#out, this.#lastId, deltas, done, finishReason, this.#nullFinishReason);
      if (ids.length > 0) this.#lastId = ids[ids.length - 1]!;
    } else {
      writeProtobufFrame(this.#out, ids, done, finishReason, toolCalls, this.#protobuf);
    }
    return this.#out.take();
  }
}

/** One MessagePack frame. Accepts our spelling and that of the wire (`finish_reason`, `tool_calls`). */
export function encodeMsgpackFrame(frame: CodecFrame | WireFrame): Uint8Array {
  return encodeOne("msgpack", frame, {});
}

/** One protobuf frame with its length prefix. Accepts our spelling and that of the wire. */
export function encodeProtobufFrame(
  frame: CodecFrame | WireFrame,
  options: FrameEncoderOptions = {},
): Uint8Array {
  return encodeOne("protobuf", frame, options);
}

function encodeOne(
  format: FrameFormat,
  frame: CodecFrame | WireFrame,
  options: FrameEncoderOptions,
): Uint8Array {
  const { ids, done, finishReason, toolCalls } = toCodecFrame(frame);
  // A copy of its own: the view would keep a whole slab alive.
  return new FrameEncoder(format, options).frame(ids, done, finishReason, toolCalls).slice();
}
