// Frames from a response body.

import { type ByteStream, type DecodedStream, decodeByteStream } from "../byte-stream.ts";
import { TokenwireFrameAdapter } from "../tokenwire/frame-adapter.ts";
import type { DecodedFrame } from "./frame.ts";
import { FrameDecoder, type FrameDecoderOptions } from "./frame-decoder.ts";
import type { FrameFormat } from "./frame-encoder.ts";

/** Everything a server may be asked for as `stream_format`, except JSON. */
export type StreamFormat = FrameFormat | "tokenwire" | "tokenwire-adaptive";

export interface DecodeStreamOptions extends FrameDecoderOptions {
  /** Cancels the reader and rejects the iteration with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Frames of a response body as they arrive. Iteration ends behind the frame that says `done`; the body is then cancelled.
 * A tokenwire stream is read as the frames of its first choice (text and log probabilities are dropped).
 *
 * @example
 * const detokenizer = new Detokenizer(map);
 * for await (const frame of decodeStream(response.body, "msgpack")) {
 *   process.stdout.write(detokenizer.render(frame.ids, { partial: !frame.done }));
 * }
 */
export function decodeStream(
  stream: ByteStream,
  format: StreamFormat = "msgpack",
  options: DecodeStreamOptions = {},
): DecodedStream<DecodedFrame> {
  const decoder =
    format === "tokenwire" || format === "tokenwire-adaptive"
      ? new TokenwireFrameAdapter()
      : new FrameDecoder(format, options);
  return decodeByteStream(stream, decoder, options.signal);
}

/** {@link decodeStream} for MessagePack, plain and delta. */
export function decodeMsgpackStream(
  stream: ByteStream,
  options: DecodeStreamOptions = {},
): DecodedStream<DecodedFrame> {
  return decodeStream(stream, "msgpack", options);
}

/** {@link decodeStream} for length-prefixed protobuf. */
export function decodeProtobufStream(
  stream: ByteStream,
  options: DecodeStreamOptions = {},
): DecodedStream<DecodedFrame> {
  return decodeStream(stream, "protobuf", options);
}
