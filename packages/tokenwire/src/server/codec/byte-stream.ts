// A streamed body of bytes, compressed or not. After every write everything written so far can be decompressed: a
// compressor that is not flushed keeps thousands of tokens to itself.

import type { ServerResponse } from "node:http";
import type { Transform } from "node:stream";
import { constants, createBrotliCompress, createGzip } from "node:zlib";
import { ReaderPressure } from "../reader-pressure.ts";

export type StreamEncoding = "gzip" | "br" | "identity";

export interface ByteStreamOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly encoding: StreamEncoding;
  /** Milliseconds of silence after which `ping` is sent; 0: never. */
  readonly keepAlive: number;
  /** Bytes without meaning; may be empty. */
  readonly ping: () => Uint8Array;
  /** Milliseconds without progress of the reader after which it is disconnected; 0: never. */
  readonly stalledReader: number;
  readonly onOpen: () => void;
}

function createCompressor(encoding: StreamEncoding): Transform | undefined {
  if (encoding === "gzip") return createGzip({ flush: constants.Z_SYNC_FLUSH });
  if (encoding === "br") {
    return createBrotliCompress({
      flush: constants.BROTLI_OPERATION_FLUSH,
      params: { [constants.BROTLI_PARAM_QUALITY]: 4 },
    });
  }
  return undefined;
}

export class ByteAnswerStream {
  readonly #response: ServerResponse;
  readonly #options: ByteStreamOptions;
  #compressor: Transform | undefined;
  #opened = false;
  #closed = false;
  readonly #reader: ReaderPressure;
  readonly #silence: NodeJS.Timeout | undefined;

  constructor(response: ServerResponse, options: ByteStreamOptions) {
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

  /** Undefined when more may be written at once, else a promise to wait for. Also resolves when the reader leaves. */
  get pressure(): Promise<void> | undefined {
    return this.#reader.promise;
  }

  open(): void {
    if (this.#opened || this.#closed) return;
    this.#opened = true;
    const { encoding, headers, onOpen } = this.#options;
    onOpen();
    this.#response.writeHead(200, {
      ...headers,
      ...(encoding !== "identity" && { "content-encoding": encoding }),
    });
    // An answer that is recorded, or given to another framework, has a socket that only looks like one.
    this.#response.socket?.setNoDelay?.(true);
    this.#compressor = createCompressor(encoding);
    this.#compressor?.on("data", (chunk: Buffer) => this.#send(chunk));
    this.#compressor?.on("end", () => this.#response.end());
    // Only a reader that left ends a compressor early.
    this.#compressor?.on("error", () => this.#response.destroy());
  }

  /** Sends bytes; one call is one flush. */
  write(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#closed) return;
    this.open();
    this.#silence?.refresh();
    if (this.#compressor) this.#compressor.write(bytes);
    else this.#send(bytes);
  }

  /** Sends the last bytes and ends the body. */
  end(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.open();
    if (this.#compressor) this.#compressor.end(bytes);
    else this.#response.end(bytes);
    this.#stopTimers();
  }

  #send(bytes: Uint8Array): void {
    if (!this.#response.destroyed && !this.#response.write(bytes)) void this.#reader.begin();
  }

  #breakSilence(): void {
    if (!this.#reader.promise) this.write(this.#options.ping());
  }

  #stopTimers(): void {
    clearInterval(this.#silence);
  }

  /** Nothing more is written. */
  dispose(): void {
    this.#closed = true;
    this.#stopTimers();
    this.#compressor?.destroy();
    this.#reader.release();
  }
}
