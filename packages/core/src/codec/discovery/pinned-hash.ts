// Hashes as people write them, and the check of bytes against them.

import { CodecError } from "../codec-error.ts";
import { hashBytes } from "../maps/tokenizer-map.ts";

/** `sha256:` and lowercase hex, from that or bare hex in any letter case. */
export function normalizeHash(hash: string): string {
  const match = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(hash);
  if (match !== null) return `sha256:${match[1]!.toLowerCase()}`;
  throw new CodecError(
    "INVALID_ARGUMENT",
    `${JSON.stringify(hash)} is not a hash: sha256: and 64 hex digits.`,
  );
}

interface Subtle {
  digest(algorithm: "SHA-256", data: Uint8Array): Promise<ArrayBuffer>;
}

/** SHA-256 by the runtime where it offers one (insecure pages do not), else our own. */
export async function hashOf(bytes: Uint8Array): Promise<string> {
  const subtle = (globalThis as { crypto?: { subtle?: Subtle } }).crypto?.subtle;
  if (subtle === undefined) return hashBytes(bytes);
  const digest = new Uint8Array(await subtle.digest("SHA-256", bytes));
  let hex = "";
  for (const byte of digest) hex += byte.toString(16).padStart(2, "0");
  return `sha256:${hex}`;
}
