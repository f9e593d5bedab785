// What a server holds at the moment that somebody reads its metrics: bytes that wait for readers, objects in the store,
// and how late its event loop has been since the last look.

import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { Gauge, type Registry } from "prom-client";

/** A stream, or what it writes into. */
export interface BufferedStream {
  /** Bytes that were written and not taken yet. */
  readonly writableLength: number;
}

/** Milliseconds between two measurements of the event loop; part of what is measured. */
const resolution = 20;
/** Milliseconds that a count of the store holds: counting reads a whole index. */
const countAge = 60_000;

export class MomentaryMetrics {
  readonly #streams: Set<BufferedStream> = new Set();
  readonly #loop: IntervalHistogram = monitorEventLoopDelay({ resolution });
  #countItems: (() => Promise<number>) | undefined;
  #items = 0;
  #countedAt = Number.NEGATIVE_INFINITY;

  constructor(registry: Registry) {
    const registers = [registry];
    const gauge = (name: string, help: string, collect: (this: Gauge) => void | Promise<void>): void => {
      new Gauge({ name: `tokenwire_${name}`, help, registers, collect });
    };
    const bufferedBytes = (): number => this.#bufferedBytes;
    const streams = this.#streams;
    gauge("streams_active", "Streams being sent", function () {
      this.set(streams.size);
    });
    gauge("stream_buffered_bytes", "Bytes of streams that readers have not taken", function () {
      this.set(bufferedBytes());
    });
    const items = (): Promise<number> => this.#storeItems();
    gauge("store_items", "Objects in the store, counted once a minute at most", async function () {
      this.set(await items());
    });
    this.#loop.enable();
    const delays = (): readonly (readonly [string, number])[] => this.#delays();
    new Gauge({
      name: "tokenwire_event_loop_delay_seconds",
      help: "How late the event loop was since the last look",
      labelNames: ["quantile"],
      registers,
      collect() {
        for (const [quantile, seconds] of delays()) this.set({ quantile }, seconds);
      },
    });
  }

  streamOpened(stream: BufferedStream): void {
    this.#streams.add(stream);
  }

  streamClosed(stream: BufferedStream): void {
    this.#streams.delete(stream);
  }

  /** Where the number of stored objects comes from. */
  watchStore(countItems: () => Promise<number>): void {
    this.#countItems = countItems;
  }

  get #bufferedBytes(): number {
    let bytes = 0;
    for (const stream of this.#streams) bytes += stream.writableLength;
    return bytes;
  }

  async #storeItems(): Promise<number> {
    const now = performance.now();
    if (this.#countItems && now - this.#countedAt > countAge) {
      this.#countedAt = now;
      this.#items = await this.#countItems();
    }
    return this.#items;
  }

  #delays(): readonly (readonly [string, number])[] {
    const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - resolution / 1_000) || 0;
    const delays = [
      ["0.5", late(this.#loop.percentile(50))],
      ["0.99", late(this.#loop.percentile(99))],
      ["1", late(this.#loop.max)],
    ] as const;
    this.#loop.reset();
    return delays;
  }
}
