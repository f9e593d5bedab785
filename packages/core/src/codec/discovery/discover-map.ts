// Finds maps that an origin publishes: a pointer (one hop, never two) or the map itself.

import { CodecLimitError } from "../codec-error.ts";
import { MapDiscoveryError, MapDiscoveryNotFoundError } from "../maps/map-error.ts";
import { TokenizerMap } from "../maps/tokenizer-map.ts";
import { checkAddress, FetchFailure, type FetchOptions, fetchBytes } from "./fetch-bytes.ts";
import { DEFAULT_MAX_MAP_BYTES, type LoadMapOptions, loadMap } from "./load-map.ts";
import { type JsonRecord, type MapPointer, parseDocument, readPointer } from "./pointer.ts";
import { wellKnownIndexUrl, wellKnownMapUrl } from "./well-known.ts";

const MAX_INDEX_BYTES = 4 * 1024 * 1024;

/** The list of what an origin publishes. */
export interface MapIndex {
  readonly codec_version: string;
  readonly maps: readonly MapPointer[];
}

export interface DiscoverMapOptions
  extends FetchOptions,
    Pick<LoadMapOptions, "cache" | "strictHash" | "onWarning" | "maxBytes"> {
  /** Scheme, host and port, with or without a slash at the end. */
  readonly origin: string;
  readonly id: string;
}

async function fetchDocument(
  url: string,
  what: string,
  maxBytes: number,
  options: FetchOptions,
): Promise<[JsonRecord, Uint8Array]> {
  let bytes: Uint8Array;
  try {
    bytes = await fetchBytes(url, maxBytes, options);
  } catch (error) {
    if (error instanceof FetchFailure && error.status === 404) {
      throw new MapDiscoveryNotFoundError(`${url} answered 404: the origin does not publish ${what}.`);
    }
    if (error instanceof FetchFailure || error instanceof CodecLimitError) {
      throw new MapDiscoveryError(`Discovery of ${what} failed: ${error.message}`, { cause: error });
    }
    throw error;
  }
  const document = parseDocument(bytes);
  if (typeof document === "string")
    throw new MapDiscoveryError(`Discovery of ${what} failed: ${url}: ${document}.`);
  return [document, bytes];
}

/**
 * The map that an origin publishes under an id.
 *
 * @example
 * const map = await discoverMap({ origin: "https://engine.example", id: "qwen/qwen2", cache });
 */
export async function discoverMap(options: DiscoverMapOptions): Promise<TokenizerMap> {
  const { origin, id } = options;
  const url = wellKnownMapUrl(origin, id);
  const what = `map ${id}`;
  const [document] = await fetchDocument(url, what, options.maxBytes ?? DEFAULT_MAX_MAP_BYTES, options);
  if ("vocab" in document || "tokens" in document) {
    const map = TokenizerMap.fromJson(document);
    if (map.id !== id)
      throw new MapDiscoveryError(
        `${url} holds the map ${JSON.stringify(map.id)}, not ${JSON.stringify(id)}.`,
      );
    return map;
  }
  const pointer = readPointer(document, id);
  if (typeof pointer === "string") throw new MapDiscoveryError(`${url}: ${pointer}.`);
  checkPointerAddress(pointer.url, url, options);
  const { origin: _origin, id: _id, ...rest } = options;
  const cacheKey = `well-known:${origin}#${id}#${pointer.hash.toLowerCase()}`;
  return await loadMap({ ...rest, url: pointer.url, hash: pointer.hash, cacheKey });
}

function checkPointerAddress(target: string, source: string, options: FetchOptions): void {
  try {
    checkAddress(target, source, options);
  } catch (cause) {
    throw new MapDiscoveryError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** What an origin publishes. Also reads the flat form `{ id: hash }`, whose addresses are those of this origin. */
export async function discoverIndex(options: FetchOptions & { readonly origin: string }): Promise<MapIndex> {
  const url = wellKnownIndexUrl(options.origin);
  const [document] = await fetchDocument(url, "an index", MAX_INDEX_BYTES, options);
  const entries = Object.entries(document);
  if (
    !("maps" in document) &&
    entries.length > 0 &&
    entries.every(([, hash]) => typeof hash === "string" && /^sha256:/i.test(hash))
  ) {
    const maps = entries.map(([id, hash]) => ({
      id,
      url: wellKnownMapUrl(options.origin, id),
      hash: String(hash),
    }));
    return { codec_version: "0.2", maps };
  }
  const { codec_version: version, maps } = document;
  if (typeof version !== "string") throw new MapDiscoveryError(`${url}: codec_version must be a string.`);
  if (!Array.isArray(maps)) throw new MapDiscoveryError(`${url}: maps must be an array.`);
  return {
    codec_version: version,
    maps: maps.map((entry, index) => {
      const pointer = readPointer(entry);
      if (typeof pointer === "string") throw new MapDiscoveryError(`${url}: maps[${index}]: ${pointer}.`);
      return pointer;
    }),
  };
}
