// Rank files in tiktoken's format, from a path or an address, checked against a published SHA-256.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { TokenwireError } from "@tokenwire/core";
import { parseTiktoken, type RankedToken } from "@tokenwire/core/tokenizer";

export interface LoadTiktokenOptions {
  /** SHA-256 of the file in hexadecimal. Without it, a complete file with other contents goes unnoticed. */
  readonly sha256?: string;
  /** Most bytes that are accepted. Default: 64 MiB; the largest published file has 4. */
  readonly maxBytes?: number;
  /** Used for addresses instead of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  readonly signal?: AbortSignal;
}

const DEFAULT_MAX_BYTES = 64 << 20;

/**
 * The tokens of a .tiktoken file: what `createEncoding` takes as `ranks`.
 *
 *     const ranks = await loadTiktoken("https://…/cl100k_base.tiktoken", { sha256: "223921b7…" });
 *     const encoding = createEncoding({ name: "cl100k_base", pattern, ranks, specialTokens });
 *
 * `source` is a path, or an address that begins with `http:`, `https:` or `file:`.
 *
 * Raises DAMAGED_VOCABULARY if the checksum, the size or a line is wrong; DOWNLOAD_FAILED if the server does not send
 * the file; INVALID_ARGUMENT if `sha256` is not one; the file system's own error for a path that cannot be read.
 */
export async function loadTiktoken(
  source: string | URL,
  options: LoadTiktokenOptions = {},
): Promise<RankedToken[]> {
  const { signal, maxBytes = DEFAULT_MAX_BYTES } = options;
  const expected = options.sha256?.toLowerCase();
  if (expected !== undefined && !/^[0-9a-f]{64}$/.test(expected)) {
    throw new TokenwireError(
      "INVALID_ARGUMENT",
      `sha256 must be 64 hexadecimal digits, got ${JSON.stringify(options.sha256)}.`,
    );
  }
  signal?.throwIfAborted();
  const name = String(source);
  const bytes = /^https?:/i.test(name)
    ? await download(name, maxBytes, options)
    : await readFile(/^file:/i.test(name) ? new URL(name) : name, { signal });
  if (bytes.length > maxBytes) throw tooLarge(name, maxBytes);
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (expected !== undefined && actual !== expected) {
    throw new TokenwireError(
      "DAMAGED_VOCABULARY",
      `${name} is damaged or is another file: its ${bytes.length} bytes have the SHA-256 ${actual}, expected ${expected}. Download it again, or correct sha256.`,
    );
  }
  const ranks = parseTiktoken(new TextDecoder().decode(bytes), name);
  if (ranks.length > 0) return ranks;
  throw new TokenwireError("DAMAGED_VOCABULARY", `${name} has no tokens: it holds ${bytes.length} bytes.`);
}

function tooLarge(name: string, maxBytes: number): TokenwireError {
  return new TokenwireError(
    "DAMAGED_VOCABULARY",
    `${name} has more than ${maxBytes} bytes, which no rank file should. Raise maxBytes if this one does.`,
  );
}

async function download(
  address: string,
  maxBytes: number,
  { fetch = globalThis.fetch, signal }: LoadTiktokenOptions,
): Promise<Uint8Array> {
  try {
    const response = await fetch(address, signal === undefined ? {} : { signal });
    if (!response.ok) {
      await response.body?.cancel();
      throw new TokenwireError(
        "DOWNLOAD_FAILED",
        `${address} answered ${response.status} ${response.statusText}.`,
      );
    }
    return await readBody(response, address, maxBytes);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof TokenwireError) throw error;
    throw new TokenwireError("DOWNLOAD_FAILED", `Downloading ${address} failed: ${reasonOf(error)}.`, {
      cause: error,
    });
  }
}

async function readBody(response: Response, address: string, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early cancels the download.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(address, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What `fetch` means: its own message is always "fetch failed". */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message || cause.name}` : message;
}
