// Where the trainer gets the ids of o200k_harmony from.

import { loadEncoding } from "@tokenwire/encodings";

/** Ordinary tokens of o200k. */
const ordinaryTokens = 199_998;

/** A function from a token's bytes (one character per byte) to its id. */
export async function loadTokenIds(): Promise<(bytes: string) => number | undefined> {
  const encoding = await loadEncoding("o200k_harmony");
  const ids = new Map<string, number>();
  for (let id = 0; id < ordinaryTokens; id++) {
    ids.set(Buffer.from(encoding.decodeBytes([id])).toString("latin1"), id);
  }
  return (bytes) => ids.get(bytes);
}
