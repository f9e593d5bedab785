// A stream of server-sent events. Whatever is written in one turn of the event loop leaves in one system call (the
// call, not the JSON, is what a token costs); a reader that is slow makes the producer wait, so that a stream holds
// at most one buffer of bytes; silence is filled with comments.

import type { ServerResponse } from "node:http";
import { type Due, MovingTimer } from "./moving-timer.ts";
import { ReaderPressure } from "./reader-pressure.ts";
import { TextBody } from "./text-body.ts";
import { inNextTurn, type TurnTask, turnTime } from "./turn.ts";

export interface EventStreamOptions {
  /** Milliseconds of silence after which a comment is sent; 0: never. */
  readonly keepAlive: number;
  /** What is sent to break the silence. Default: a comment. */
  readonly keepAliveFrame?: string | undefined;
  /** Milliseconds without progress of the reader after which it is disconnected; 0: never. */
  readonly stalledReader: number;
  /** Called, once, right before the headers are sent; gives those of this answer. */
  readonly onOpen: () => Readonly<Record<string, string>>;
}

const highWaterMark = 256 * 1024;

export class EventStream implements TurnTask, Due {
  readonly #response: ServerResponse;
  readonly #keepAlive: number;
  readonly #keepAliveFrame: string | undefined;
  readonly #stalledReader: number;
  /** Until the headers were written. */
  #onOpen: EventStreamOptions["onOpen"] | undefined;
  #buffer = "";
  /** Of the buffer. */
  #isAscii = true;
  /** Present once the headers were sent. */
  #body: TextBody | undefined;
  #closed = false;
  #flushQueued = false;
  /** Present once the reader fell behind. */
  #reader: ReaderPressure | undefined;
  #lastWrite: number = performance.now();
  readonly #silence: MovingTimer | undefined;

  constructor(response: ServerResponse, options: EventStreamOptions) {
    this.#response = response;
    this.#keepAlive = options.keepAlive;
    this.#keepAliveFrame = options.keepAliveFrame;
    this.#stalledReader = options.stalledReader;
    this.#onOpen = options.onOpen;
    // It comes once; a listener that is to be called once takes four objects more.
    response.on("close", () => this.dispose());
    if (options.keepAlive > 0) this.#silence = new MovingTimer(this);
  }

  /** Whether the headers were written: an error can no longer be a status. */
  get opened(): boolean {
    return this.#onOpen === undefined;
  }

  /** Whether the reader has left. */
  get abandoned(): boolean {
    return this.#response.destroyed;
  }

  /** Commits to a stream. The headers leave in the next turn of the event loop, with the first frames if there are any. */
  open(): void {
    const onOpen = this.#onOpen;
    if (onOpen === undefined || this.#closed) return;
    this.#onOpen = undefined;
    const headers = onOpen();
    this.#response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
      ...headers,
    });
    this.#queueFlush();
  }

  /**
   * Queues frames; they leave in the next turn of the event loop.
   *
   * @param isAscii whether they are known to hold nothing else, which makes them cheaper to send
   */
  write(frames: string, isAscii = false): void {
    if (frames === "" || this.#closed) return;
    this.#buffer += frames;
    if (!isAscii) this.#isAscii = false;
    this.#queueFlush();
  }

  /** Undefined when more may be written at once, else a promise to wait for. Also resolves when the reader leaves. */
  get pressure(): Promise<void> | undefined {
    return this.#reader?.promise ?? (this.#buffer.length > highWaterMark ? this.#flush() : undefined);
  }

  /** Writes the last frames and ends the body in the same turn: clients wait for the end of the body. */
  end(frames = ""): void {
    if (this.#closed) return;
    this.open();
    this.#response.end(this.#buffer + frames);
    this.#buffer = "";
    this.dispose();
  }

  #queueFlush(): void {
    if (this.#flushQueued) return;
    this.#flushQueued = true;
    inNextTurn(this);
  }

  runInTurn(): void {
    this.#flushQueued = false;
    void this.#flush();
  }

  #flush(): Promise<void> | undefined {
    if (this.#closed) return undefined;
    const text = this.#buffer;
    const isAscii = this.#isAscii;
    this.#buffer = "";
    this.#isAscii = true;
    let accepted: boolean;
    if (this.#body === undefined) {
      this.open();
      this.#body = new TextBody(this.#response);
      accepted = this.#body.begin(text, isAscii);
    } else {
      if (text === "") return undefined;
      accepted = this.#body.write(text, isAscii);
    }
    this.#lastWrite = turnTime();
    if (accepted) return this.#reader?.promise;
    this.#reader ??= new ReaderPressure(this.#response, this.#stalledReader);
    return this.#reader.begin(this.#body.source);
  }

  get dueAt(): number {
    return this.#lastWrite + this.#keepAlive;
  }

  /** It has been silent for too long. */
  onDue(): void {
    this.#lastWrite = performance.now();
    if (this.#reader?.promise) return;
    this.open();
    this.write(this.#keepAliveFrame ?? ": keepalive\n\n");
  }

  /** Stops the timers; nothing more is written. */
  dispose(): void {
    this.#closed = true;
    this.#silence?.stop();
    this.#reader?.release();
  }
}
