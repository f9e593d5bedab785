// A streamed answer: a status while that is still possible, events afterwards, and always a proper end. What led to a
// stream is let go when it begins: a stream may be silent for minutes, and there may be thousands.

import type { Logger } from "pino";
import type { ApiError, ChoiceEvent, SampledLogprob } from "../protocol/index.ts";
import type { RouteContext } from "./context.ts";
import { toApiError } from "./errors.ts";
import { type ChoiceSink, type GenerationOptions, generateChoices } from "./generate.ts";
import { EventStream } from "./sse.ts";

/** How a stream ends. */
export interface StreamEnding {
  /** The last frames. */
  end(): string | Promise<string>;
  /** Those of a stream that failed after it began. */
  fail(error: ApiError): string;
}

export interface StreamedAnswer {
  /** Writes the events. Nothing holds on to it once it runs. */
  readonly run: (stream: EventStream) => Promise<void>;
  readonly ending: StreamEnding;
  /** False when `run` waits for its slot itself, or needs none. */
  readonly admit?: boolean;
  /** What breaks a silence; default: a comment. */
  readonly keepAliveFrame?: string;
}

/** Answers with a stream. Resolves when it has begun; raises what `run` raised as long as nothing was sent. */
export function respondWithStream(context: RouteContext, answer: StreamedAnswer): Promise<void> {
  return new Promise((resolve, reject) => {
    const { reply, request, server, requestId } = context;
    const { settings, admission, metrics, log } = server;
    const stream = new EventStream(reply.raw, {
      keepAlive: settings.keepAlive,
      keepAliveFrame: answer.keepAliveFrame,
      stalledReader: settings.timeouts.stalledReader,
      onOpen: () => {
        reply.hijack();
        request.body = undefined;
        metrics.streamOpened(reply.raw);
        resolve();
        // Read only now: what is left for a key is known after the prompt was counted.
        return {
          ...plainHeaders(reply.getHeaders()),
          "x-request-id": requestId,
          "openai-processing-ms": String(Math.round(reply.elapsedTime)),
        };
      },
    });
    const run = (): Promise<void> => answer.run(stream);
    const running = answer.admit === false ? run() : admission.run(context, run);
    finish(stream, running, answer.ending, { log, requestId }).then(resolve, reject);
  });
}

async function finish(
  stream: EventStream,
  running: Promise<void>,
  ending: StreamEnding,
  { log, requestId }: { readonly log: Logger; readonly requestId: string },
): Promise<void> {
  try {
    await running;
    stream.end(await ending.end());
  } catch (error) {
    if (stream.abandoned) return;
    if (!stream.opened) {
      stream.dispose();
      throw error;
    }
    const failure = toApiError(error);
    if (failure.status >= 500) log.error({ requestId, err: failure.cause ?? failure }, "stream failed");
    stream.end(ending.fail(failure));
  }
}

/** Writes what a generation says as frames. */
export interface FrameEncoder extends StreamEnding {
  /** The engine accepted the request for a choice. */
  begin?(...started: Parameters<NonNullable<ChoiceSink["start"]>>): string;
  push(
    choice: number,
    events: readonly ChoiceEvent[],
    tokenIds: readonly number[],
    logprobs?: readonly SampledLogprob[],
  ): string;
  /** Whether the frames of the last `push` are known to hold nothing else, which makes them cheaper to send. */
  readonly isAscii?: boolean;
}

/** Answers with the frames of a generation. */
export function streamGeneration(
  context: RouteContext,
  generation: GenerationOptions,
  encoder: FrameEncoder,
  { coalesceMs = context.server.settings.coalesceMs, ...rest }: StreamRules = {},
): Promise<void> {
  return respondWithStream(context, {
    run: (stream) => generateChoices(generation, new StreamSink(stream, encoder, coalesceMs)),
    ending: encoder,
    ...rest,
  });
}

/** Answers with the frames of what makes its events, and waits for its slot, by itself. */
export function streamEvents(
  context: RouteContext,
  make: (sink: ChoiceSink) => Promise<void>,
  encoder: FrameEncoder,
  coalesceMs: number = context.server.settings.coalesceMs,
): Promise<void> {
  return respondWithStream(context, {
    admit: false,
    run: (stream) => make(new StreamSink(stream, encoder, coalesceMs)),
    ending: encoder,
  });
}

interface StreamRules extends Pick<StreamedAnswer, "keepAliveFrame"> {
  /** Milliseconds that text may wait for more of its kind. Default: what the server was told. */
  readonly coalesceMs?: number | undefined;
}

class StreamSink implements ChoiceSink {
  readonly coalesceMs: number;
  readonly #stream: EventStream;
  readonly #encoder: FrameEncoder;

  constructor(stream: EventStream, encoder: FrameEncoder, coalesceMs: number) {
    this.#stream = stream;
    this.#encoder = encoder;
    this.coalesceMs = coalesceMs;
  }

  start(...started: Parameters<NonNullable<ChoiceSink["start"]>>): void {
    this.#stream.open();
    if (this.#encoder.begin) this.#stream.write(this.#encoder.begin(...started));
  }

  push(
    choice: number,
    events: readonly ChoiceEvent[],
    tokenIds: readonly number[],
    logprobs?: readonly SampledLogprob[],
  ): void {
    const frames = this.#encoder.push(choice, events, tokenIds, logprobs);
    this.#stream.write(frames, this.#encoder.isAscii);
  }

  get pressure(): Promise<void> | undefined {
    return this.#stream.pressure;
  }
}

/** Headers set on the reply so far, as they are written by hand. */
function plainHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter((entry): entry is [string, string | number] => ["string", "number"].includes(typeof entry[1]))
      .map(([name, value]) => [name, String(value)]),
  );
}
