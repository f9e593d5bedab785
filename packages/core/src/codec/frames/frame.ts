// A Codec frame: the IDs that one flush of the engine produced, and how the stream ended. This file holds the shapes that
// every encoding of a frame shares, and the names that finish reasons have on the wire.

/** A tool call that the server cut out of the stream. A hint: validate the arguments against the tool's schema. */
export interface CodecToolCall {
  readonly name?: string;
  /** The raw text of the region, usually JSON. */
  readonly argumentsJson: string;
  readonly id?: string;
}

/** One frame, in our spelling. */
export interface CodecFrame {
  readonly ids: ArrayLike<number>;
  readonly done: boolean;
  /** Only with `done: true`. Open set: see {@link FinishReason}. */
  readonly finishReason?: string;
  readonly toolCalls?: readonly CodecToolCall[];
}

/** One frame in the spelling of the wire, for code written against the reference clients. */
export interface WireFrame {
  readonly ids: ArrayLike<number>;
  readonly done?: boolean;
  readonly finish_reason?: string | null;
  readonly tool_calls?: readonly {
    readonly name?: string;
    readonly arguments_json: string;
    readonly id?: string;
  }[];
}

/** Finish reasons that the protocol names. Any other string is also terminal and is passed on as it came. */
export type FinishReason = "eos_token" | "stop_sequence" | "length" | "policy_violation" | "error";

/** A frame as decoded. `finish_reason` and `tool_calls` are aliases in the spelling of the wire. */
export class DecodedFrame implements CodecFrame {
  readonly ids: readonly number[];
  readonly done: boolean;
  declare readonly finishReason?: string;
  declare readonly toolCalls?: readonly CodecToolCall[];

  constructor(
    ids: readonly number[],
    done: boolean,
    finishReason?: string,
    toolCalls?: readonly CodecToolCall[],
  ) {
    this.ids = ids;
    this.done = done;
    if (finishReason !== undefined) this.finishReason = finishReason;
    if (toolCalls !== undefined) this.toolCalls = toolCalls;
  }

  get finish_reason(): string | null {
    return this.finishReason ?? null;
  }

  get tool_calls(): WireFrame["tool_calls"] {
    return this.toolCalls?.map(({ name, argumentsJson, id }) => ({
      ...(name === undefined ? {} : { name }),
      arguments_json: argumentsJson,
      ...(id === undefined ? {} : { id }),
    }));
  }
}

/** Either spelling as a `CodecFrame`. */
export function toCodecFrame(frame: CodecFrame | WireFrame): CodecFrame {
  if (!("finish_reason" in frame || "tool_calls" in frame) || frame instanceof DecodedFrame) {
    return { ...frame, done: frame.done ?? false };
  }
  const { ids, done = false, finish_reason, tool_calls } = frame as WireFrame;
  return {
    ids,
    done,
    ...(finish_reason ? { finishReason: finish_reason } : {}),
    ...(tool_calls
      ? {
          toolCalls: tool_calls.map(({ arguments_json, ...rest }) => ({
            ...rest,
            argumentsJson: arguments_json,
          })),
        }
      : {}),
  };
}

/** Why an answer ended, in the words of the rest of tokenwire. */
export type StreamEnd =
  | "stop"
  | "stop_sequence"
  | "length"
  | "tool_calls"
  | "content_filter"
  | "error"
  | "abort";

const wireReasons: Readonly<Record<StreamEnd, FinishReason>> = {
  stop: "eos_token",
  stop_sequence: "stop_sequence",
  length: "length",
  tool_calls: "eos_token",
  content_filter: "policy_violation",
  error: "error",
  abort: "error",
};

const openAiReasons: Readonly<Record<string, string>> = {
  eos_token: "stop",
  stop: "stop",
  eos: "stop",
  stop_sequence: "stop",
  length: "length",
  max_tokens: "length",
  tool_calls: "tool_calls",
  policy_violation: "content_filter",
  content_filter: "content_filter",
};

/** The finish reason that a frame carries for an internal one: `toWireReason("stop")` is `"eos_token"`. */
export function toWireReason(end: StreamEnd): FinishReason {
  return wireReasons[end];
}

/** OpenAI's finish reason for one read from a frame; undefined where OpenAI has none (errors, unknown values). */
export function toOpenAiReason(wire: string): string | undefined {
  return Object.hasOwn(openAiReasons, wire) ? openAiReasons[wire] : undefined;
}

/** What a decoder accepts from the network. */
export interface FrameLimits {
  /** Largest frame in bytes. Default: 16 MiB. */
  readonly maxFrameBytes?: number;
  /** Most IDs in one frame. Default: 1,048,576. */
  readonly maxIdsPerFrame?: number;
}

export const DEFAULT_MAX_FRAME_BYTES: number = 16 * 1024 * 1024;
export const DEFAULT_MAX_IDS_PER_FRAME: number = 1_048_576;
export const MAX_ID = 4_294_967_295;
