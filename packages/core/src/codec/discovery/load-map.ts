// A map from an address, verified against its hash before anything reads it.

import { parseMap } from "../maps/compact-map.ts";
import { TokenizerMapHashMismatchError } from "../maps/map-error.ts";
import type { TokenizerMap } from "../maps/tokenizer-map.ts";
import { type FetchOptions, fetchBytes } from "./fetch-bytes.ts";
import type { MapCache } from "./map-cache.ts";
import { hashOf, normalizeHash } from "./pinned-hash.ts";

export const DEFAULT_MAX_MAP_BYTES: number = 64 * 1024 * 1024;

/** Something that was accepted but deserves attention. */
export interface MapWarning {
  readonly quirk: "trailing-newline" | "unknown-keys";
  readonly message: string;
}

export interface LoadMapOptions extends FetchOptions {
  readonly url: string;
  /** `sha256:<hex>` or bare hex. Without it nothing is verified. */
  readonly hash?: string;
  readonly cache?: MapCache;
  /** Default: the address and the hash. */
  readonly cacheKey?: string;
  /** Refuse a file whose hash was taken without its last newline, as the reference tool publishes them. Default: false. */
  readonly strictHash?: boolean;
  readonly onWarning?: (warning: MapWarning) => void;
  /** Largest map in bytes. Default: 64 MiB. */
  readonly maxBytes?: number;
}

const NEWLINE = 0x0a;

/** Raises unless the bytes have the hash, or have it without one newline at their end. */
export async function verifyMapBytes(
  bytes: Uint8Array,
  hash: string,
  options: Pick<LoadMapOptions, "url" | "strictHash" | "onWarning">,
): Promise<void> {
  const expected = normalizeHash(hash);
  const actual = await hashOf(bytes);
  if (actual === expected) return;
  const end = bytes.length - 1;
  if (options.strictHash !== true && bytes[end] === NEWLINE && bytes[end - 1] !== NEWLINE) {
    if ((await hashOf(bytes.subarray(0, end))) === expected) {
      options.onWarning?.({
        quirk: "trailing-newline",
        message: `${options.url} ends in a newline that its published hash leaves out.`,
      });
      return;
    }
  }
  throw new TokenizerMapHashMismatchError(expected, actual, options.url);
}

/** Loads in progress, so that several callers share one. Those with a signal of their own do not share. */
const loading = new WeakMap<MapCache, Map<string, Promise<TokenizerMap>>>();

/**
 * Fetches, verifies and checks a map.
 *
 * @example
 * const map = await loadMap({ url: "https://example.com/maps/qwen2.json", hash: "sha256:…", cache });
 */
export async function loadMap(options: LoadMapOptions): Promise<TokenizerMap> {
  const key =
    options.cacheKey ?? `${options.url}#${options.hash === undefined ? "" : normalizeHash(options.hash)}`;
  const cached = await options.cache?.get(key);
  if (cached !== undefined) return cached;
  if (options.cache === undefined || options.signal !== undefined) return fetchMap(options, key);
  const shared = loading.get(options.cache) ?? new Map<string, Promise<TokenizerMap>>();
  loading.set(options.cache, shared);
  const running = shared.get(key) ?? fetchMap(options, key).finally(() => shared.delete(key));
  shared.set(key, running);
  return running;
}

async function fetchMap(options: LoadMapOptions, key: string): Promise<TokenizerMap> {
  const bytes = await fetchBytes(options.url, options.maxBytes ?? DEFAULT_MAX_MAP_BYTES, options);
  if (options.hash !== undefined) await verifyMapBytes(bytes, options.hash, options);
  const map = parseMap(bytes);
  await options.cache?.set(key, map, bytes);
  return map;
}
