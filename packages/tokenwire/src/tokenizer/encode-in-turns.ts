// Texts of any length, encoded without holding up the event loop: slice by slice with turns for others in between, and
// in a worker thread where a text has no place to cut it.

import type { EncodeOptions, Tokenizer } from "@tokenwire/core/tokenizer";
import { getEncoding, listEncodingNames } from "@tokenwire/encodings";
import { encodeBatchInWorkers } from "./encode-batch.ts";

export interface EncodeInTurnsOptions extends EncodeOptions {
  readonly signal?: AbortSignal;
  /** UTF-16 units between two turns of the event loop. Default 32,768: a millisecond or two. */
  readonly sliceUnits?: number;
}

const DEFAULT_SLICE = 1 << 15;
/** UTF-16 units without a safe cut after which a text is taken to have none. */
const PATIENCE = 1 << 18;

/**
 * The IDs of `tokenizer.encode(text, options)`, exactly, while timers, sockets and other requests go on.
 *
 *     const ids = await encodeInTurns(encoding, await readFile("book.txt", "utf8"), { disallowedSpecial: [] });
 *
 * A tokenizer that can only encode whole texts (a Unigram model, for one) does so, and the event loop waits. Raises what
 * `encode` raises, and the signal's reason when it aborts.
 */
export async function encodeInTurns(
  tokenizer: Tokenizer,
  text: string,
  options: EncodeInTurnsOptions = {},
): Promise<Uint32Array> {
  const { signal, sliceUnits = DEFAULT_SLICE, ...encodeOptions } = options;
  signal?.throwIfAborted();
  if (tokenizer.createEncoder === undefined || text.length <= sliceUnits) {
    return tokenizer.encode(text, encodeOptions);
  }
  const encoder = tokenizer.createEncoder(encodeOptions);
  const inWorker = isPublished(tokenizer);
  const parts: Uint32Array[] = [];
  let uncut = 0;
  for (let at = 0; at < text.length; at += sliceUnits) {
    const ids = encoder.push(text.slice(at, at + sliceUnits));
    uncut = ids.length > 0 ? 0 : uncut + sliceUnits;
    if (uncut > PATIENCE && inWorker) return encodeInWorker(tokenizer.name, text, options);
    if (ids.length > 0) parts.push(ids);
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }
  parts.push(encoder.end());
  return joined(parts);
}

/** Whether a worker thread can load the same tokenizer by its name. */
function isPublished(tokenizer: Tokenizer): boolean {
  const { name } = tokenizer;
  return listEncodingNames().some((known) => known === name) && getEncoding(name) === tokenizer;
}

async function encodeInWorker(
  name: string,
  text: string,
  { signal, sliceUnits: _, ...options }: EncodeInTurnsOptions,
): Promise<Uint32Array> {
  const [ids] = await encodeBatchInWorkers(name, [text], {
    ...options,
    workers: 1,
    threshold: 0,
    ...(signal && { signal }),
  });
  return ids!;
}

function joined(parts: readonly Uint32Array[]): Uint32Array {
  const ids = new Uint32Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    ids.set(part, at);
    at += part.length;
  }
  return ids;
}
