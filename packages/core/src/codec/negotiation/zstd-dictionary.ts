// zstd with a dictionary: a response says by hash which one it needs, and nothing else can read it.

import { CodecError } from "../codec-error.ts";
import { FetchFailure, type FetchOptions, fetchBytes } from "../discovery/fetch-bytes.ts";
import { hashOf, normalizeHash } from "../discovery/pinned-hash.ts";
import { wellKnownDictUrl } from "../discovery/well-known.ts";

const MAX_DICTIONARY_BYTES = 16 * 1024 * 1024;

/** The response names no dictionary, a malformed one, or one that is not loaded. */
export class CodecZstdDictError extends CodecError {
  constructor(message: string) {
    super("CODEC_ZSTD_DICT", message);
  }
}

export class ZstdDictDiscoveryError extends CodecError {
  constructor(
    message: string,
    options: {
      readonly cause?: unknown;
      readonly code?: "CODEC_FETCH_FAILED" | "CODEC_HASH_MISMATCH" | "CODEC_NOT_FOUND";
    } = {},
  ) {
    super(options.code ?? "CODEC_FETCH_FAILED", message, options);
  }
}

export class ZstdDictHashMismatchError extends ZstdDictDiscoveryError {
  readonly expected: string;
  readonly actual: string;
  constructor(expected: string, actual: string) {
    super(`Dictionary has hash ${actual}, not ${expected}.`, { code: "CODEC_HASH_MISMATCH" });
    this.expected = expected;
    this.actual = actual;
  }
}

type Headers = { get(name: string): string | null } | Readonly<Record<string, string | undefined>>;

function header(headers: Headers, name: string): string | undefined {
  if (typeof (headers as { get?: unknown }).get === "function") {
    return (headers as { get(name: string): string | null }).get(name) ?? undefined;
  }
  const entry = Object.entries(headers).find(([key]) => key.toLowerCase() === name);
  return typeof entry?.[1] === "string" ? entry[1] : undefined;
}

/** The name of a dictionary: the SHA-256 of its raw bytes. */
export async function hashZstdDict(bytes: Uint8Array): Promise<string> {
  return await hashOf(bytes);
}

/**
 * The dictionary that a response needs, from those loaded by hash; null when the response is not zstd.
 *
 * @param options.assumeDict Hash of the dictionary of servers that do not name it.
 */
export function selectZstdDictForResponse(
  headers: Headers,
  loaded: ReadonlyMap<string, Uint8Array>,
  options: { readonly assumeDict?: string; readonly onWarning?: (message: string) => void } = {},
): Uint8Array | null {
  const named = header(headers, "codec-zstd-dict");
  if (header(headers, "content-encoding")?.trim().toLowerCase() !== "zstd") {
    if (named !== undefined)
      options.onWarning?.("Codec-Zstd-Dict on a response that is not zstd was ignored.");
    return null;
  }
  const hash = named ?? options.assumeDict;
  if (hash === undefined) throw new CodecZstdDictError("The zstd response has no Codec-Zstd-Dict header.");
  if (!/^sha256:[0-9a-f]{64}$/.test(hash)) {
    throw new CodecZstdDictError(
      `Codec-Zstd-Dict must be sha256: and 64 lowercase hex digits, got ${JSON.stringify(hash)}.`,
    );
  }
  const bytes = loaded.get(hash);
  if (bytes === undefined)
    throw new CodecZstdDictError(`The zstd response needs the dictionary ${hash}, which is not loaded.`);
  return bytes;
}

/** The dictionary that an origin publishes under a hash, verified. */
export async function discoverZstdDict(
  options: FetchOptions & { readonly origin: string; readonly hash: string },
): Promise<Uint8Array> {
  let expected: string;
  try {
    expected = normalizeHash(options.hash);
  } catch (cause) {
    throw new ZstdDictDiscoveryError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  let bytes: Uint8Array;
  try {
    bytes = await fetchBytes(wellKnownDictUrl(options.origin, expected), MAX_DICTIONARY_BYTES, options);
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    const code =
      cause instanceof FetchFailure && cause.status === 404 ? "CODEC_NOT_FOUND" : "CODEC_FETCH_FAILED";
    throw new ZstdDictDiscoveryError(cause.message, { cause, code });
  }
  const actual = await hashOf(bytes);
  if (actual !== expected) throw new ZstdDictHashMismatchError(expected, actual);
  return bytes;
}
