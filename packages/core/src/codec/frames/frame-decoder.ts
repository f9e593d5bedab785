// Frames in, from bytes cut anywhere. Synchronous; the async stream functions are a thin skin over it.

import { ByteQueue } from "../byte-queue.ts";
import { CodecError, CodecFrameError, CodecLimitError, CodecStreamTruncatedError } from "../codec-error.ts";
import {
  DEFAULT_MAX_FRAME_BYTES,
  DEFAULT_MAX_IDS_PER_FRAME,
  type DecodedFrame,
  type FrameLimits,
} from "./frame.ts";
import { FRAME_FORMATS, type FrameFormat } from "./frame-encoder.ts";
import { MsgpackBoundary } from "./msgpack-boundary.ts";
import { MsgpackReader, needMore } from "./msgpack-reader.ts";
import { readProtobufFrame } from "./protobuf-reader.ts";

export interface FrameDecoderOptions extends FrameLimits {
  /** Accept the end of the body without a frame that says `done`. Default: false. */
  readonly allowMissingDone?: boolean;
  /** Raise an error for bytes behind the last frame. Default: false, they are discarded and reported. */
  readonly strict?: boolean;
  /** Told about bytes behind the last frame. */
  readonly onProtocolError?: (message: string) => void;
}

/**
 * Decodes one response body. Frames do not depend on how the body was cut into chunks; chunks are not retained.
 *
 * @example
 * const decoder = new FrameDecoder("msgpack");
 * decoder.push(chunk, (frame) => text += detokenizer.render(frame.ids, { partial: !frame.done }));
 * decoder.end(); // CodecStreamTruncatedError when the last frame never came
 */
export class FrameDecoder {
  /** True once a frame said `done`. */
  done = false;
  readonly #queue = new ByteQueue();
  readonly #options: FrameDecoderOptions;
  readonly #next: () => DecodedFrame | undefined;
  readonly #msgpack: MsgpackReader;
  readonly #boundary: MsgpackBoundary;
  readonly #maxFrameBytes: number;
  readonly #maxIds: number;
  /** A frame's end is being looked for by the boundary scanner, which resumes where it stopped. */
  #scanning = false;

  constructor(format: FrameFormat, options: FrameDecoderOptions = {}) {
    if (!FRAME_FORMATS.includes(format)) {
      throw new CodecError(
        "CODEC_UNSUPPORTED",
        `Unknown frame format ${JSON.stringify(format)}. Formats: ${FRAME_FORMATS.join(", ")}.`,
      );
    }
    this.#options = options;
    this.#maxFrameBytes = options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES;
    this.#maxIds = options.maxIdsPerFrame ?? DEFAULT_MAX_IDS_PER_FRAME;
    this.#msgpack = new MsgpackReader(this.#maxIds);
    this.#boundary = new MsgpackBoundary(this.#maxFrameBytes);
    this.#next = format.startsWith("msgpack") ? () => this.#nextMsgpack() : () => this.#nextProtobuf();
  }

  /** Takes bytes and calls `onFrame` for each frame they complete. Bad bytes raise a `CodecError`. */
  push(chunk: Uint8Array, onFrame: (frame: DecodedFrame) => void): void {
    const queue = this.#queue;
    if (this.done) {
      this.#surplus(chunk.length);
      return;
    }
    queue.append(chunk);
    while (queue.at < queue.end) {
      const frame = this.#next();
      if (frame === undefined) break;
      if (frame.done) this.done = true;
      onFrame(frame);
      if (this.done) {
        this.#surplus(queue.length);
        queue.clear();
      }
    }
    queue.settle();
  }

  /** Ends the body. Raises `CodecStreamTruncatedError` when it ended inside a frame or without the last one. */
  end(): void {
    const left = this.#queue.length;
    if (left > 0) {
      throw new CodecStreamTruncatedError(
        `Codec stream ended mid-frame: ${left} bytes of a frame are left over.`,
        true,
      );
    }
    if (!this.done && this.#options.allowMissingDone !== true) {
      throw new CodecStreamTruncatedError("Codec stream ended without a frame that says done.", false);
    }
  }

  #surplus(bytes: number): void {
    if (bytes === 0) return;
    const message = `${bytes} bytes follow the last frame of the stream.`;
    this.#options.onProtocolError?.(message);
    if (this.#options.strict === true) throw new CodecFrameError(message);
  }

  #nextMsgpack(): DecodedFrame | undefined {
    const queue = this.#queue;
    if (this.#scanning) {
      if (this.#boundary.scan(queue.bytes, queue.at, queue.end) === undefined) return this.#wait();
      this.#scanning = false;
    }
    const reader = this.#msgpack;
    reader.bytes = queue.bytes;
    reader.at = queue.at;
    reader.end = queue.end;
    try {
      const frame = reader.frame();
      queue.at = reader.at;
      return frame;
    } catch (error) {
      if (error !== needMore) throw error;
      this.#scanning = true;
      this.#boundary.reset();
      this.#boundary.scan(queue.bytes, queue.at, queue.end);
      return this.#wait();
    }
  }

  #wait(): undefined {
    if (this.#queue.length > this.#maxFrameBytes) {
      throw new CodecLimitError(`Frame is larger than ${this.#maxFrameBytes} bytes (maxFrameBytes).`);
    }
    return undefined;
  }

  #nextProtobuf(): DecodedFrame | undefined {
    const queue = this.#queue;
    const { bytes } = queue;
    const from = queue.at;
    if (queue.end - from < 4) return undefined;
    const length =
      bytes[from]! * 0x100_0000 + ((bytes[from + 1]! << 16) | (bytes[from + 2]! << 8) | bytes[from + 3]!);
    if (length > this.#maxFrameBytes) {
      throw new CodecLimitError(
        `Protobuf frame declares ${length} bytes, more than the cap of ${this.#maxFrameBytes} (maxFrameBytes).`,
      );
    }
    const end = from + 4 + length;
    if (queue.end < end) return undefined;
    const frame = readProtobufFrame(bytes, from + 4, end, this.#maxIds);
    queue.at = end;
    return frame;
  }
}

/** One protobuf frame without its length prefix. */
export function decodeProtobufFrame(payload: Uint8Array, limits: FrameLimits = {}): DecodedFrame {
  return readProtobufFrame(payload, 0, payload.length, limits.maxIdsPerFrame ?? DEFAULT_MAX_IDS_PER_FRAME);
}

/** Exactly one MessagePack frame. */
export function decodeMsgpackFrame(bytes: Uint8Array, limits: FrameLimits = {}): DecodedFrame {
  const reader = new MsgpackReader(limits.maxIdsPerFrame ?? DEFAULT_MAX_IDS_PER_FRAME);
  reader.bytes = bytes;
  reader.end = bytes.length;
  try {
    const frame = reader.frame();
    if (reader.at !== bytes.length) {
      throw new CodecFrameError(`${bytes.length - reader.at} bytes follow the frame.`);
    }
    return frame;
  } catch (error) {
    if (error !== needMore) throw error;
    throw new CodecStreamTruncatedError("MessagePack frame is incomplete.", true);
  }
}
