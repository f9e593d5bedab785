// A streamed answer: a status while that is still possible, events afterwards, and always a proper end.

import type { ApiError } from "../protocol/index.ts";
import type { RouteContext } from "./context.ts";
import { toApiError } from "./errors.ts";
import { EventStream } from "./sse.ts";

export interface StreamedAnswer {
  /** Writes the events; resolves with the last frames. */
  readonly run: (stream: EventStream) => Promise<string>;
  /** The last frames of a stream that failed after it began. */
  readonly fail: (error: ApiError) => string;
  /** False when `run` waits for its slot itself, or needs none. */
  readonly admit?: boolean;
  /** What breaks a silence; default: a comment. */
  readonly keepAliveFrame?: string;
}

/** Answers with a stream. Raises what `run` raised as long as nothing was sent. */
export async function respondWithStream(context: RouteContext, answer: StreamedAnswer): Promise<void> {
  const { reply, server, requestId } = context;
  const { settings, admission, metrics, log } = server;
  const stream = new EventStream(reply.raw, {
    // Read when they are sent: what is left for a key is known after the prompt was counted.
    get headers() {
      return { ...plainHeaders(reply.getHeaders()), "x-request-id": requestId };
    },
    keepAlive: settings.keepAlive,
    stalledReader: settings.timeouts.stalledReader,
    ...(answer.keepAliveFrame !== undefined && { keepAliveFrame: answer.keepAliveFrame }),
    onOpen: () => {
      reply.hijack();
      const { raw } = reply;
      const written = raw.socket ?? raw;
      metrics.streamOpened(written);
      raw.once("close", () => metrics.streamClosed(written));
    },
  });
  try {
    const run = (): Promise<string> => answer.run(stream);
    const last = await (answer.admit === false ? run() : admission.run(context, run));
    stream.end(last);
  } catch (error) {
    if (reply.raw.destroyed) return;
    if (!stream.opened) {
      stream.dispose();
      throw error;
    }
    const failure = toApiError(error);
    if (failure.status >= 500) log.error({ requestId, err: failure.cause ?? failure }, "stream failed");
    stream.end(answer.fail(failure));
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
