// Asynchronous byte sources, as an interface of what is used: a web ReadableStream (fetch's response.body), a Node stream
// or any async iterable of chunks. Core has no platform types, so the reader's shape is spelled out here.

/** The part of a ReadableStream's default reader that is used. */
export interface ByteReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(reason?: unknown): Promise<void>;
  releaseLock?(): void;
}

/** A `ReadableStream<Uint8Array>` or an async iterable of chunks. */
export type ByteStream = AsyncIterable<Uint8Array> | { getReader(): ByteReader };

/** A reader over either kind. `getReader` is preferred: some browsers' streams are not async iterable. */
export function openByteStream(stream: ByteStream): ByteReader {
  if ("getReader" in stream) return stream.getReader();
  const iterator = stream[Symbol.asyncIterator]();
  return {
    read: async () => {
      const { done, value } = await iterator.next();
      return { done: done === true, value };
    },
    cancel: async () => {
      await iterator.return?.();
    },
  };
}

/** A synchronous decoder: `push` calls `emit` for everything the chunk completes. */
export interface PushDecoder<T> {
  readonly done: boolean;
  push(chunk: Uint8Array, emit: (item: T) => void): void;
  end(): void;
}

/** What every async decoder of this layer returns. */
export interface DecodedStream<T> extends AsyncIterableIterator<T, undefined> {
  next(): Promise<IteratorResult<T, undefined>>;
  return(): Promise<IteratorResult<T, undefined>>;
  [Symbol.asyncIterator](): DecodedStream<T>;
}

/**
 * Runs a synchronous decoder over a byte stream. Written by hand rather than as an async generator, which costs three
 * promise turns per item. The reader is cancelled when the decoder is done, the consumer leaves early, the signal
 * aborts or the bytes are bad; errors surface after every item that was complete before them.
 */
export function decodeByteStream<T>(
  stream: ByteStream,
  decoder: PushDecoder<T>,
  signal?: AbortSignal,
): DecodedStream<T> {
  return new DecodingIterator(openByteStream(stream), decoder, signal);
}

const FINISHED: IteratorReturnResult<undefined> = { done: true, value: undefined };

class DecodingIterator<T> implements DecodedStream<T> {
  readonly #reader: ByteReader;
  readonly #decoder: PushDecoder<T>;
  readonly #signal: AbortSignal | undefined;
  readonly #emit: (item: T) => void;
  readonly #onChunk: (result: {
    done: boolean;
    value?: Uint8Array | undefined;
  }) => PromiseLike<IteratorResult<T, undefined>> | IteratorResult<T, undefined>;
  readonly #onAbort: () => void;
  #items: T[] = [];
  #nextItem = 0;
  #failure: { readonly error: unknown } | undefined;
  #closed = false;

  constructor(reader: ByteReader, decoder: PushDecoder<T>, signal: AbortSignal | undefined) {
    this.#reader = reader;
    this.#decoder = decoder;
    this.#signal = signal;
    this.#emit = (item) => this.#items.push(item);
    this.#onChunk = (result) => this.#take(result);
    this.#onAbort = () => {
      this.#failure = { error: signal?.reason };
      void this.#close(signal?.reason);
    };
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#nextItem < this.#items.length) return Promise.resolve(this.#shift());
    if (this.#failure !== undefined) return this.#fail();
    if (this.#closed) return Promise.resolve(FINISHED);
    if (this.#decoder.done) return this.return();
    return this.#reader.read().then(this.#onChunk, (error: unknown) => {
      this.#failure ??= { error };
      return this.#fail();
    });
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#items = [];
    this.#nextItem = 0;
    await this.#close(undefined);
    return FINISHED;
  }

  [Symbol.asyncIterator](): DecodedStream<T> {
    return this;
  }

  #shift(): IteratorResult<T, undefined> {
    const value = this.#items[this.#nextItem++]!;
    if (this.#nextItem === this.#items.length) {
      this.#items.length = 0;
      this.#nextItem = 0;
    }
    return { done: false, value };
  }

  async #fail(): Promise<never> {
    const error = this.#failure?.error;
    this.#failure = undefined;
    await this.#close(error);
    throw error;
  }

  #take({
    done,
    value,
  }: {
    done: boolean;
    value?: Uint8Array | undefined;
  }): PromiseLike<IteratorResult<T, undefined>> | IteratorResult<T, undefined> {
    if (this.#failure !== undefined || this.#closed) return this.next();
    try {
      if (done) {
        this.#closed = true;
        this.#detach();
        this.#decoder.end();
        return FINISHED;
      }
      if (value !== undefined) this.#decoder.push(value, this.#emit);
    } catch (error) {
      this.#failure = { error };
    }
    return this.#nextItem < this.#items.length ? this.#shift() : this.next();
  }

  #detach(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#reader.releaseLock?.();
  }

  async #close(reason: unknown): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#reader.cancel(reason);
    } catch {
      // The stream had already failed; that failure is, or was, reported by read().
    }
    this.#detach();
  }
}
