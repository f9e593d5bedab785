// Addresses below /.well-known/codec/, and the ids that may stand in them.

import { CodecError } from "../codec-error.ts";
import { normalizeHash } from "./pinned-hash.ts";

export const WELL_KNOWN_BASE = "/.well-known/codec";
export const POLICY_WELL_KNOWN_BASE = "/.well-known/codec/policies";

/** An id that can be published: `org/family`, which keeps its slashes in addresses and file names. */
export function isPublishableId(id: string): boolean {
  return /^[a-z0-9._/-]+$/.test(id) && !id.includes("..") && !id.startsWith("/") && !id.endsWith("/");
}

export function checkPublishableId(id: string): string {
  if (isPublishableId(id)) return id;
  throw new CodecError(
    "INVALID_ARGUMENT",
    `${JSON.stringify(id)} cannot be published: ids are lowercase letters, digits, ". _ / -", without "..", not starting or ending with "/".`,
  );
}

function base(origin: string): string {
  return origin.endsWith("/") ? origin.slice(0, -1) : origin;
}

function hexOf(hash: string): string {
  return normalizeHash(hash).slice("sha256:".length);
}

export function wellKnownIndexUrl(origin: string): string {
  return `${base(origin)}${WELL_KNOWN_BASE}/index.json`;
}

export function wellKnownMapUrl(origin: string, id: string): string {
  return `${base(origin)}${WELL_KNOWN_BASE}/maps/${checkPublishableId(id)}.json`;
}

export function wellKnownDictUrl(origin: string, hash: string): string {
  return `${base(origin)}${WELL_KNOWN_BASE}/dicts/${hexOf(hash)}.zstd`;
}

export function wellKnownPolicyUrl(origin: string, id: string): string {
  return `${base(origin)}${POLICY_WELL_KNOWN_BASE}/${checkPublishableId(id)}.json`;
}

export function wellKnownPolicyHashUrl(origin: string, hash: string): string {
  return `${base(origin)}${POLICY_WELL_KNOWN_BASE}/sha256/${hexOf(hash)}.json`;
}

export function wellKnownVersionPolicyUrl(origin: string): string {
  return `${base(origin)}${WELL_KNOWN_BASE}/version-policy.json`;
}
