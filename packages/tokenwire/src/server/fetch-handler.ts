// The server as a function of the web: `(Request) => Promise<Response>`, for frameworks and runtimes that have a server
// of their own. It is the same app, with its keys, limits, log and errors; only WebSockets need a real connection.

import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { ReadableStream as NodeWebStream } from "node:stream/web";
import type { FastifyInstance } from "fastify";

export type FetchHandler = (request: Request) => Promise<Response>;

/** Requests that are handed over now, by what they have where a connection has its peer's address. */
const handedOver: Map<string, AbortSignal> = new Map();
let count = 0;

/** The signal of a request that was handed over; undefined for one that came over a connection. */
export function handedOverSignal(raw: IncomingMessage): AbortSignal | undefined {
  return handedOver.get(raw.socket.remoteAddress ?? "");
}

const hopHeaders = new Set(["connection", "keep-alive", "transfer-encoding"]);
const withoutBody = new Set([101, 103, 204, 205, 304]);

export function createFetchHandler(app: FastifyInstance): FetchHandler {
  return async (request) => {
    await app.ready();
    const abort = new AbortController();
    const onAbort = (): void => abort.abort(request.signal.reason);
    if (request.signal.aborted) onAbort();
    else request.signal.addEventListener("abort", onAbort, { once: true });
    const name = `handed over ${count++}`;
    handedOver.set(name, abort.signal);
    const forget = (): void => {
      handedOver.delete(name);
      request.signal.removeEventListener("abort", onAbort);
    };
    const answer = await app
      .inject({
        method: request.method as "GET",
        url: request.url,
        headers: Object.fromEntries(request.headers),
        remoteAddress: name,
        payloadAsStream: true,
        ...(request.body && { payload: Readable.fromWeb(request.body as NodeWebStream) }),
      })
      .catch((error: unknown) => {
        forget();
        throw abort.signal.aborted ? abort.signal.reason : error;
      });
    const body = answer.stream();
    body.once("close", forget);
    const headers = new Headers();
    for (const [name, value] of Object.entries(answer.headers)) {
      if (hopHeaders.has(name) || value === undefined) continue;
      for (const each of Array.isArray(value) ? value : [value]) headers.append(name, String(each));
    }
    const { statusCode: status } = answer;
    if (withoutBody.has(status) || request.method === "HEAD") {
      body.resume();
      return new Response(null, { status, headers });
    }
    return new Response(toWebStream(body, abort), { status, headers });
  };
}

/** Pulled by the reader; one that cancels ends the request. */
function toWebStream(body: Readable, abort: AbortController): ReadableStream<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(new Uint8Array(value.buffer, value.byteOffset, value.length));
    },
    cancel(reason) {
      abort.abort(reason);
    },
  });
}
