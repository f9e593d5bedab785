// An answer that several requests get: recorded while it is made, and replayed to whoever asks, then or later.

import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";
import { ApiError } from "../../protocol/index.ts";
import { ChangeSignal } from "../change-signal.ts";
import { ReaderPressure } from "../reader-pressure.ts";

interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
}

/** Headers that belong to one connection or one request. */
const ownHeaders = new Set([
  "connection",
  "date",
  "keep-alive",
  "openai-processing-ms",
  "transfer-encoding",
  "x-request-id",
]);

export class Recording {
  readonly #abort: AbortController = new AbortController();
  readonly #chunks: Buffer[] = [];
  #head: Head | undefined;
  #error: unknown;
  #size = 0;
  #ended = false;
  #failed = false;
  #readers = 0;
  readonly #changed: ChangeSignal = new ChangeSignal();

  /** Aborted when nobody waits for the answer any more. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Bytes of the body so far. */
  get size(): number {
    return this.#size;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether it is a whole answer that a later request may get too. */
  get isUsable(): boolean {
    return this.#ended && !this.#failed && this.#head !== undefined && this.#head.status < 400;
  }

  /** Whether it ended, or is being made for somebody. */
  get isAlive(): boolean {
    return this.#ended ? this.isUsable : !this.#abort.signal.aborted;
  }

  /** All of it, to be kept elsewhere; see `fill`. */
  toBytes(): Uint8Array {
    return Buffer.concat([Buffer.from(`${JSON.stringify(this.#head)}\n`), ...this.#chunks]);
  }

  /** Makes it the answer that another recording's bytes are. */
  fill(bytes: Uint8Array): void {
    const all = Buffer.from(bytes);
    const end = all.indexOf("\n");
    const { status, headers } = JSON.parse(all.toString("utf8", 0, end)) as Head;
    this.#head = { status, headers: { ...headers, "idempotent-replayed": "true" } };
    this.add(all.subarray(end + 1));
    this.end();
  }

  begin(status: number, headers: Readonly<Record<string, unknown>>): void {
    const kept = Object.entries(headers).filter(
      (entry): entry is [string, string | string[]] => entry[1] !== undefined && !ownHeaders.has(entry[0]),
    );
    this.#head = { status, headers: Object.fromEntries(kept) };
    this.#changed.notify();
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    this.#changed.notify();
  }

  end(): void {
    this.#ended = true;
    this.#changed.notify();
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    this.#error = error;
    this.#failed = true;
    this.#ended = true;
    this.#changed.notify();
  }

  /**
   * Answers a request with it, from its beginning. Raises what the handler raised. The last reader that leaves before
   * the end aborts the making.
   */
  async replay(reply: FastifyReply, stalledReader: number): Promise<void> {
    const { raw } = reply;
    const left = new Promise<void>((resolve) => raw.once("close", resolve));
    this.#readers++;
    try {
      while (this.#head === undefined && !this.#ended && !raw.destroyed) {
        await Promise.race([this.#changed.next, left]);
      }
      if (raw.destroyed) throw new ApiError(499, "The client closed the connection.");
      if (this.#head === undefined) throw this.#error;
      reply.hijack();
      raw.writeHead(this.#head.status, { ...(reply.getHeaders() as object), ...this.#head.headers });
      await this.#copyTo(raw, left, stalledReader);
    } finally {
      this.#readers--;
      if (this.#readers === 0 && !this.#ended) this.#abort.abort();
    }
  }

  /** Everything so far and all that comes, only as fast as it is read. */
  async #copyTo(raw: ServerResponse, left: Promise<void>, stalledReader: number): Promise<void> {
    const reader = new ReaderPressure(raw, stalledReader);
    void left.then(() => reader.release());
    for (let next = 0; !raw.destroyed; ) {
      const changed = this.#changed.next;
      while (next < this.#chunks.length && !raw.destroyed) {
        if (!raw.write(this.#chunks[next++]!)) await reader.begin();
      }
      if (this.#ended) break;
      await Promise.race([changed, left]);
    }
    // Half an answer must not look like a whole one.
    if (this.#failed) raw.destroy();
    else raw.end();
  }
}
