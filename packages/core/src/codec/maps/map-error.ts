// What can be wrong with a map, its hash, or the place it should come from.

import { CodecError } from "../codec-error.ts";

/** A value that is not a dialect map. */
export class TokenizerMapValidationError extends CodecError {
  constructor(message: string) {
    super("CODEC_BAD_MAP", `TokenizerMap validation failed: ${message}`);
  }
}

/** Bytes whose SHA-256 is not the pinned one. */
export class TokenizerMapHashMismatchError extends CodecError {
  readonly expected: string;
  readonly actual: string;
  constructor(expected: string, actual: string, url?: string) {
    const where = url === undefined ? "Map" : `Map ${url}`;
    super("CODEC_HASH_MISMATCH", `${where} has hash ${actual}, not ${expected}. It was not used.`);
    this.expected = expected;
    this.actual = actual;
  }
}

/** Discovery of a map failed. */
export class MapDiscoveryError extends CodecError {
  constructor(
    message: string,
    options: { readonly cause?: unknown; readonly code?: "CODEC_FETCH_FAILED" | "CODEC_NOT_FOUND" } = {},
  ) {
    super(options.code ?? "CODEC_FETCH_FAILED", message, options);
  }
}

/** The origin answers, and does not publish this map. */
export class MapDiscoveryNotFoundError extends MapDiscoveryError {
  constructor(message: string) {
    super(message, { code: "CODEC_NOT_FOUND" });
  }
}
