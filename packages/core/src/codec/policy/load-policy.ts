// Policies from an address or an origin's well-known documents. What is verified is the bytes received.

import { CodecError } from "../codec-error.ts";
import { checkAddress, FetchFailure, type FetchOptions, fetchBytes } from "../discovery/fetch-bytes.ts";
import type { MapWarning } from "../discovery/load-map.ts";
import { MemoryCache } from "../discovery/map-cache.ts";
import { hashOf, normalizeHash } from "../discovery/pinned-hash.ts";
import { parseDocument, readPointer } from "../discovery/pointer.ts";
import { wellKnownPolicyHashUrl, wellKnownPolicyUrl } from "../discovery/well-known.ts";
import { hashSafetyPolicy, parseSafetyPolicy } from "./policy-bytes.ts";
import {
  SafetyPolicyDiscoveryError,
  SafetyPolicyDiscoveryNotFoundError,
  SafetyPolicyHashMismatchError,
} from "./policy-error.ts";
import { INTERNAL_FIELDS, type SafetyPolicyDescriptor } from "./policy-schema.ts";

const MAX_POLICY_BYTES = 1024 * 1024;

export interface SafetyPolicyCache {
  get(key: string): Promise<SafetyPolicyDescriptor | undefined>;
  set(key: string, policy: SafetyPolicyDescriptor): Promise<void>;
}

/** Policies in this process. */
export class MemorySafetyPolicyCache
  extends MemoryCache<SafetyPolicyDescriptor>
  implements SafetyPolicyCache {}

interface PolicyOptions extends FetchOptions {
  readonly cache?: SafetyPolicyCache;
  readonly onWarning?: (warning: MapWarning) => void;
}

export interface LoadSafetyPolicyOptions extends PolicyOptions {
  readonly url: string;
  readonly hash?: string;
  readonly cacheKey?: string;
}

/** A policy from an address, verified if a hash is given. */
export async function loadSafetyPolicy(options: LoadSafetyPolicyOptions): Promise<SafetyPolicyDescriptor> {
  const key =
    options.cacheKey ?? `${options.url}#${options.hash === undefined ? "" : normalizeHash(options.hash)}`;
  const cached = await options.cache?.get(key);
  if (cached !== undefined) return cached;
  const bytes = await fetchBytes(options.url, MAX_POLICY_BYTES, options);
  if (options.hash !== undefined) await verify(bytes, options.hash);
  const policy = read(bytes, options);
  await options.cache?.set(key, policy);
  return policy;
}

function read(bytes: Uint8Array, options: PolicyOptions): SafetyPolicyDescriptor {
  return parseSafetyPolicy(bytes, {
    unknownKeys: "ignore",
    onUnknownKey: (path) => {
      const internal = INTERNAL_FIELDS.includes(path) ? " It should not have been published." : "";
      options.onWarning?.({
        quirk: "unknown-keys",
        message: `The policy has the unknown field ${path}.${internal}`,
      });
    },
  });
}

async function verify(bytes: Uint8Array, hash: string): Promise<void> {
  const expected = normalizeHash(hash);
  const actual = await hashOf(bytes);
  if (actual === expected) return;
  throw new SafetyPolicyHashMismatchError(expected, actual, await diagnose(bytes));
}

/** Both rules' hashes of a document that failed verification, as far as it can be read. */
async function diagnose(bytes: Uint8Array): Promise<{ readonly asGiven?: string; readonly fixed?: string }> {
  const document = parseDocument(bytes);
  if (typeof document === "string") return {};
  const policy = document as unknown as SafetyPolicyDescriptor;
  const asGiven = await hashSafetyPolicy(policy, { rule: "as-given" });
  try {
    return { asGiven, fixed: await hashSafetyPolicy(policy) };
  } catch (error) {
    if (error instanceof CodecError) return { asGiven };
    throw error;
  }
}

export interface DiscoverSafetyPolicyOptions extends PolicyOptions {
  readonly origin: string;
  readonly id: string;
  /** The hash a server announced: the document at that hash's address is fetched and verified. */
  readonly hash?: string;
}

/** The policy that an origin publishes under an id. A pointer is followed once. */
export async function discoverSafetyPolicy(
  options: DiscoverSafetyPolicyOptions,
): Promise<SafetyPolicyDescriptor> {
  const { origin, id, hash } = options;
  const url = hash === undefined ? wellKnownPolicyUrl(origin, id) : wellKnownPolicyHashUrl(origin, hash);
  const key = `well-known:${origin}#${id}#${hash ?? ""}`;
  const cached = hash === undefined ? undefined : await options.cache?.get(key);
  if (cached !== undefined) return cached;
  const bytes = await fetchDocument(url, id, options);
  const document = parseDocument(bytes);
  if (typeof document === "string") throw new SafetyPolicyDiscoveryError(`${url}: ${document}.`);
  const policy =
    "categories" in document ? await inline(bytes, url, options) : await follow(document, url, options);
  if (hash !== undefined) await options.cache?.set(key, policy);
  return policy;
}

async function fetchDocument(url: string, id: string, options: FetchOptions): Promise<Uint8Array> {
  try {
    return await fetchBytes(url, MAX_POLICY_BYTES, options);
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    if (cause instanceof FetchFailure && cause.status === 404) {
      throw new SafetyPolicyDiscoveryNotFoundError(
        `${url} answered 404: the origin does not publish policy ${id}.`,
      );
    }
    throw new SafetyPolicyDiscoveryError(`Discovery of policy ${id} failed: ${cause.message}`, { cause });
  }
}

async function inline(
  bytes: Uint8Array,
  url: string,
  options: DiscoverSafetyPolicyOptions,
): Promise<SafetyPolicyDescriptor> {
  if (options.hash !== undefined) await verify(bytes, options.hash);
  const policy = read(bytes, options);
  if (policy.id === options.id) return policy;
  throw new SafetyPolicyDiscoveryError(
    `${url} holds the policy ${JSON.stringify(policy.id)}, not ${JSON.stringify(options.id)}.`,
  );
}

async function follow(
  document: unknown,
  url: string,
  options: DiscoverSafetyPolicyOptions,
): Promise<SafetyPolicyDescriptor> {
  const pointer = readPointer(document, options.id);
  if (typeof pointer === "string") throw new SafetyPolicyDiscoveryError(`${url}: ${pointer}.`);
  if (options.hash !== undefined && normalizeHash(pointer.hash) !== normalizeHash(options.hash)) {
    throw new SafetyPolicyDiscoveryError(
      `${url} points to ${pointer.hash}, not to the announced ${options.hash}.`,
    );
  }
  try {
    checkAddress(pointer.url, url, options);
  } catch (cause) {
    throw new SafetyPolicyDiscoveryError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  const { origin: _origin, id: _id, ...rest } = options;
  return await loadSafetyPolicy({ ...rest, url: pointer.url, hash: pointer.hash });
}
