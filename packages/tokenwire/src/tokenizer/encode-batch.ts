// Large batches of texts, encoded by worker threads: off the event loop, and on all processors.

import { availableParallelism } from "node:os";
import { TokenwireError } from "@tokenwire/core";
import type { Encoding, EncodingEncodeOptions, SpecialTokenSet } from "@tokenwire/core/tokenizer";
import { getEncoding } from "@tokenwire/encodings";
import { Tinypool } from "tinypool";
import type { BatchResult, BatchTask } from "./batch-message.ts";

export interface BatchOptions extends EncodingEncodeOptions {
  /** Most worker threads. Default: one per processor, at most 8: each loads the encoding for itself. */
  readonly workers?: number;
  /**
   * Batches of fewer UTF-16 units are encoded without threads, with turns for the event loop in between. Default: 16
   * million, some tenths of a second of work: starting threads, and sending texts and IDs, takes about as long.
   */
  readonly threshold?: number;
  readonly signal?: AbortSignal;
}

const DEFAULT_THRESHOLD = 16_000_000;
/** UTF-16 units between two turns of the event loop: some milliseconds. */
const TURN_UNITS = 1 << 19;
const MAX_WORKERS = 8;
/** Several tasks per worker, so that all end at about the same time; none so small that messages dominate. */
const TASKS_PER_WORKER = 4;
const MIN_TASK_UNITS = 1 << 16;
/** How long threads wait for the next batch: starting one and loading its encoding takes a tenth of a second. */
const IDLE_MS = 10_000;

/**
 * `encodeBatch` of an encoding of `@tokenwire/encodings`, in worker threads if the batch is large. The result is the
 * same, and so is the error if a text cannot be encoded: that of the first such text. Threads wait some seconds for the
 * next batch, without keeping the process from ending.
 *
 *     const ids = await encodeBatchInWorkers("o200k_base", documents, { workers: 4, signal });
 *
 * A metrics hook does not hear of texts that a worker encodes. Raises UNKNOWN_ENCODING, SPECIAL_TOKEN_IN_TEXT,
 * TOKEN_LIMIT_EXCEEDED and INVALID_ARGUMENT as `encodeBatch` does, and the signal's reason when it aborts.
 */
export async function encodeBatchInWorkers(
  encodingName: string,
  texts: readonly string[],
  options: BatchOptions = {},
): Promise<Uint32Array[]> {
  const { signal, threshold = DEFAULT_THRESHOLD, workers: most, ...encodeOptions } = options;
  signal?.throwIfAborted();
  const encoding = getEncoding(encodingName);
  const workers = workerCount(most);
  // Not a string: encoding it here raises the error that says so.
  const units = texts.reduce((sum, text) => sum + (typeof text === "string" ? text.length : Number.NaN), 0);
  if (workers === 0 || !(units >= threshold)) return encodeHere(encoding, texts, encodeOptions, signal);

  const ranges = rangesOf(texts, Math.max(MIN_TASK_UNITS, units / (workers * TASKS_PER_WORKER)));
  const pool = poolOf(workers);
  const shared = {
    encoding: encodingName,
    allowedSpecial: plain(options.allowedSpecial),
    disallowedSpecial: plain(options.disallowedSpecial),
    maxTokens: options.maxTokens,
  };
  const stopped = new AbortController();
  const stop = (): void => stopped.abort();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const results = await Promise.all(
      ranges.map(([from, to]) => {
        const part = texts.slice(from, to);
        const lengths = Uint32Array.from(part, (text) => text.length);
        const task: BatchTask = { ...shared, text: part.join(""), lengths };
        return pool.run(task, { signal: stopped.signal }) as Promise<BatchResult>;
      }),
    );
    return results.flatMap((result, i) => {
      // Raises the error of the first text that failed.
      if ("failedAt" in result)
        return [encoding.encode(texts[ranges[i]![0] + result.failedAt]!, encodeOptions)];
      return split(result.ids, result.lengths);
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    // After a failure, what others still do is in vain.
    stop();
  }
}

/** `encodeBatch`, with turns for others. */
async function encodeHere(
  encoding: Encoding,
  texts: readonly string[],
  options: EncodingEncodeOptions,
  signal: AbortSignal | undefined,
): Promise<Uint32Array[]> {
  const all: Uint32Array[] = [];
  let units = 0;
  for (const text of texts) {
    all.push(encoding.encode(text, options));
    units += text.length;
    if (units < TURN_UNITS) continue;
    units = 0;
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }
  return all;
}

/** Pools by their number of threads. */
const pools = new Map<number, Tinypool>();

/** A pool of at most so many threads. Idle ones end after a while, and do not keep the process from ending before. */
function poolOf(threads: number): Tinypool {
  let pool = pools.get(threads);
  if (pool === undefined) {
    pool = new Tinypool({
      filename: workerUrl().href,
      name: "encodeTask",
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: IDLE_MS,
      env: {},
      execArgv: [],
    });
    pools.set(threads, pool);
  }
  return pool;
}

function workerCount(most: number | undefined): number {
  if (most === undefined) return Math.min(MAX_WORKERS, availableParallelism());
  if (Number.isSafeInteger(most) && most >= 0) return most;
  throw new TokenwireError(
    "INVALID_ARGUMENT",
    `workers must be a number of threads, 0 for none; got ${String(most)}.`,
  );
}

/** Sets of special tokens as data that can be sent. */
function plain(set: SpecialTokenSet | undefined): "all" | readonly string[] | undefined {
  return typeof set === "object" ? [...set] : set;
}

/** Consecutive ranges of texts with at least `units` UTF-16 units each, except the last. */
function rangesOf(texts: readonly string[], units: number): [from: number, to: number][] {
  const ranges: [number, number][] = [];
  let from = 0;
  let sum = 0;
  for (const [i, text] of texts.entries()) {
    sum += text.length;
    if (sum < units && i + 1 < texts.length) continue;
    ranges.push([from, i + 1]);
    from = i + 1;
    sum = 0;
  }
  return ranges;
}

/** Arrays of their own, so that keeping one does not keep all. */
function split(ids: Uint32Array, lengths: Uint32Array): Uint32Array[] {
  let at = 0;
  return Array.from(lengths, (length) => {
    at += length;
    return ids.slice(at - length, at);
  });
}

/** Node 20 cannot run TypeScript, so a program started from the sources uses the built worker. */
function workerUrl(): URL {
  return new URL("./batch-worker.js", import.meta.url.replace("/src/tokenizer/", "/dist/tokenizer/"));
}
