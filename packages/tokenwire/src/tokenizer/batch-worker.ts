// Runs in a worker thread: encodes the texts of one task.

import { getEncoding } from "@tokenwire/encodings";
import type { BatchResult, BatchTask } from "./batch-message.ts";

/** Called by the pool, by this name, per task. */
export function encodeTask({ text, lengths, ...task }: BatchTask): BatchResult {
  const { allowedSpecial, disallowedSpecial, maxTokens } = task;
  const encoding = getEncoding(task.encoding);
  const options = {
    ...(allowedSpecial !== undefined && { allowedSpecial }),
    ...(disallowedSpecial !== undefined && { disallowedSpecial }),
    ...(maxTokens !== undefined && { maxTokens }),
  };
  const parts: Uint32Array[] = [];
  let start = 0;
  for (const [index, length] of lengths.entries()) {
    try {
      parts.push(encoding.encode(text.slice(start, start + length), options));
    } catch {
      // Errors lose their class on the way between threads: the caller encodes this text again and gets its own.
      return { failedAt: index };
    }
    start += length;
  }
  const counts = Uint32Array.from(parts, (part) => part.length);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const ids = new Uint32Array(new SharedArrayBuffer(total * Uint32Array.BYTES_PER_ELEMENT));
  let at = 0;
  for (const part of parts) {
    ids.set(part, at);
    at += part.length;
  }
  return { ids, lengths: counts };
}
