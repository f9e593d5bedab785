// A stream of server-sent events. Whatever is written in two turns of the event loop leaves in one system call (the
// call, not the JSON, is what a token costs); a reader that is slow makes the producer wait, so that a stream holds
// at most one buffer of bytes; silence is filled with comments.

import type { ServerResponse } from "node:http";
import { ReaderPressure } from "./reader-pressure.ts";

export interface EventStreamOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds of silence after which a comment is sent; 0: never. */
  readonly keepAlive: number;
  /** What is sent to break the silence. Default: a comment. */
  readonly keepAliveFrame?: string;
  /** Milliseconds without progress of the reader after which it is disconnected; 0: never. */
  readonly stalledReader: number;
  /** Called right before the headers are sent. */
  readonly onOpen?: () => void;
}

const highWaterMark = 256 * 1024;

export class EventStream {
  readonly #response: ServerResponse;
  readonly #options: EventStreamOptions;
  #buffer = "";
  #opened = false;
  #closed = false;
  #flushQueued = false;
  readonly #reader: ReaderPressure;
  #silence: NodeJS.Timeout | undefined;

  constructor(response: ServerResponse, options: EventStreamOptions) {
    this.#response = response;
    this.#options = options;
    this.#reader = new ReaderPressure(response, options.stalledReader);
    response.once("close", () => this.dispose());
    if (options.keepAlive > 0) {
      this.#silence = setInterval(() => this.#breakSilence(), options.keepAlive);
      this.#silence.unref();
    }
  }

  /** Whether headers were sent: an error can no longer be a status. */
  get opened(): boolean {
    return this.#opened;
  }

  /** Sends the headers. */
  open(): void {
    if (this.#opened || this.#closed) return;
    this.#opened = true;
    this.#options.onOpen?.();
    this.#response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
      ...this.#options.headers,
    });
    // An answer that is recorded, or given to another framework, has a socket that only looks like one.
    this.#response.socket?.setNoDelay?.(true);
    this.#response.flushHeaders();
  }

  /** Queues frames; they leave within two turns of the event loop. */
  write(frames: string): void {
    if (frames === "" || this.#closed) return;
    this.#buffer += frames;
    if (this.#flushQueued) return;
    this.#flushQueued = true;
    setImmediate(this.#nextTurn);
  }

  /** Undefined when more may be written at once, else a promise to wait for. Also resolves when the reader leaves. */
  get pressure(): Promise<void> | undefined {
    return this.#reader.promise ?? (this.#buffer.length > highWaterMark ? this.#flush() : undefined);
  }

  /** Writes the last frames and ends the body in the same turn: clients wait for the end of the body. */
  end(frames = ""): void {
    if (this.#closed) return;
    this.open();
    this.#response.end(this.#buffer + frames);
    this.#buffer = "";
    this.dispose();
  }

  /** A turn more: an engine in this process gives the loop a turn every two tokens, and a call is worth four. */
  readonly #nextTurn = (): void => {
    setImmediate(this.#flushNow);
  };
  readonly #flushNow = (): void => {
    void this.#flush();
  };

  #flush(): Promise<void> | undefined {
    this.#flushQueued = false;
    if (this.#closed || this.#buffer === "") return undefined;
    this.open();
    const accepted = this.#response.write(this.#buffer);
    this.#buffer = "";
    this.#silence?.refresh();
    return accepted ? this.#reader.promise : this.#reader.begin();
  }

  #breakSilence(): void {
    if (this.#reader.promise) return;
    this.open();
    this.write(this.#options.keepAliveFrame ?? ": keepalive\n\n");
  }

  /** Stops the timers; nothing more is written. */
  dispose(): void {
    this.#closed = true;
    clearInterval(this.#silence);
    this.#reader.release();
  }
}
