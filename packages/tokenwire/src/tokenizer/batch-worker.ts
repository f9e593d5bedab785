// Runs in a worker thread: encodes the texts of one task.

import { getEncoding } from "@tokenwire/encodings";
import type { BatchResult, BatchTask } from "./batch-message.ts";

/** Called by the pool, by this name, per task. */
export function encodeTask(task: BatchTask): BatchResult {
  const { texts, allowedSpecial, disallowedSpecial, maxTokens } = task;
  const encoding = getEncoding(task.encoding);
  const options = {
    ...(allowedSpecial !== undefined && { allowedSpecial }),
    ...(disallowedSpecial !== undefined && { disallowedSpecial }),
    ...(maxTokens !== undefined && { maxTokens }),
  };
  const parts: Uint32Array[] = [];
  for (const [index, text] of texts.entries()) {
    try {
      parts.push(encoding.encode(text, options));
    } catch {
      // Errors lose their class on the way between threads: the caller encodes this text again and gets its own.
      return { failedAt: index };
    }
  }
  const lengths = Uint32Array.from(parts, (part) => part.length);
  const ids = new Uint32Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    ids.set(part, at);
    at += part.length;
  }
  return { ids, lengths };
}
